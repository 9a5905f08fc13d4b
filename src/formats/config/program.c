#include "formats/config/config.h"

/* ---- imports ---- */

static struct import **find_slot(struct config_program *p, struct bytes module, struct bytes name)
{
	size_t at = (bytes_hash(module) * 31 + bytes_hash(name)) & (p->import_room - 1);

	while (p->imports[at] && !(bytes_equal(p->imports[at]->written_module, module) && bytes_equal(p->imports[at]->name, name)))
		at = (at + 1) & (p->import_room - 1);
	return &p->imports[at];
}

static void grow(struct config_program *p)
{
	struct import **old = p->imports;
	size_t old_room = p->import_room;

	p->import_room = old_room ? old_room * 4 : 64;
	p->imports = arena_alloc(p->art->arena, p->import_room, sizeof(struct import *));
	for (size_t i = 0; i < old_room; i++)
		if (old[i])
			*find_slot(p, old[i]->written_module, old[i]->name) = old[i];
}

static struct event *add_event(struct config_program *p, enum event_kind kind, uint64_t offset, struct value subject)
{
	struct event *e = artifact_add_event(p->art, kind, offset, p->how);

	e->loaders = p->loaders;
	e->subject = subject;
	e->argument = (struct value){.kind = VALUE_UNKNOWN, .holds = HOLDS_UNKNOWN};
	return e;
}

struct value config_import(struct config_program *p, uint64_t offset, struct bytes module, struct bytes written_module, struct bytes name)
{
	if (p->import_count * 2 >= p->import_room)
		grow(p);
	struct import **slot = find_slot(p, written_module, name);
	struct value v = {.kind = VALUE_IMPORT, .import = *slot};
	if (v.import)
		return v;
	*slot = v.import = arena_new(p->art->arena, struct import);
	*v.import = (struct import){.module = module, .name = name, .written_module = written_module, .written_name = name, .offset = offset};
	p->import_count++;
	add_event(p, EVENT_IMPORT, offset, v);
	return v;
}

/* ---- calls and state ---- */

static struct value make_node(struct arena *arena, enum value_kind kind, const struct value *items, uint16_t count)
{
	struct node *n = arena_new(arena, struct node);

	n->items = arena_alloc(arena, count, sizeof *n->items);
	n->count = n->kept = count;
	for (uint16_t i = 0; i < count; i++) {
		n->items[i] = items[i];
		n->holds |= items[i].kind == VALUE_IMPORT ? HOLDS_IMPORT : items[i].holds;
	}
	return (struct value){.kind = (uint8_t)kind, .holds = n->holds, .node = n};
}

struct value config_call(struct config_program *p, uint64_t offset, struct value callee, struct value arguments)
{
	struct value items[] = {callee, arguments};

	add_event(p, EVENT_CALL, offset, callee)->argument = arguments;
	return make_node(p->art->arena, VALUE_CALL, items, COUNT_OF(items));
}

void config_state(struct config_program *p, uint64_t offset, struct value object, struct value state)
{
	add_event(p, EVENT_STATE, offset, object)->argument = state;
}

struct value config_tuple(struct arena *arena, const struct value *items, size_t count)
{
	return make_node(arena, VALUE_TUPLE, items, (uint16_t)count);
}

/* ---- plain values ---- */

enum { ITEMS_KEPT = 12, DEPTH_KEPT = 3 };

static struct value text_value(struct bytes b)
{
	return (struct value){.kind = VALUE_TEXT, .len = b.len > UINT32_MAX ? UINT32_MAX : (uint32_t)b.len, .at = b.at};
}

static struct value make_value(struct arena *arena, const struct json *json, unsigned depth);

static struct value make_container(struct arena *arena, const struct json *json, unsigned depth)
{
	bool object = json->kind == JSON_IS_OBJECT;
	struct node *n = arena_new(arena, struct node);
	size_t most = depth < DEPTH_KEPT ? ITEMS_KEPT : 0;

	n->items = arena_alloc(arena, most * 2, sizeof *n->items);
	n->count = json->count > UINT32_MAX ? UINT32_MAX : (uint32_t)json->count;
	json_each(json, it) {
		if (n->kept >= (object ? most * 2 : most))
			break;
		if (object)
			n->items[n->kept++] = text_value(it->key);
		n->items[n->kept++] = make_value(arena, it, depth + 1);
	}
	return (struct value){.kind = object ? VALUE_DICT : VALUE_LIST, .node = n};
}

static struct value make_value(struct arena *arena, const struct json *json, unsigned depth)
{
	uint64_t number;

	switch (json->kind) {
	case JSON_IS_NULL: return (struct value){.kind = VALUE_NONE};
	case JSON_IS_BOOL: return (struct value){.kind = VALUE_BOOL, .integer = json->truth};
	case JSON_IS_STRING: return text_value(json->text);
	case JSON_IS_NUMBER:
		if (json_u64(json, &number) && number <= INT64_MAX)
			return (struct value){.kind = VALUE_INT, .integer = (int64_t)number};
		return text_value(json->text);
	default: return make_container(arena, json, depth);
	}
}

struct value config_value(struct arena *arena, const struct json *json)
{
	return json ? make_value(arena, json, 0) : (struct value){.kind = VALUE_NONE};
}
