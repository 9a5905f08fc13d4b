#include "dialects/words.h"

#include "base/status.h"

enum { LONGEST = 63 };

#define SPELLING(name) BYTES(#name),
#define SPELLING_OF(name, spelling) BYTES(spelling),
static const struct bytes spellings[] = {BYTES(""), DIALECT_WORDS(SPELLING, SPELLING_OF)};

_Static_assert(COUNT_OF(spellings) == WORD_COUNT, "a word without a spelling");

struct bytes word_text(enum word word)
{
	return spellings[word];
}

/* Length and first seven bytes as one number: in the order that the words stand in, and mostly all that has to be looked at. */
#define BYTE(text, i) ((uint64_t)(unsigned char)(text)[(i) < sizeof (text) ? (i) : sizeof (text) - 1] << (48 - 8 * (i)))
#define BEGINNING(text) (uint64_t)(sizeof (text) - 1) << 56 | BYTE(text, 0) | BYTE(text, 1) | BYTE(text, 2) | BYTE(text, 3) | BYTE(text, 4) | BYTE(text, 5) | BYTE(text, 6),
#define BEGINNING_OF_NAME(name) BEGINNING(#name)
#define BEGINNING_OF(name, spelling) BEGINNING(spelling)
static const uint64_t beginnings[] = {0, DIALECT_WORDS(BEGINNING_OF_NAME, BEGINNING_OF)};

static uint64_t beginning(struct bytes b)
{
	return (uint64_t)b.len << 56 | __builtin_bswap64(bytes_le(b.at, b.len < 7 ? b.len : 7)) >> 8;
}

/* The first word that begins so, or one behind it. */
static size_t first_from(uint64_t begins)
{
	size_t first = 0;

	for (size_t left = WORD_COUNT; left > 1; left -= left / 2)
		first += beginnings[first + left / 2 - 1] < begins ? left / 2 : 0;
	return first + (beginnings[first] < begins);
}

enum word word_of(struct bytes key)
{
	uint64_t begins = beginning(key);

	if (key.len == 0 || key.len > LONGEST)
		return WORD_NONE;
	for (size_t i = first_from(begins); i < WORD_COUNT && beginnings[i] == begins; i++)
		if (key.len < 8 || memcmp(spellings[i].at + 7, key.at + 7, key.len - 7) == 0)
			return (enum word)i;
	return WORD_NONE;
}

/* Go's readers of JSON fold letters, these two beyond ASCII among them. */
static struct bytes take_letter(struct bytes *b)
{
	static const struct { struct bytes from, to; } folds[] = {{BYTES("\xC5\xBF"), BYTES("s")}, {BYTES("\xE2\x84\xAA"), BYTES("k")}};
	struct bytes letter = bytes_slice(*b, 0, 1);

	for (size_t i = 0; i < COUNT_OF(folds); i++)
		if (bytes_start_with(*b, folds[i].from)) {
			*b = bytes_from(*b, folds[i].from.len);
			return folds[i].to;
		}
	*b = bytes_from(*b, 1);
	return letter;
}

enum word word_in_other_case(struct bytes key)
{
	unsigned char letters[LONGEST];
	size_t len = 0;

	while (key.len > 0 && len < sizeof letters)
		letters[len++] = *take_letter(&key).at;
	struct bytes plain = {letters, len};
	for (size_t i = first_from((uint64_t)len << 56); i < WORD_COUNT && spellings[i].len == len && key.len == 0; i++)
		if (bytes_equal_folded(spellings[i], plain))
			return (enum word)i;
	return WORD_NONE;
}
