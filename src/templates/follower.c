/* What was found, and the names and texts it is found with. */
#include "templates/follower.h"

#include <string.h>

#include "templates/template.h"

enum { STEPS_MOST = 300000, REACHES_MOST = 5000, NAMES_MOST = 2000, FOLDED_MOST = 64 << 20, LITERAL_MOST = 4096 };

void follower_stop(struct follower *f, const struct jinja_node *node, const char *why)
{
	if (f->out->why)
		return;
	f->out->why = why;
	f->out->why_at = node->at;
}

bool follower_step(struct follower *f, const struct jinja_node *node)
{
	if (f->steps++ == STEPS_MOST)
		follower_stop(f, node, "takes more steps than any that people write");
	return !f->out->why;
}

/* ---- the record ---- */

static struct jinja_node *outermost(struct jinja_node *node)
{
	while (node->outer)
		node = node->outer;
	return node;
}

/* Each is kept once a place: loops and macros pass many times. NULL when it is known. */
struct reach *follower_reach(struct follower *f, enum reach_kind kind, struct jinja_node *node, enum reach_base base, struct bytes name)
{
	for (const struct reach *r = node->reaches; r; r = r->same_place)
		if (r->kind == kind && r->base == base && bytes_equal(r->name, name))
			return NULL;
	if (f->reach_count++ == REACHES_MOST) {
		follower_stop(f, node, "reaches more than any that people write");
		return NULL;
	}
	struct reach *r = arena_new(f->arena, struct reach);
	const struct jinja_node *whole = outermost(node);
	*r = (struct reach){.kind = kind, .base = base, .at = whole->at, .end = whole->end, .name = name, .same_place = node->reaches};
	node->reaches = r;
	*f->last = r;
	f->last = &r->next;
	return r;
}

void follower_cost(struct follower *f, struct jinja_node *node, double cost, const char *what)
{
	enum { WORTH_TELLING = 10000 };
	struct reach *r = cost > WORTH_TELLING ? follower_reach(f, REACH_COST, node, BASE_CONSTANT, bytes_of(what)) : NULL;

	if (r)
		r->cost = cost;
}

bool follower_may_make(struct follower *f, struct jinja_node *node, double length, const char *what)
{
	if (!(length <= FOLD_TEXT_MOST)) {
		follower_cost(f, node, length, what);
		return false;
	}
	f->folded += length > 0 ? (size_t)length : 0;
	return f->folded <= FOLDED_MOST;
}

struct trigger *follower_trigger(struct follower *f, const struct jinja_node *node, struct bytes words)
{
	for (struct trigger *t = f->triggers; t; t = t->next)
		if (t->node == node)
			return t;
	struct trigger *t = arena_new(f->arena, struct trigger);
	*t = (struct trigger){.node = node, .words = words, .next = f->triggers};
	text_init(&t->literal, f->arena);
	f->triggers = t;
	return t;
}

static void note_literal(struct trigger *t, struct bytes literal)
{
	if (t && t->literal.len < LITERAL_MOST && !bytes_contain(text_bytes(&t->literal), literal))
		text_add(&t->literal, bytes_slice(literal, 0, LITERAL_MOST));
}

static void report_triggers(struct follower *f)
{
	for (struct trigger *t = f->triggers; t; t = t->next) {
		if (t->literal.len == 0)
			continue;
		struct reach *r = follower_reach(f, REACH_HIDDEN, (struct jinja_node *)t->node, BASE_DATA, text_bytes(&t->literal));
		if (r)
			r->owner = t->words;
	}
}

/* ---- names ---- */

static const struct binding *find(const struct scope *scope, struct bytes name)
{
	for (; scope; scope = scope->outer)
		for (const struct binding *b = scope->bindings; b; b = b->next)
			if (bytes_equal(b->name, name))
				return b;
	return NULL;
}

struct fold follower_look_up(struct follower *f, struct bytes name)
{
	static const char *const objects[] = {"range", "dict", "lipsum", "cycler", "joiner", "namespace", "raise_exception", "strftime_now", "self"};
	const struct binding *b = find(f->scope, name);

	if (b)
		return b->value;
	for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
		if (bytes_same(name, objects[i]))
			return (struct fold){.kind = FOLD_OBJECT, .text = name};
	if (bytes_end_with(name, BYTES("_token")))
		return fold_kind(FOLD_COMPUTED);        /* whatever the repository says it is */
	return (struct fold){.kind = FOLD_DATA, .direct = true, .text = name};
}

