#include "controls/state.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "syntax/json.h"

enum { SCRATCH = 16 << 20 };

struct reading {
	struct arena *arena;
	struct arena scratch;           /* for one record at a time */
	struct state *out;
	struct state_item **table;      /* by path; open addressing */
	size_t table_room, used;
	size_t item_room;
	char *why;
	size_t room;
	bool failed;
};

static bool fail(struct reading *r, uint64_t number, const char *why)
{
	r->failed = true;
	snprintf(r->why, r->room, "has a record %llu that %s", (unsigned long long)number, why);
	return false;
}

/* ---- items by path ---- */

static struct state_item **slot_of(struct reading *r, struct bytes path)
{
	size_t at = bytes_hash(path) & (r->table_room - 1);

	while (r->table[at] && !bytes_equal(r->table[at]->path, path))
		at = (at + 1) & (r->table_room - 1);
	return &r->table[at];
}

static void grow_table(struct reading *r)
{
	struct state_item **old = r->table;
	size_t room = r->table_room;

	r->table_room = room ? room * 2 : 1024;
	r->table = arena_alloc(r->arena, r->table_room, sizeof *r->table);
	for (size_t i = 0; i < room; i++)
		if (old[i])
			*slot_of(r, old[i]->path) = old[i];
}

static void keep_item(struct reading *r, struct state_item *item)
{
	if (r->out->item_count == r->item_room) {
		size_t room = r->item_room ? r->item_room * 2 : 1024;
		struct state_item **items = arena_alloc(r->arena, room, sizeof *items);
		if (r->item_room)
			memcpy(items, r->out->items, r->item_room * sizeof *items);
		r->out->items = items;
		r->item_room = room;
	}
	r->out->items[r->out->item_count++] = item;
}

/* ---- records ---- */

static bool is_below(struct bytes path, struct bytes root)
{
	if (!bytes_start_with(path, root))
		return false;
	return path.len == root.len || root.len == 0 || root.at[root.len - 1] == '/' || path.at[root.len] == '/';
}

/* A scan speaks anew of everything under its roots. */
static void begin_scan(struct reading *r, const struct json *body)
{
	json_each(json_member(body, "paths"), root)
		for (size_t i = 0; i < r->out->item_count; i++)
			if (is_below(r->out->items[i]->path, root->text))
				r->out->items[i]->gone = true;
}

static bool is_model(const struct json *formats)
{
	json_each(formats, it)
		if (!bytes_same(it->text, "text") && !bytes_same(it->text, "media"))
			return true;
	return false;
}

static void take_coverage(struct reading *r, const struct json *body, uint64_t number, int64_t at_ms)
{
	struct state_item *item = arena_new(r->arena, struct state_item);
	struct bytes verdict = json_string(body, "verdict");

	*item = (struct state_item){.path = arena_copy(r->arena, json_string(body, "path")), .number = number, .at_ms = at_ms,
				    .model = is_model(json_member(body, "formats")), .inconclusive = bytes_same(verdict, "inconclusive")};
	if (r->used * 2 >= r->table_room)
		grow_table(r);
	struct state_item **slot = slot_of(r, item->path);
	if (*slot)
		(*slot)->gone = true;
	else
		r->used++;
	*slot = item;
	keep_item(r, item);
}

static void take_finding(struct reading *r, const struct json *body, uint64_t number)
{
	struct bytes path = json_string(body, "path"), verdict = json_string(body, "verdict");
	size_t inner = bytes_find(path, BYTES("!/"));
	struct state_item *item = r->table_room ? *slot_of(r, bytes_slice(path, 0, inner)) : NULL;

	if (!item)
		return;
	struct state_finding *f = arena_new(r->arena, struct state_finding);
	*f = (struct state_finding){.check = arena_copy(r->arena, json_string(body, "check")), .number = number, .next = item->findings,
				    .inconclusive = bytes_same(verdict, "inconclusive"),
				    .counts = bytes_same(verdict, "dangerous") || bytes_same(verdict, "suspicious")};
	item->findings = f;
}

static void take_attestation(struct reading *r, const struct json *body, uint64_t number)
{
	struct state_attestation *a = arena_new(r->arena, struct state_attestation);

	*a = (struct state_attestation){.note = arena_copy(r->arena, json_string(body, "note")), .number = number, .next = r->out->attestations};
	r->out->attestations = a;
}

static bool take_record(void *context, uint64_t number, struct bytes record)
{
	struct reading *r = context;
	struct json_error error;
	int64_t at_ms = 0;
	struct arena_mark mark = arena_mark(&r->scratch);
	const struct json *root = json_parse(&r->scratch, record, &error);
	const struct json *body = json_member(root, "body");
	if (!body || !time_parse(json_string(root, "at"), &at_ms))
		return fail(r, number, "cannot be read");
	r->out->records++;
	switch (record_kind_from_name(json_string(root, "kind"))) {
	case RECORD_SCAN: begin_scan(r, body); break;
	case RECORD_COVERAGE: take_coverage(r, body, number, at_ms); break;
	case RECORD_FINDING: take_finding(r, body, number); break;
	case RECORD_ATTESTATION: take_attestation(r, body, number); break;
	default: break;         /* kinds of a later version say nothing here */
	}
	arena_rewind(&r->scratch, mark);
	return true;
}

bool state_read(struct arena *arena, struct ledger *l, struct state *out, char *why, size_t room)
{
	struct reading r = {.arena = arena, .out = out, .why = why, .room = room};

	*out = (struct state){0};
	arena_init(&r.scratch, SCRATCH);
	r.scratch.exit = arena->exit;
	bool readable = store_each_record(ledger_store(l), 0, take_record, &r);
	arena_finish(&r.scratch);
	if (!readable)
		snprintf(why, room, "cannot be read: %s", store_error(ledger_store(l)));
	return readable && !r.failed;
}
