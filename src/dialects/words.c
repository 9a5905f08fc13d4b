#include "dialects/words.h"

#include "base/status.h"
#include "dialects/slots.h"

enum { LONGEST = 63 };

#define SPELLING(name) BYTES(#name),
#define SPELLING_OF(name, spelling) BYTES(spelling),
static const struct bytes spellings[] = {BYTES(""), DIALECT_WORDS(SPELLING, SPELLING_OF)};

_Static_assert(COUNT_OF(spellings) == WORD_COUNT, "a word without a spelling");

const char *word_name(enum word word)
{
	return (const char *)spellings[word].at;
}

enum word word_of(struct bytes key)
{
	if (key.len == 0 || key.len > LONGEST)
		return WORD_NONE;
	uint64_t begins = bytes_word(key);
	for (size_t i = word_first_slot(begins, key.len); word_slots[i].word != WORD_NONE; i = (i + 1) % WORD_SLOTS) {
		const struct word_slot *s = &word_slots[i];
		if (s->begins == begins && s->len == key.len && (key.len <= 8 || memcmp(spellings[s->word].at + 8, key.at + 8, key.len - 8) == 0))
			return (enum word)s->word;
	}
	return WORD_NONE;
}

/* The first word of this length, or of a greater one. */
static size_t first_of_length(size_t len)
{
	size_t first = WORD_NONE + 1;

	for (size_t end = WORD_COUNT; first < end;) {
		size_t middle = first + (end - first) / 2;
		if (spellings[middle].len < len)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

enum word word_in_other_case(struct bytes key)
{
	unsigned char letters[LONGEST];
	size_t len = 0;

	while (key.len > 0 && len < sizeof letters)
		letters[len++] = *bytes_take_letter(&key).at;
	struct bytes plain = {letters, len};
	for (size_t i = first_of_length(len); i < WORD_COUNT && spellings[i].len == len && key.len == 0; i++)
		if (bytes_equal_folded(spellings[i], plain))
			return (enum word)i;
	return WORD_NONE;
}
