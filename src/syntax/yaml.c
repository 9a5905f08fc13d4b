#include "syntax/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "base/cursor.h"

enum { DEPTH_MOST = 64 };

struct builder {
	struct arena *arena;
	struct yaml_error *error;
	struct yaml *root;
	struct yaml *open[DEPTH_MOST], **last[DEPTH_MOST];
	struct bytes key[DEPTH_MOST];
	bool has_key[DEPTH_MOST];
	unsigned depth;
	unsigned documents;
};

static bool refuse(struct builder *b, const yaml_mark_t *mark, const char *why)
{
	snprintf(b->error->why, sizeof b->error->why, "%s", why);
	b->error->line = (unsigned)mark->line + 1;
	b->error->column = (unsigned)mark->column + 1;
	return false;
}

static bool is_twice(const struct yaml *map, struct bytes key)
{
	yaml_each(map, it)
		if (bytes_equal(it->key, key))
			return true;
	return false;
}

/* The place for a new value: the next item of a list, the value of a key, or the root. */
static struct yaml *add(struct builder *b, const yaml_mark_t *mark, enum yaml_kind kind)
{
	struct yaml *v = arena_new(b->arena, struct yaml);

	*v = (struct yaml){.kind = kind, .line = (unsigned)mark->line + 1, .column = (unsigned)mark->column + 1};
	if (b->depth == 0) {
		b->root = v;
		return v;
	}
	unsigned top = b->depth - 1;
	v->key = b->key[top];
	b->has_key[top] = false;
	b->key[top] = BYTES("");
	*b->last[top] = v;
	b->last[top] = &v->next;
	b->open[top]->count++;
	return v;
}

static bool open_value(struct builder *b, const yaml_event_t *e, enum yaml_kind kind)
{
	bool key = b->depth > 0 && b->open[b->depth - 1]->kind == YAML_IS_MAP && !b->has_key[b->depth - 1];

	if (key)
		return refuse(b, &e->start_mark, "has a key that is no scalar");
	if (b->depth == DEPTH_MOST)
		return refuse(b, &e->start_mark, "is nested too deep");
	struct yaml *v = add(b, &e->start_mark, kind);
	b->open[b->depth] = v;
	b->last[b->depth] = &v->first;
	b->has_key[b->depth] = false;
	b->key[b->depth++] = BYTES("");
	return true;
}

static bool take_scalar(struct builder *b, const yaml_event_t *e)
{
	struct bytes text = arena_copy(b->arena, (struct bytes){e->data.scalar.value, e->data.scalar.length});
	bool in_map = b->depth > 0 && b->open[b->depth - 1]->kind == YAML_IS_MAP;

	if (e->data.scalar.anchor || e->data.scalar.tag)
		return refuse(b, &e->start_mark, "has an anchor or a tag, which are not allowed here");
	if (in_map && !b->has_key[b->depth - 1]) {
		if (is_twice(b->open[b->depth - 1], text))
			return refuse(b, &e->start_mark, "has a key twice");
		b->key[b->depth - 1] = text;
		b->has_key[b->depth - 1] = true;
		return true;
	}
	struct yaml *v = add(b, &e->start_mark, YAML_IS_SCALAR);
	v->text = text;
	v->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return true;
}

static bool take(struct builder *b, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_ALIAS_EVENT: return refuse(b, &e->start_mark, "has an alias, which is not allowed here");
	case YAML_SCALAR_EVENT: return take_scalar(b, e);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return open_value(b, e, e->type == YAML_MAPPING_START_EVENT ? YAML_IS_MAP : YAML_IS_LIST);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT: b->depth--; return true;
	case YAML_DOCUMENT_START_EVENT:
		return b->documents++ == 0 || refuse(b, &e->start_mark, "holds more than one document");
	default: return true;
	}
}

static bool run(struct builder *b, yaml_parser_t *parser)
{
	for (bool more = true; more;) {
		yaml_event_t e;
		if (!yaml_parser_parse(parser, &e))
			return refuse(b, &parser->problem_mark, parser->problem ? parser->problem : "is no YAML");
		more = e.type != YAML_STREAM_END_EVENT;
		bool fine = take(b, &e);
		yaml_event_delete(&e);
		if (!fine)
			return false;
	}
	return b->root || refuse(b, &parser->mark, "is empty");
}

struct yaml *yaml_parse(struct arena *arena, struct bytes in, struct yaml_error *error)
{
	struct builder b = {.arena = arena, .error = error};
	yaml_parser_t parser;

	*error = (struct yaml_error){0};
	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_input_string(&parser, in.at, in.len);
	bool fine = run(&b, &parser);
	yaml_parser_delete(&parser);
	return fine ? b.root : NULL;
}

const struct yaml *yaml_member(const struct yaml *map, const char *name)
{
	if (!map || map->kind != YAML_IS_MAP)
		return NULL;
	yaml_each(map, it)
		if (bytes_same(it->key, name))
			return it;
	return NULL;
}

struct bytes yaml_string(const struct yaml *map, const char *name)
{
	const struct yaml *v = yaml_member(map, name);

	return v && v->kind == YAML_IS_SCALAR ? v->text : BYTES("");
}

/* ---- packed ---- */

static void pack_number(struct text *out, uint64_t n)
{
	for (; n >= 0x80; n >>= 7)
		text_add_byte(out, (char)(0x80 | (n & 0x7f)));
	text_add_byte(out, (char)n);
}

static void pack_bytes(struct text *out, struct bytes b)
{
	pack_number(out, b.len);
	text_add(out, b);
}

void yaml_pack(const struct yaml *tree, struct text *out)
{
	text_add_byte(out, (char)(tree->kind | (tree->plain ? 0x80 : 0)));
	pack_number(out, tree->line);
	pack_number(out, tree->column);
	pack_bytes(out, tree->key);
	pack_bytes(out, tree->text);
	pack_number(out, tree->count);
	yaml_each(tree, it)
		yaml_pack(it, out);
}

static uint64_t unpack_number(struct cursor *c)
{
	uint64_t n = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		unsigned char b = cursor_u8(c);
		n |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80)
			break;
	}
	return n;
}

static struct bytes unpack_bytes(struct cursor *c)
{
	return cursor_take(c, unpack_number(c));
}

/* As deep as yaml_parse() lets a tree be. */
static struct yaml *unpack_value(struct arena *arena, struct cursor *c)
{
	struct yaml *v = arena_new(arena, struct yaml), **last = &v->first;
	unsigned char kind = cursor_u8(c);

	*v = (struct yaml){.kind = kind & 0x7f, .plain = kind >> 7};
	v->line = (unsigned)unpack_number(c);
	v->column = (unsigned)unpack_number(c);
	v->key = unpack_bytes(c);
	v->text = unpack_bytes(c);
	v->count = unpack_number(c);
	for (size_t i = 0; i < v->count && cursor_ok(c); i++, last = &(*last)->next)
		*last = unpack_value(arena, c);
	return v;
}

struct yaml *yaml_unpack(struct arena *arena, struct bytes packed)
{
	struct cursor c = cursor_over(packed);
	struct yaml *root = unpack_value(arena, &c);

	if (!cursor_ok(&c) || cursor_left(&c))
		abort();        /* not made by yaml_pack() */
	return root;
}
