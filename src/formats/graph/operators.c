#include "formats/graph/operators.h"

enum { ROOM_FIRST = 64, TEXT_MOST = 1 << 20 };

void names_init(struct name_set *set, struct arena *arena)
{
	*set = (struct name_set){.arena = arena, .room = ROOM_FIRST};
	set->slots = arena_alloc(arena, set->room, sizeof *set->slots);
}

static void grow(struct name_set *set)
{
	struct name_set larger = {.arena = set->arena, .room = set->room * 4, .count = set->count};

	larger.slots = arena_alloc(set->arena, larger.room, sizeof *larger.slots);
	for (size_t i = 0; i < set->room; i++) {
		for (struct name_entry *e = set->slots[i], *next; e; e = next) {
			next = e->next;
			e->next = larger.slots[e->hash % larger.room];
			larger.slots[e->hash % larger.room] = e;
		}
	}
	*set = larger;
}

static struct name_entry *find(const struct name_set *set, struct bytes name, uint64_t hash)
{
	enum { CHAIN_MOST = 256 };
	unsigned steps = 0;

	/* Names made to collide cost no more than this: they are then taken for new ones. */
	for (struct name_entry *e = set->slots[hash % set->room]; e && steps < CHAIN_MOST; e = e->next, steps++)
		if (e->hash == hash && bytes_equal(e->name, name))
			return e;
	return NULL;
}

const struct name_entry *names_find(const struct name_set *set, struct bytes name)
{
	return find(set, name, bytes_hash(name));
}

struct name_entry *names_add(struct name_set *set, struct bytes name, size_t index, bool *added)
{
	uint64_t hash = bytes_hash(name);
	struct name_entry *e = find(set, name, hash);

	*added = e == NULL;
	if (e)
		return e;
	if (set->count == set->room * 2)
		grow(set);
	e = arena_new(set->arena, struct name_entry);
	*e = (struct name_entry){.hash = hash, .name = name, .index = index, .next = set->slots[hash % set->room]};
	set->slots[hash % set->room] = e;
	set->count++;
	return e;
}

/* ---- operators ---- */

void operators_begin(struct operator_log *log, struct artifact *art, const char *family)
{
	*log = (struct operator_log){.art = art, .family = family};
	names_init(&log->seen, art->arena);
}

const struct bytes operators_made_up = {NULL, 0};

void operators_pair(struct operator_pairs *p, struct bytes name, struct bytes text)
{
	if (p->count + 2 > COUNT_OF(p->list) || (text.at && text.len == 0))
		return;
	p->list[p->count++] = name;
	p->list[p->count++] = text;
}

static struct value text_value(struct bytes b)
{
	if (!b.at)
		return (struct value){.kind = VALUE_UNKNOWN, .holds = HOLDS_UNKNOWN};
	return (struct value){.kind = VALUE_TEXT, .len = (uint32_t)(b.len < TEXT_MOST ? b.len : TEXT_MOST), .at = b.at};
}

struct value operators_arguments(struct arena *arena, const struct bytes *pairs, size_t count)
{
	struct node *n;

	if (count == 0)
		return (struct value){.kind = VALUE_NONE};
	n = arena_new(arena, struct node);
	n->items = arena_alloc(arena, count, sizeof *n->items);
	for (size_t i = 0; i < count; i++)
		n->items[i] = text_value(pairs[i]);
	n->kept = (uint16_t)count;
	n->count = (uint32_t)(count / 2);
	return (struct value){.kind = VALUE_DICT, .node = n};
}

/* An operator and its arguments as one name. */
static struct bytes key_of(struct arena *arena, struct bytes name, bool defined, struct value arguments)
{
	struct text t;

	if (arguments.kind != VALUE_DICT && !defined)
		return name;
	text_init(&t, arena);
	text_add_string(&t, defined ? "\n" : "");
	text_add(&t, name);
	for (size_t i = 0; i < value_count(arguments) * 2; i++) {
		text_add_byte(&t, '\n');
		text_add(&t, value_bytes(value_item(arguments, i)));
	}
	return text_bytes(&t);
}

void operators_note(struct operator_log *log, uint64_t offset, struct bytes name, bool defined, struct value arguments)
{
	bool added;

	names_add(&log->seen, key_of(log->art->arena, name, defined, arguments), 0, &added);
	if (!added)
		return;
	struct event *e = artifact_add_event(log->art, EVENT_OPERATOR, offset, log->family);
	e->subject = text_value(name);
	e->subject.holds = defined ? HOLDS_DEFINITION : 0;
	e->argument = arguments;
}
