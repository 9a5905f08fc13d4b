#include "syntax/json.h"

#include "base/sort.h"
#include "syntax/json_plain.h"

enum { FEW_MEMBERS = 16 };

struct builder {
	struct arena *arena;
	struct json_reader reader;
	struct json_error *error;
	struct json *open[JSON_DEPTH_MOST];
	struct json **last[JSON_DEPTH_MOST + 1];
	struct bytes key;
	uint64_t key_at;
	bool lone;
};

static struct json *add(struct builder *b, enum json_kind kind, unsigned depth, struct bytes text)
{
	struct json *v = arena_alloc_raw(b->arena, sizeof *v);
	uint64_t at = b->reader.offset;

	*v = (struct json){.kind = kind, .offset = at, .at = at, .end = b->reader.pos, .text = text};
	*b->last[depth] = v;
	b->last[depth] = &v->next;
	if (depth == 0)
		return v;
	struct json *parent = b->open[depth - 1];
	parent->count++;
	if (parent->kind == JSON_IS_OBJECT) {
		v->key = b->key;
		v->offset = b->key_at;
	}
	return v;
}

static void open_value(struct builder *b, enum json_kind kind)
{
	unsigned depth = b->reader.depth - 1;
	struct json *v = add(b, kind, depth, BYTES(""));

	b->error->depth = b->reader.depth > b->error->depth ? b->reader.depth : b->error->depth;
	b->open[depth] = v;
	b->last[depth + 1] = &v->first;
}

static void note_duplicate(struct builder *b, const struct json *second)
{
	b->error->duplicate = true;
	b->error->duplicate_at = second->offset;
	b->error->duplicate_key = second->key;
}

/* Of few members, each is compared with those before it. */
static void find_duplicate_among_few(struct builder *b, const struct json *object)
{
	json_each(object, it)
		for (const struct json *before = object->first; before != it; before = before->next)
			if (bytes_equal(before->key, it->key) && !b->error->duplicate)
				note_duplicate(b, it);
}

static int compare_members(const void *x, const void *y)
{
	const struct json *const *a = x, *const *b = y;
	int order = bytes_compare((*a)->key, (*b)->key);

	return order ? order : (*a)->offset < (*b)->offset ? -1 : (*a)->offset > (*b)->offset;
}

static void find_duplicate_keys(struct builder *b, const struct json *object)
{
	struct arena_mark mark = arena_mark(b->arena);
	const struct json **list;
	size_t n = 0;

	if (object->count <= FEW_MEMBERS) {
		find_duplicate_among_few(b, object);
		return;
	}
	list = arena_alloc(b->arena, object->count, sizeof *list);
	json_each(object, it)
		list[n++] = it;
	sort(list, n, sizeof *list, compare_members);
	for (size_t i = 1; i < n && !b->error->duplicate; i++)
		if (bytes_equal(list[i - 1]->key, list[i]->key))
			note_duplicate(b, list[i]);
	arena_rewind(b->arena, mark);
}

/* Only an escape can make a NUL. */
static struct bytes text_of(struct builder *b)
{
	if (!b->reader.escaped)
		return b->reader.text;
	struct bytes text = json_text(b->arena, b->reader.text, &b->lone);

	b->error->nul |= bytes_find_byte(text, 0) < text.len;
	return text;
}

static void add_scalar(struct builder *b, enum json_token token)
{
	struct json_reader *r = &b->reader;

	if (token == JSON_KEY) {
		b->key = text_of(b);
		b->key_at = r->offset;
	} else if (token == JSON_STRING) {
		add(b, JSON_IS_STRING, r->depth, text_of(b));
	} else if (token == JSON_NUMBER) {
		add(b, JSON_IS_NUMBER, r->depth, r->text);
	} else if (token == JSON_NULL) {
		add(b, JSON_IS_NULL, r->depth, BYTES(""));
	} else {
		add(b, JSON_IS_BOOL, r->depth, BYTES(""))->truth = token == JSON_TRUE;
	}
}

static bool take(struct builder *b, enum json_token token)
{
	switch (token) {
	case JSON_OBJECT: open_value(b, JSON_IS_OBJECT); return true;
	case JSON_ARRAY: open_value(b, JSON_IS_ARRAY); return true;
	case JSON_OBJECT_END:
		find_duplicate_keys(b, b->open[b->reader.depth]);
		b->open[b->reader.depth]->end = b->reader.pos;
		return true;
	case JSON_ARRAY_END: b->open[b->reader.depth]->end = b->reader.pos; return true;
	case JSON_END:
	case JSON_MORE:
	case JSON_ERROR: return false;
	default: add_scalar(b, token); return true;
	}
}

