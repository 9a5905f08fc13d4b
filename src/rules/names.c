#include "rules/names.h"

static bool is_same(const struct names_slot *slot, struct bytes family, struct bytes name)
{
	struct bytes text = {(unsigned char *)names_text + slot->at, slot->len};

	return text.len == family.len + 1 + name.len && bytes_start_with(text, family) && bytes_end_with(text, name);
}

int names_entry(enum names_list list, struct bytes family, struct bytes name)
{
	const struct names_table *t = &names_tables[list];

	for (uint64_t at = names_hash(family, name);; at++) {
		const struct names_slot *slot = &t->slots[at % t->room];
		if (slot->len == 0)
			return NAMES_NONE;
		if (is_same(slot, family, name))
			return slot->entry;
	}
}
