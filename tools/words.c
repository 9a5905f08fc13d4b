/* words: prints the words of the dialects as a hash table (src/dialects/slots.h). */
#include <stdio.h>

#include "dialects/slots.h"

/* What is made here: nothing is looked up in it yet. */
const struct word_slot word_slots[WORD_SLOTS];

int main(void)
{
	static struct word_slot slots[WORD_SLOTS];

	for (uint16_t word = WORD_NONE + 1; word < WORD_COUNT; word++) {
		struct bytes text = bytes_of(word_name(word));
		uint64_t begins = bytes_word(text);
		size_t slot = word_first_slot(begins, text.len);
		while (slots[slot].word != WORD_NONE)
			slot = (slot + 1) % WORD_SLOTS;
		slots[slot] = (struct word_slot){begins, (uint16_t)text.len, word};
	}
	puts("#include \"dialects/slots.h\"\n\nconst struct word_slot word_slots[WORD_SLOTS] = {");
	for (size_t i = 0; i < WORD_SLOTS; i++)
		if (slots[i].word != WORD_NONE)
			printf("\t[%zu] = {0x%llX, %u, %u},\n", i, (unsigned long long)slots[i].begins, slots[i].len, slots[i].word);
	puts("};");
	return 0;
}
