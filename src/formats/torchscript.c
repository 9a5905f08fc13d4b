/*
 * The source text inside a TorchScript archive (torch/csrc/jit/serialization/python_print.cpp): a language of
 * its own that looks like Python.  It reaches operators by two names, and no other way:
 *
 *   torch.NAME      aten::NAME
 *   ops.LIB.NAME    LIB::NAME
 *
 * Both may be assigned and passed on like values, so every use of them counts, called or not.
 */
#include "formats/graph/operators.h"
#include "types/format.h"

enum { PARTS_MOST = 8, TEXTS_MOST = 4, CALL_MOST = 4096 };

struct lexer {
	struct bytes in;
	size_t pos;
};

static unsigned char peek(const struct lexer *l)
{
	return l->pos < l->in.len ? l->in.at[l->pos] : 0;
}

static bool begins_name(unsigned char c)
{
	return c == '_' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool is_name_byte(unsigned char c)
{
	return begins_name(c) || (c >= '0' && c <= '9') || c >= 0x80;
}

static void skip_comment(struct lexer *l)
{
	l->pos += bytes_find_byte(bytes_from(l->in, l->pos), '\n');
}

static void skip_blanks(struct lexer *l)
{
	for (;;) {
		unsigned char c = peek(l);
		if (c == '#')
			skip_comment(l);
		else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\\')
			l->pos++;
		else
			return;
	}
}

/* What stands between the quotes, as it is written. */
static struct bytes take_string(struct lexer *l)
{
	unsigned char quote = peek(l);
	size_t from = ++l->pos;

	while (l->pos < l->in.len && peek(l) != quote)
		l->pos += peek(l) == '\\' ? 2 : 1;
	struct bytes text = bytes_slice(l->in, from, l->pos - from);
	l->pos++;
	return text;
}

static struct bytes take_name(struct lexer *l)
{
	size_t from = l->pos;

	while (is_name_byte(peek(l)))
		l->pos++;
	return bytes_slice(l->in, from, l->pos - from);
}

/* a.b.c; what is past PARTS_MOST is left out. */
static size_t take_path(struct lexer *l, struct bytes *parts)
{
	size_t count = 0;

	for (;;) {
		struct bytes name = take_name(l);
		if (count < PARTS_MOST)
			parts[count++] = name;
		skip_blanks(l);
		if (peek(l) != '.')
			return count;
		l->pos++;
		skip_blanks(l);
		if (!begins_name(peek(l)))
			return count;
	}
}

/* The texts among the first arguments of a call, by their place; nothing is taken. */
static struct value read_texts(struct arena *arena, struct lexer l)
{
	static const struct bytes places[TEXTS_MOST] = {BYTES("0"), BYTES("1"), BYTES("2"), BYTES("3")};
	struct bytes *pairs = arena_alloc(arena, 2 * TEXTS_MOST, sizeof *pairs);
	size_t count = 0, place = 0, end = l.pos + CALL_MOST;
	int depth = 0;

	do {
		unsigned char c = peek(&l);
		depth += (c == '(' || c == '[') - (c == ')' || c == ']');
		place += c == ',' && depth == 1;
		if (c != '"' && c != '\'') {
			l.pos++;
			continue;
		}
		struct bytes text = take_string(&l);
		if (depth != 1 || place == TEXTS_MOST)
			continue;
		pairs[count++] = places[place];
		pairs[count++] = text;
		while (depth == 1 && place < TEXTS_MOST && peek(&l) != ',' && peek(&l) != ')' && l.pos < end)
			l.pos++;        /* one text an argument */
	} while (depth > 0 && place < TEXTS_MOST && count < 2 * TEXTS_MOST && l.pos < l.in.len && l.pos < end);
	return operators_arguments(arena, pairs, count);
}

static struct bytes join(struct arena *arena, const char *first, const struct bytes *parts, size_t count)
{
	struct text t;

	text_init(&t, arena);
	text_add_string(&t, first);
	for (size_t i = 0; i < count; i++) {
		text_add_string(&t, i == 0 ? "" : i == 1 && first[0] == 0 ? "::" : ".");
		text_add(&t, parts[i]);
	}
	return text_bytes(&t);
}

static void note_path(struct operator_log *log, const struct lexer *l, size_t at, const struct bytes *parts, size_t count)
{
	struct arena *arena = log->art->arena;
	struct bytes name;

	if (bytes_same(parts[0], "torch"))
		name = count > 1 ? join(arena, "aten::", parts + 1, count - 1) : BYTES("torch");
	else if (bytes_same(parts[0], "ops"))
		name = count > 2 ? join(arena, "", parts + 1, count - 1) : BYTES("ops");
	else if (count > 3 && bytes_same(parts[0], "__torch__") && bytes_same(parts[1], "torch") && bytes_same(parts[2], "classes"))
		name = join(arena, "torch.classes::", parts + 3, count - 3);
	else
		return;
	bool called = peek(l) == '(';
	operators_note(log, at, name, false, called ? read_texts(arena, *l) : operators_arguments(arena, NULL, 0));
}

static bool may_claim(const struct source *source)
{
	return source->reader == READER_TORCHSCRIPT;
}

static int probe(const struct source *source, struct arena *arena)
{
	(void)arena;
	return source->reader == READER_TORCHSCRIPT ? 90 : 0;
}

static void parse(const struct source *source, struct artifact *art)
{
	struct lexer l = {.in = source->content};
	struct operator_log log;

	operators_begin(&log, art, "torchscript");
	while (l.pos < l.in.len) {
		unsigned char c = peek(&l);
		struct bytes parts[PARTS_MOST];
		size_t at = l.pos;
		if (c == '#')
			skip_comment(&l);
		else if (c == '"' || c == '\'')
			take_string(&l);
		else if (begins_name(c))
			note_path(&log, &l, at, parts, take_path(&l, parts));
		else
			l.pos++;
	}
	art->bytes_read += source->content.len;
}

const struct format format_torchscript = {
	.name = "torchscript",
	.title = "TorchScript source",
	.spec = "pytorch torch/csrc/jit/serialization/python_print.cpp, import_source.cpp",
	.extensions = "py",
	.may_claim = may_claim,
	.probe = probe,
	.parse = parse,
};
