#include "dialects/lists.h"

/*
 * Lists of models: every entry that its reader may not see is taken out of the
 * bytes as they came.  Read as strictly as any body: what readers could take
 * for another list than this one cannot be understood.
 */

/* Where a list has its entries, and what in an entry names a model. Some servers tell both in one answer, so that clients of either find theirs. */
static const struct kind {
	const char *entries, *names[2];
} kinds[] = {
	{"data", {"id"}},                   /* OpenAI, Anthropic */
	{"models", {"name", "model"}},      /* Ollama */
};

static const char other_shape[] = "has another shape than a list of models";

struct listing {
	struct exchange *x;
	const struct list_reader *reader;
	struct json_edit *edits;
	size_t edit_count, left_out;
	struct text values;
	bool any;
	const struct json *first, *last;    /* the ids of the entries that stay */
	const struct json *first_id, *last_id, *has_more;       /* what it says of them */
};

/* Is that its key? One that some readers take for it cannot be understood. */
static bool is(struct exchange *x, const struct json *member, const char *key)
{
	bool same = bytes_same(member->key, key);

	if (!same && bytes_equal_loosely(member->key, bytes_of(key)))
		exchange_fail(x, "spells a key in letters of another case, which readers take differently");
	return same;
}

static bool may_see(const struct listing *l, struct bytes model)
{
	return l->reader->may_see(l->reader, model);
}

static const struct kind *kind_of(struct exchange *x, const struct json *member)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (is(x, member, kinds[i].entries))
			return &kinds[i];
	return NULL;
}

/* A list in an entry: whoever looks there would find what was taken out here. */
static bool holds_list(struct exchange *x, const struct json *value)
{
	json_each(value, it)
		if (kind_of(x, it) || holds_list(x, it))
			return true;
	return false;
}

static bool is_name(struct exchange *x, const struct json *member, const struct kind *kind)
{
	for (size_t i = 0; i < COUNT_OF(kind->names) && kind->names[i]; i++)
		if (is(x, member, kind->names[i]))
			return true;
	return false;
}

/* One of several names is enough to ask for it. */
static bool stays(struct listing *l, const struct json *entry, const struct kind *kind)
{
	bool named = false, may = true;

	if (entry->kind != JSON_IS_OBJECT || holds_list(l->x, entry))
		exchange_fail(l->x, other_shape);
	json_each(entry, it) {
		if (!is_name(l->x, it, kind))
			continue;
		named = it->kind == JSON_IS_STRING && it->text.len > 0;
		if (!named)
			exchange_fail(l->x, "names a model by something that is no name");
		may &= named && may_see(l, it->text);
	}
	if (!named)
		exchange_fail(l->x, "has a model without a name");
	return may;
}

static void filter(struct listing *l, const struct json *entries, const struct kind *kind)
{
	l->any = true;
	if (entries->kind != JSON_IS_ARRAY && entries->kind != JSON_IS_NULL)
		exchange_fail(l->x, other_shape);
	json_each(entries, it) {
		if (!stays(l, it, kind)) {
			l->edits[l->edit_count++] = (struct json_edit){.offset = it->at, .end = it->end, .left_out = true};
			l->left_out++;
		} else if (kind == kinds) {
			l->last = json_member(it, "id");
			l->first = l->first ? l->first : l->last;
		}
	}
}

static void replace(struct listing *l, const struct json *value, struct bytes by)
{
	l->edits[l->edit_count++] = (struct json_edit){.offset = value->at, .end = value->end, .begin = l->values.len, .len = by.len};
	text_add(&l->values, by);
}

/* A page goes on behind the last entry that its reader has seen. */
static void turn_page(struct listing *l, const struct json *member, const struct json *id)
{
	if (!member || member->kind == JSON_IS_NULL)
		return;
	if (member->kind != JSON_IS_STRING)
		exchange_fail(l->x, other_shape);
	else if (!may_see(l, member->text))
		replace(l, member, id ? bytes_slice(l->x->body, id->at, id->end - id->at) : BYTES("null"));
}

/* Where nothing stays there is nothing to go on behind: who is told of more would ask for the same page for ever. */
static void end_pages(struct listing *l, const struct json *more)
{
	if (more && more->kind == JSON_IS_BOOL && more->truth && l->left_out > 0 && !l->last)
		replace(l, more, BYTES("false"));
}

static void read_member(struct listing *l, const struct json *member)
{
	const struct kind *kind = kind_of(l->x, member);

	if (kind)
		filter(l, member, kind);
	else if (is(l->x, member, "first_id"))
		l->first_id = member;
	else if (is(l->x, member, "last_id"))
		l->last_id = member;
	else if (is(l->x, member, "has_more"))
		l->has_more = member;
	else if (member->kind == JSON_IS_ARRAY || member->kind == JSON_IS_OBJECT)
		exchange_fail(l->x, other_shape);
}

static size_t room_for(const struct json *root)
{
	size_t room = 3;

	json_each(root, it)
		room += it->count;
	return room;
}

size_t lists_filter(struct exchange *x, struct bytes body, const struct list_reader *reader, struct text *out)
{
	struct listing l = {.x = x, .reader = reader};
	const struct json *root = reading_parse(x, body);

	if (!root)
		return 0;
	l.edits = arena_alloc(x->arena, room_for(root), sizeof *l.edits);
	text_init(&l.values, x->arena);
	json_each(root, it)
		read_member(&l, it);
	turn_page(&l, l.first_id, l.first);
	turn_page(&l, l.last_id, l.last);
	end_pages(&l, l.has_more);
	if (!l.any)
		exchange_fail(x, other_shape);
	if (!x->why && l.edit_count > 0)
		json_splice(body, l.edits, l.edit_count, text_bytes(&l.values), out);
	return l.left_out;
}
