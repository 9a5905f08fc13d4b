#include "formats/trees/numbers.h"

#include <string.h>

void numbers_add(struct arena *arena, struct numbers *list, int64_t value)
{
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 256;
		int64_t *at = arena_alloc_raw(arena, room * sizeof *at);
		if (list->count)
			memcpy(at, list->at, list->count * sizeof *at);
		list->at = at;
		list->room = room;
	}
	list->at[list->count++] = value;
}

bool numbers_parse(struct bytes b, int64_t *out)
{
	bool negative = b.len > 0 && b.at[0] == '-';
	uint64_t value;

	if (!bytes_to_u64(bytes_from(b, negative), &value) || value > INT64_MAX)
		return false;
	*out = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

const struct list_name *list_named(const struct list_name *names, size_t count, struct bytes name)
{
	for (size_t i = 0; i < count; i++)
		if (bytes_same(name, names[i].name))
			return &names[i];
	return NULL;
}
