/* Pickle opcodes by name (CPython, Lib/pickletools.py), each with its argument as the recipe gives it. */
#include "recipes/inside.h"

enum argument { NOTHING, LINE, TWO_LINES, U1, U2, U4, U8, I4, TEXT1, TEXT4, TEXT8, LONG1_BYTES, LONG4_BYTES };

struct opcode {
	const char *name;
	unsigned char code;
	enum argument argument;
};

static const struct opcode opcodes[] = {
	{"MARK", '(', NOTHING}, {"STOP", '.', NOTHING}, {"POP", '0', NOTHING}, {"POP_MARK", '1', NOTHING}, {"DUP", '2', NOTHING},
	{"FLOAT", 'F', LINE}, {"INT", 'I', LINE}, {"BININT", 'J', I4}, {"BININT1", 'K', U1}, {"LONG", 'L', LINE}, {"BININT2", 'M', U2},
	{"NONE", 'N', NOTHING}, {"PERSID", 'P', LINE}, {"BINPERSID", 'Q', NOTHING}, {"REDUCE", 'R', NOTHING}, {"STRING", 'S', LINE},
	{"BINSTRING", 'T', TEXT4}, {"SHORT_BINSTRING", 'U', TEXT1}, {"UNICODE", 'V', LINE}, {"BINUNICODE", 'X', TEXT4},
	{"APPEND", 'a', NOTHING}, {"BUILD", 'b', NOTHING}, {"GLOBAL", 'c', TWO_LINES}, {"DICT", 'd', NOTHING}, {"EMPTY_DICT", '}', NOTHING},
	{"APPENDS", 'e', NOTHING}, {"GET", 'g', LINE}, {"BINGET", 'h', U1}, {"INST", 'i', TWO_LINES}, {"LONG_BINGET", 'j', U4},
	{"LIST", 'l', NOTHING}, {"EMPTY_LIST", ']', NOTHING}, {"OBJ", 'o', NOTHING}, {"PUT", 'p', LINE}, {"BINPUT", 'q', U1},
	{"LONG_BINPUT", 'r', U4}, {"SETITEM", 's', NOTHING}, {"TUPLE", 't', NOTHING}, {"EMPTY_TUPLE", ')', NOTHING}, {"SETITEMS", 'u', NOTHING},
	{"PROTO", 0x80, U1}, {"NEWOBJ", 0x81, NOTHING}, {"EXT1", 0x82, U1}, {"EXT2", 0x83, U2}, {"EXT4", 0x84, U4}, {"TUPLE1", 0x85, NOTHING},
	{"TUPLE2", 0x86, NOTHING}, {"TUPLE3", 0x87, NOTHING}, {"NEWTRUE", 0x88, NOTHING}, {"NEWFALSE", 0x89, NOTHING},
	{"LONG1", 0x8a, LONG1_BYTES}, {"LONG4", 0x8b, LONG4_BYTES}, {"BINBYTES", 'B', TEXT4}, {"SHORT_BINBYTES", 'C', TEXT1},
	{"SHORT_BINUNICODE", 0x8c, TEXT1}, {"BINUNICODE8", 0x8d, TEXT8}, {"BINBYTES8", 0x8e, TEXT8}, {"EMPTY_SET", 0x8f, NOTHING},
	{"ADDITEMS", 0x90, NOTHING}, {"FROZENSET", 0x91, NOTHING}, {"NEWOBJ_EX", 0x92, NOTHING}, {"STACK_GLOBAL", 0x93, NOTHING},
	{"MEMOIZE", 0x94, NOTHING}, {"FRAME", 0x95, U8}, {"BYTEARRAY8", 0x96, TEXT8}, {"NEXT_BUFFER", 0x97, NOTHING},
	{"READONLY_BUFFER", 0x98, NOTHING},
};

static bool add_number(struct kitchen *k, struct bytes rest, unsigned width, struct text *out)
{
	uint64_t value;

	if (!recipe_number(k, recipe_word(&rest), &value))
		return false;
	recipe_put(out, value, width, false);
	return true;
}

static bool add_sized(struct kitchen *k, struct bytes rest, unsigned width, struct text *out)
{
	struct text words;

	text_init(&words, NULL);
	bool good = recipe_unescape(k, rest, &words);
	recipe_put(out, words.len, width, false);
	text_add(out, text_bytes(&words));
	text_finish(&words);
	return good;
}

/* Module and name are separated by a blank. */
static bool add_two_lines(struct kitchen *k, struct bytes rest, struct text *out)
{
	struct bytes module = recipe_word(&rest);

	bool good = recipe_unescape(k, module, out);
	text_add_byte(out, '\n');
	good = good && recipe_unescape(k, rest, out);
	text_add_byte(out, '\n');
	return good;
}

static bool add_argument(struct kitchen *k, const struct opcode *o, struct bytes rest, struct text *out)
{
	switch (o->argument) {
	case NOTHING: return true;
	case LINE: {
		bool good = recipe_unescape(k, rest, out);
		text_add_byte(out, '\n');
		return good;
	}
	case TWO_LINES: return add_two_lines(k, rest, out);
	case U1: return add_number(k, rest, 1, out);
	case U2: return add_number(k, rest, 2, out);
	case U4:
	case I4: return add_number(k, rest, 4, out);
	case U8: return add_number(k, rest, 8, out);
	case TEXT1:
	case LONG1_BYTES: return add_sized(k, rest, 1, out);
	case TEXT4:
	case LONG4_BYTES: return add_sized(k, rest, 4, out);
	case TEXT8: return add_sized(k, rest, 8, out);
	}
	return false;
}

/* BINFLOAT takes its eight bytes as they are. */
bool recipe_pickle_step(struct kitchen *k, const struct step *s, struct text *out)
{
	if (bytes_same(s->word, "BINFLOAT")) {
		text_add_byte(out, 'G');
		return recipe_unescape(k, s->rest, out);
	}
	for (size_t i = 0; i < COUNT_OF(opcodes); i++) {
		if (!bytes_same(s->word, opcodes[i].name))
			continue;
		text_add_byte(out, (char)opcodes[i].code);
		return add_argument(k, &opcodes[i], s->rest, out);
	}
	return false;
}
