#include "types/dtype.h"

#include <stddef.h>

struct named_dtype {
	const char *name;
	char kind;
	uint64_t size;
};

/* Full names, and letters of one character. */
static const struct named_dtype named[] = {
	{"float16", 'f', 2}, {"float32", 'f', 4}, {"float64", 'f', 8}, {"float", 'f', 8}, {"int8", 'i', 1},
	{"int16", 'i', 2}, {"int32", 'i', 4}, {"int64", 'i', 8}, {"int", 'i', 8}, {"uint8", 'u', 1},
	{"uint16", 'u', 2}, {"uint32", 'u', 4}, {"uint64", 'u', 8}, {"bool", '?', 1}, {"complex64", 'c', 8},
	{"complex128", 'c', 16}, {"object", 'O', 8}, {"?", '?', 1}, {"b", 'i', 1}, {"B", 'u', 1}, {"h", 'i', 2},
	{"H", 'u', 2}, {"i", 'i', 4}, {"I", 'u', 4}, {"l", 'i', 8}, {"L", 'u', 8}, {"q", 'i', 8}, {"Q", 'u', 8},
	{"e", 'f', 2}, {"f", 'f', 4}, {"d", 'f', 8}, {"g", 'f', 16}, {"F", 'c', 8}, {"D", 'c', 16}, {"O", 'O', 8},
};

static bool finish(struct dtype *out)
{
	out->objects = out->kind == 'O';
	return true;
}

/* "M8[ns]" counts in nanoseconds; the unit takes no bytes. */
static struct bytes without_unit(struct bytes name)
{
	size_t bracket = bytes_find_byte(name, '[');

	return bracket < name.len && name.at[name.len - 1] == ']' ? bytes_slice(name, 0, bracket) : name;
}

bool dtype_parse(struct bytes name, struct dtype *out)
{
	static const struct bytes kinds = BYTES("biufcSaUVmMO?");
	uint64_t size;

	if (name.len > 0 && bytes_find_byte(BYTES("<>|="), name.at[0]) < 4)
		name = bytes_from(name, 1);
	for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
		if (!bytes_same(name, named[i].name))
			continue;
		*out = (struct dtype){.kind = named[i].kind, .size = named[i].size};
		return finish(out);
	}
	name = without_unit(name);
	if (name.len < 2 || bytes_find_byte(kinds, name.at[0]) == kinds.len || !bytes_to_u64(bytes_from(name, 1), &size))
		return false;
	if (name.at[0] == 'U' && __builtin_mul_overflow(size, 4, &size))
		return false;
	*out = (struct dtype){.kind = (char)name.at[0], .size = size};
	return finish(out);
}
