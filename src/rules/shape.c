#include "rules/shape.h"

#include "base/cursor.h"

static const char *const words[] = {
	[WORD_PLAIN] = "plain", [WORD_EMPTY] = "empty", [WORD_INT] = "int", [WORD_BOOL] = "bool", [WORD_FLOAT] = "float",
	[WORD_TEXT] = "text", [WORD_BYTES] = "bytes", [WORD_NONE] = "none", [WORD_INTS] = "ints", [WORD_STORAGE] = "storage",
	[WORD_REFERENCE] = "reference", [WORD_REBUILD] = "rebuild", [WORD_APPLIED] = "applied", [WORD_FACTORY] = "factory",
	[WORD_ZEROS] = "zeros", [WORD_ITEMS] = "items",
};

static struct bytes trim(struct bytes b)
{
	while (b.len > 0 && b.at[0] == ' ')
		b = bytes_from(b, 1);
	while (b.len > 0 && b.at[b.len - 1] == ' ')
		b.len--;
	return b;
}

/* What stands before the next `stop`, and moves behind it. */
static struct bytes split(struct bytes *b, char stop)
{
	size_t len = bytes_find_byte(*b, (unsigned char)stop);
	struct bytes part = trim(bytes_slice(*b, 0, len));

	*b = bytes_from(*b, len + 1);
	return part;
}

static bool read_word(struct bytes text, struct shape_argument *out)
{
	if (text.len >= 2 && text.at[0] == '\'' && text.at[text.len - 1] == '\'') {
		out->words |= 1u << WORD_LITERAL;
		out->literal = bytes_slice(text, 1, text.len - 2);
		return true;
	}
	for (unsigned i = 0; i < COUNT_OF(words); i++) {
		if (!bytes_same(text, words[i]))
			continue;
		out->words |= 1u << i;
		return true;
	}
	return false;
}

static bool read_argument(struct bytes text, struct shape_argument *out)
{
	*out = (struct shape_argument){0};
	if (text.len == 0)
		return false;
	unsigned char last = text.at[text.len - 1];
	out->optional = last == '?';
	out->rest = last == '*';
	if (out->optional || out->rest)
		text.len--;
	while (text.len > 0)
		if (!read_word(split(&text, '|'), out))
			return false;
	return out->words != 0;
}

const struct shape *shape_parse(struct arena *arena, struct bytes text)
{
	struct shape *s = arena_new(arena, struct shape);

	text = trim(text);
	while (text.len > 0)
		if (s->count == SHAPE_MOST || !read_argument(split(&text, ','), &s->arguments[s->count++]))
			return NULL;
	return s;
}