void follower_bind(struct follower *f, struct bytes name, struct fold value)
{
	struct scope *scope = f->scope;

	f->changes += f->macro_call == 0;
	if (f->trigger && !value.trigger)
		value.trigger = f->trigger;
	for (struct binding *b = scope->bindings; b; b = b->next) {
		if (!bytes_equal(b->name, name))
			continue;
		b->value = f->maybe > b->maybe ? fold_either(f->arena, b->value, value, f->widen) : value;
		return;
	}
	struct binding *b = arena_new(f->arena, struct binding);
	if (f->maybe > scope->maybe)
		value = fold_either(f->arena, follower_look_up(f, name), value, false);
	*b = (struct binding){.name = name, .value = value, .maybe = scope->maybe, .next = scope->bindings};
	scope->bindings = b;
	if (scope->count++ == NAMES_MOST)
		follower_stop(f, f->at, "sets more names than any that people write");
}

void follower_set_member(struct follower *f, struct fold namespace, struct bytes name, struct fold value)
{
	struct fold *old = fold_member(namespace, name);

	f->changes += f->macro_call == 0 || namespace.items->born < f->macro_call;
	if (f->trigger && !value.trigger)
		value.trigger = f->trigger;
	if (old) {
		*old = f->maybe > namespace.items->maybe ? fold_either(f->arena, *old, value, f->widen) : value;
		return;
	}
	if (f->maybe > namespace.items->maybe)
		value = fold_either(f->arena, fold_kind(FOLD_DATA), value, false);
	fold_add_item(f->arena, &namespace, fold_text(name));
	fold_add_item(f->arena, &namespace, value);
	if (namespace.items->count > NAMES_MOST)
		follower_stop(f, f->at, "sets more names than any that people write");
}

/* It outlives the block: a macro made in it keeps it. */
void follower_enter_scope(struct follower *f)
{
	struct scope *scope = arena_new(f->arena, struct scope);

	*scope = (struct scope){.outer = f->scope, .maybe = f->maybe};
	f->scope = scope;
}

/* ---- what is written ---- */

static void write_one(struct follower *f, struct fold value)
{
	struct written *w = f->written;
	struct fold s = fold_string(f->arena, value);
	struct trigger *t = value.trigger && !value.negated ? value.trigger : f->trigger;

	if (s.kind == FOLD_TEXT)
		note_literal(t, s.text);
	w->content |= value.content;
	if (s.kind != FOLD_TEXT || f->maybe > w->maybe || w->text.len + s.text.len > FOLD_TEXT_MOST)
		w->unknown = true;
	if (!w->unknown)
		text_add(&w->text, s.text);
}

void follower_write(struct follower *f, struct fold value)
{
	if (value.kind != FOLD_EITHER) {
		write_one(f, value);
		return;
	}
	for (uint32_t i = 0; i < value.items->count; i++) {
		struct fold it = value.items->at[i];
		if (!it.trigger)
			it.trigger = value.trigger;
		write_one(f, it);
	}
	f->written->unknown = true;
}

void follower_begin_writing(struct follower *f, struct written *w, struct written **before)
{
	*w = (struct written){.maybe = f->maybe};
	text_init(&w->text, f->arena);
	*before = f->written;
	f->written = w;
}

struct fold follower_end_writing(struct follower *f, struct written *w, struct written *before)
{
	struct fold out = w->unknown ? fold_kind(FOLD_COMPUTED) : fold_text(text_bytes(&w->text));

	out.content = w->content;
	f->written = before;
	return out;
}

/* ---- the whole ---- */

/* A macro nobody calls may still be called by who loads the template. */
static void follow_uncalled(struct follower *f)
{
	struct arguments none = {.open = true};
	struct macro *m = f->macros;

	f->maybe++;
	while (m && !f->out->why) {
		bool called = m->called;
		if (!called)
			follow_macro(f, m, &none, NULL);
		m = called ? m->next : f->macros;       /* it may have made others */
	}
	f->maybe--;
}

const struct template *template_read(struct arena *arena, struct bytes text)
{
	struct template *out = arena_new(arena, struct template);
	struct jinja_error error;
	struct jinja_node *root = jinja_parse(arena, text, &error);
	struct scope global = {0};
	struct written w, *before;
	struct follower *f = arena_new(arena, struct follower);

	*out = (struct template){.text = text, .why = error.why, .why_at = error.at};
	if (!root)
		return out;
	out->parsed = true;
	*f = (struct follower){.arena = arena, .out = out, .last = &out->reaches, .times = 1, .at = root};
	f->scope = &global;
	follower_begin_writing(f, &w, &before);
	w.unknown = true;       /* nobody asks for the whole */
	follow_body(f, root);
	follow_uncalled(f);
	report_triggers(f);
	return out;
}

bool template_is_likely(struct bytes text)
{
	return bytes_contain(text, BYTES("{{")) || bytes_contain(text, BYTES("{%"));
}

struct part *template_add(struct artifact *art, uint64_t offset, struct bytes name, struct bytes text)
{
	struct part *p = artifact_add(art, PART_TEMPLATE, offset, name, text);

	p->template = template_read(art->arena, text);
	return p;
}