struct json *json_parse(struct arena *arena, struct bytes in, struct json_error *error)
{
	struct builder b __attribute__((uninitialized));        /* it is long, and what is open is written before it is read */
	struct json *root = NULL;
	enum json_token token;

	*error = (struct json_error){0};
	b.arena = arena;
	b.error = error;
	b.lone = false;
	b.last[0] = &root;
	json_begin(&b.reader, in);
	do
		token = json_next(&b.reader);
	while (take(&b, token));
	if (token == JSON_END && !b.lone)
		return root;
	error->why = b.lone ? "has a JSON string with half of a surrogate pair" : b.reader.why;
	error->offset = b.reader.offset;
	return NULL;
}

const struct json *json_member_of(const struct json *object, struct bytes name)
{
	const struct json *found = NULL;

	if (!object || object->kind != JSON_IS_OBJECT)
		return NULL;
	json_each(object, it)
		if (bytes_equal(it->key, name))
			found = it;
	return found;
}

bool json_u64(const struct json *value, uint64_t *out)
{
	return value && value->kind == JSON_IS_NUMBER && bytes_to_u64(value->text, out);
}

/* ---- writing ---- */

/* What RFC 8785 has escaped, and in its form; 0x7F stands for itself. */
static void add_escaped(struct text *t, unsigned char c)
{
	switch (c) {
	case '"': text_add_string(t, "\\\""); break;
	case '\\': text_add_string(t, "\\\\"); break;
	case '\b': text_add_string(t, "\\b"); break;
	case '\f': text_add_string(t, "\\f"); break;
	case '\n': text_add_string(t, "\\n"); break;
	case '\r': text_add_string(t, "\\r"); break;
	case '\t': text_add_string(t, "\\t"); break;
	case 0x7F: text_add_byte(t, 0x7F); break;
	default: text_addf(t, "\\u%04x", c); break;
	}
}

/* `plain`: so much of it stands for itself. */
static void add_in_steps(struct text *t, struct bytes b, size_t plain)
{
	for (;; plain = json_plain_run(b)) {
		text_add(t, bytes_slice(b, 0, plain));
		b = bytes_from(b, plain);
		if (b.len == 0)
			break;
		size_t step = b.at[0] < 0x80 ? 1 : bytes_character(b, NULL);
		if (b.at[0] < 0x80)
			add_escaped(t, b.at[0]);
		else
			text_add(t, step ? bytes_slice(b, 0, step) : BYTES("\xEF\xBF\xBD"));
		b = bytes_from(b, step ? step : 1);
	}
}

static void add_plain(struct text *t, struct bytes b)
{
	char *at = text_reserve(t, b.len + 2);

	at[0] = '"';
	bytes_copy(at + 1, b);
	at[1 + b.len] = '"';
	t->len += b.len + 2;
}

void text_add_json(struct text *t, struct bytes b)
{
	size_t plain = json_plain_run(b);

	if (plain == b.len) {
		add_plain(t, b);
		return;
	}
	text_add_byte(t, '"');
	add_in_steps(t, b, plain);
	text_add_byte(t, '"');
}

void json_write_key(struct text *t, struct bytes key)
{
	char *at = text_reserve(t, key.len + 4);

	if (t->len > 0 && t->at[t->len - 1] != '{')
		*at++ = ',';
	*at++ = '"';
	bytes_copy(at, key);
	at += key.len;
	*at++ = '"';
	*at++ = ':';
	t->len = (size_t)(at - t->at);
}

void json_write_member(struct text *t, struct bytes key, struct bytes value)
{
	json_write_key(t, key);
	text_add_json(t, value);
}

void json_write_word(struct text *t, struct bytes key, struct bytes word)
{
	json_write_key(t, key);
	add_plain(t, word);
}

void json_write_number(struct text *t, struct bytes key, uint64_t value)
{
	json_write_key(t, key);
	text_add_number(t, value);
}

void json_write_hex(struct text *t, struct bytes key, struct bytes value)
{
	json_write_key(t, key);
	text_add_byte(t, '"');
	text_add_hex(t, value);
	text_add_byte(t, '"');
}
