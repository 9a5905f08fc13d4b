#include "dialects/words.h"

#include "base/status.h"

/* Eight bytes of the shortest can be read, too. */
struct spelling {
	unsigned char len;
	char at[47];
};

#define SPELLING(name) {sizeof #name - 1, #name},
#define SPELLING_OF(name, spelling) {sizeof spelling - 1, spelling},
static const struct spelling spellings[] = {{0, ""}, DIALECT_WORDS(SPELLING, SPELLING_OF)};

_Static_assert(COUNT_OF(spellings) == WORD_COUNT, "a word without a spelling");

struct bytes word_text(enum word word)
{
	return (struct bytes){(const unsigned char *)spellings[word].at, spellings[word].len};
}

/* Its first eight bytes as a number that is in order where they are. */
static uint64_t beginning(struct bytes b)
{
	return __builtin_bswap64(bytes_le(b.at, b.len < 8 ? b.len : 8));
}

/* The first word that does not stand before all of this length that begin so: most comparisons need no look at the rest. */
static size_t first_from(size_t len, uint64_t begins)
{
	size_t low = 1, high = WORD_COUNT;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct spelling *s = &spellings[middle];
		bool before = s->len != len ? s->len < len : __builtin_bswap64(bytes_le((const unsigned char *)s->at, 8)) < begins;
		low = before ? middle + 1 : low;
		high = before ? high : middle;
	}
	return low;
}

enum word word_of(struct bytes key)
{
	uint64_t begins = beginning(key);

	for (size_t i = first_from(key.len, begins); i < WORD_COUNT; i++) {
		struct bytes text = word_text((enum word)i);
		if (bytes_equal(text, key))
			return (enum word)i;
		if (text.len != key.len || beginning(text) != begins)
			break;
	}
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

static bool is_folded(struct bytes key, struct bytes word)
{
	while (key.len > 0 && word.len > 0)
		if (!bytes_equal_folded(take_letter(&key), take_letter(&word)))
			return false;
	return key.len == word.len;
}

static bool is_ascii(struct bytes b)
{
	unsigned char all = 0;

	for (size_t i = 0; i < b.len; i++)
		all |= b.at[i];
	return all < 0x80;
}

enum word word_in_other_case(struct bytes key)
{
	bool ascii = is_ascii(key);

	/* A letter beyond ASCII is longer than the one it may be taken for. */
	for (size_t i = ascii ? first_from(key.len, 0) : 1; i < WORD_COUNT && spellings[i].len <= key.len; i++)
		if (ascii ? bytes_equal_folded(word_text((enum word)i), key) : is_folded(key, word_text((enum word)i)))
			return (enum word)i;
	return WORD_NONE;
}
