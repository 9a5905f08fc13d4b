#include "dialects/words.h"

#include "base/status.h"

enum { LONGEST = 63 };
#define SLOTS ((size_t)1024)

#define SPELLING(name) BYTES(#name),
#define SPELLING_OF(name, spelling) BYTES(spelling),
static const struct bytes spellings[] = {BYTES(""), DIALECT_WORDS(SPELLING, SPELLING_OF)};

_Static_assert(COUNT_OF(spellings) == WORD_COUNT, "a word without a spelling");
_Static_assert((size_t)WORD_COUNT < SLOTS, "no free slot, at which a search ends");

struct bytes word_text(enum word word)
{
	return spellings[word];
}

/* The slots that words are looked up in; made before the first search. */
struct slot {
	uint64_t begins;
	uint16_t len, word;         /* 0, WORD_NONE: free */
};

/* Its first eight bytes, or all of a shorter one: with the length mostly all that has to be looked at. */
static uint64_t beginning(struct bytes b)
{
	if (b.len >= 8)
		return bytes_le(b.at, 8);
	if (b.len >= 4)
		return bytes_le(b.at, 4) | bytes_le(b.at + b.len - 4, 4) << 32;
	return b.at[0] | (uint64_t)b.at[b.len / 2] << 8 | (uint64_t)b.at[b.len - 1] << 16;
}

/* Its slot, or the free one where it would stand. */
static struct slot *find_slot(struct slot *slots, uint64_t begins, struct bytes word)
{
	for (uint64_t i = (begins + word.len) * UINT64_C(0x9E3779B97F4A7C15) >> 54;; i++) {
		struct slot *s = &slots[i % SLOTS];
		bool same = s->begins == begins && s->len == word.len && (word.len <= 8 || memcmp(spellings[s->word].at + 8, word.at + 8, word.len - 8) == 0);
		if (same || s->word == WORD_NONE)
			return s;
	}
}

static void fill_slots(struct slot *slots)
{
	for (uint16_t word = WORD_NONE + 1; word < WORD_COUNT; word++) {
		uint64_t begins = beginning(spellings[word]);
		*find_slot(slots, begins, spellings[word]) = (struct slot){begins, (uint16_t)spellings[word].len, word};
	}
}

enum word word_of(struct bytes key)
{
	static struct slot slots[SLOTS];
	static bool filled;

	if (!filled)
		fill_slots(slots);
	filled = true;
	return key.len == 0 || key.len > LONGEST ? WORD_NONE : (enum word)find_slot(slots, beginning(key), key)->word;
}

/* The first word of this length, or of a greater one. */
static size_t first_of_length(size_t len)
{
	size_t first = 1;

	while (first < WORD_COUNT && spellings[first].len < len)
		first++;
	return first;
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
	for (size_t i = first_of_length(len); i < WORD_COUNT && spellings[i].len == len && key.len == 0; i++)
		if (bytes_equal_folded(spellings[i], plain))
			return (enum word)i;
	return WORD_NONE;
}
