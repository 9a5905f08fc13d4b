/* What an expression comes to, and what it reaches on the way. */
#include <string.h>

#include "templates/follower.h"

enum { DEPTH_MOST = 500 };

/* ---- members ---- */

enum reach_base evaluate_base(struct fold v)
{
	switch (v.kind) {
	case FOLD_DATA: return BASE_DATA;
	case FOLD_LIST: case FOLD_TUPLE: case FOLD_DICT: return BASE_DATA;
	case FOLD_NONE: case FOLD_BOOL: case FOLD_INTEGER: case FOLD_REAL: case FOLD_TEXT: case FOLD_NUMBER: return BASE_CONSTANT;
	case FOLD_NAMESPACE: return BASE_NAMESPACE;
	case FOLD_LOOP: return BASE_LOOP;
	case FOLD_OBJECT: case FOLD_METHOD: return BASE_OBJECT;
	case FOLD_MACRO: return BASE_MACRO;
	case FOLD_INTERNAL: return BASE_INTERNAL;
	default: return BASE_UNKNOWN;
	}
}

/* "__class__", and "_Name__private" as Python spells private names from outside. */
static bool is_internal(struct bytes name)
{
	return bytes_start_with(name, BYTES("_")) && bytes_contain(name, BYTES("__"));
}

static bool is_called(const struct jinja_node *node)
{
	return node->outer && node->outer->kind == JINJA_CALL && node->outer->first == node;
}

static struct fold method_of(struct follower *f, struct fold base, struct bytes name)
{
	struct fold out = {.kind = FOLD_METHOD, .text = name, .of = arena_new(f->arena, struct fold)};

	*out.of = base;
	return out;
}

static struct fold loop_member(struct follower *f, struct fold loop, struct bytes name)
{
	if (bytes_same(name, "previtem") || bytes_same(name, "nextitem"))
		return *loop.of;
	if (bytes_same(name, "cycle") || bytes_same(name, "changed"))
		return method_of(f, loop, name);
	return fold_kind(FOLD_NUMBER);
}

static bool is_what_people_write(struct bytes name)
{
	return bytes_same(name, "content") || bytes_same(name, "text");
}

/* Of a piece of content: programs write these. */
static bool is_structure(struct bytes name)
{
	return bytes_same(name, "type") || bytes_same(name, "role");
}

static struct fold named_member(struct follower *f, struct fold base, struct bytes name, bool called)
{
	struct fold *found, out = {.kind = FOLD_DATA, .text = name};

	if (base.kind == FOLD_INTERNAL || is_internal(name))
		return fold_kind(FOLD_INTERNAL);
	switch (base.kind) {
	case FOLD_DATA:
		out.content = (base.content && !is_structure(name)) || is_what_people_write(name);
		out.trigger = base.trigger;
		out.negated = base.negated;
		return out;
	case FOLD_NAMESPACE: case FOLD_DICT:
		found = fold_member(base, name);
		return found ? *found : base.kind == FOLD_DICT && called ? method_of(f, base, name) : out;
	case FOLD_LOOP: return loop_member(f, base, name);
	case FOLD_TEXT: case FOLD_COMPUTED: case FOLD_LIST: case FOLD_TUPLE: case FOLD_NUMBER: case FOLD_INTEGER: case FOLD_REAL: case FOLD_BOOL:
		return called || method_is_known(name) ? method_of(f, base, name) : fold_kind(FOLD_UNKNOWN);
	case FOLD_OBJECT: return bytes_end_with(base.text, BYTES("()")) ? method_of(f, base, name) : fold_kind(FOLD_UNKNOWN);
	default: return called ? method_of(f, base, name) : fold_kind(FOLD_UNKNOWN);
	}
}

static struct bytes owner_of(struct fold base)
{
	bool named = base.kind == FOLD_OBJECT || base.kind == FOLD_METHOD || (base.kind == FOLD_DATA && base.direct);

	return named ? base.text : BYTES("");
}

static struct fold take_named(struct follower *f, struct jinja_node *node, struct fold base, struct bytes name, bool attribute)
{
	struct reach *r = follower_reach(f, REACH_NAME, node, evaluate_base(base), name);

	if (r) {
		r->owner = owner_of(base);
		r->attribute = attribute;
		r->called = is_called(node);
	}
	return named_member(f, base, name, is_called(node));
}

static struct fold take_item(struct follower *f, struct fold base, struct fold index)
{
	struct fold out;
	int64_t at = index.kind == FOLD_BOOL ? index.truth : index.integer;

	if (base.kind == FOLD_DATA)
		return (struct fold){.kind = FOLD_DATA, .content = base.content, .trigger = base.trigger, .negated = base.negated};
	if (base.kind == FOLD_INTERNAL)
		return base;
	if (fold_item(base, at, &out)) {
		out.trigger = out.trigger ? out.trigger : base.trigger;
		return out;
	}
	if (fold_is_container(base))
		return base.items->length > 0 ? fold_kind(FOLD_NUMBER) : fold_any_of(f->arena, base);
	return operate_unknown(base.kind == FOLD_COMPUTED ? FOLD_COMPUTED : FOLD_UNKNOWN, base, base);
}

/* One of its items, nobody can tell which. */
static struct fold take_any(struct follower *f, struct jinja_node *node, struct fold base, struct fold index)
{
	struct fold out;

	if (base.kind == FOLD_DATA || base.kind == FOLD_INTERNAL || base.kind == FOLD_COMPUTED)
		return operate_unknown((enum fold_kind)base.kind, base, base);
	if (base.kind == FOLD_TEXT)
		return fold_kind(FOLD_COMPUTED);
	if (!fold_is_container(base))
		return fold_kind(FOLD_UNKNOWN);
	out = base.items->length > 0 ? fold_kind(FOLD_NUMBER) : fold_any_of(f->arena, base);
	if (index.content && base.kind == FOLD_DICT && base.items->count > 0 && base.items->at[0].kind == FOLD_TEXT)
		out.trigger = follower_trigger(f, node, base.items->at[0].text);
	return out;
}

static struct fold member_of(struct follower *f, struct jinja_node *node, struct fold base, struct fold index, bool attribute)
{
	if (index.kind == FOLD_TEXT)
		return take_named(f, node, base, index.text, attribute);
	if (index.kind == FOLD_INTEGER || index.kind == FOLD_BOOL)
		return take_item(f, base, index);
	if (index.kind == FOLD_INTERNAL)
		return index;
	if (index.kind != FOLD_NUMBER && index.kind != FOLD_NONE && index.kind != FOLD_REAL && base.kind != FOLD_INTERNAL) {
		struct reach *r = follower_reach(f, REACH_COMPUTED, node, evaluate_base(base), index.kind == FOLD_COMPUTED ? index.text : BYTES(""));
		if (r) {
			r->owner = owner_of(base);
			r->attribute = attribute;
			r->plain_key = index.kind == FOLD_DATA;
		}
	}
	return take_any(f, node, base, index);
}

struct fold evaluate_member(struct follower *f, struct jinja_node *node, struct fold base, struct fold index, bool attribute)
{
	const struct fold *left = base.kind == FOLD_EITHER ? base.items->at : &base, *right = index.kind == FOLD_EITHER ? index.items->at : &index;
	uint32_t left_count = base.kind == FOLD_EITHER ? base.items->count : 1, right_count = index.kind == FOLD_EITHER ? index.items->count : 1;
	struct fold out = fold_kind(FOLD_UNKNOWN);

	for (uint32_t i = 0; i < left_count; i++) {
		for (uint32_t k = 0; k < right_count; k++) {
			struct fold one = member_of(f, node, left[i], right[k], attribute);
			out = i + k == 0 ? one : fold_either(f->arena, out, one, false);
		}
	}
	return out;
}

struct fold evaluate_path(struct follower *f, struct jinja_node *node, struct fold base, struct fold path)
{
	if (path.kind == FOLD_EITHER) {
		for (uint32_t i = 0; i + 1 < path.items->count; i++)
			evaluate_path(f, node, base, path.items->at[i]);
		return path.items->count ? evaluate_path(f, node, base, path.items->at[path.items->count - 1]) : base;
	}
	if (path.kind != FOLD_TEXT)
		return evaluate_member(f, node, base, path, true);
	for (struct bytes left = path.text;;) {
		size_t len = bytes_find_byte(left, '.');
		base = evaluate_member(f, node, base, fold_text(bytes_slice(left, 0, len)), true);
		if (len == left.len)
			return base;
		left = bytes_from(left, len + 1);
	}
}

/* ---- the rest ---- */

static struct fold evaluate_items(struct follower *f, struct jinja_node *node, enum fold_kind kind)
{
	struct fold out = fold_list(f->arena, kind);

	out.items->maybe = f->maybe;
	out.items->born = f->macro_calls;
	jinja_each(node, it) {
		if (out.items->count == FOLD_ITEMS_MOST)
			follower_stop(f, node, "has a longer list than any that people write");
		fold_add_item(f->arena, &out, evaluate(f, it));
	}
	return out;
}

static struct fold evaluate_subscript(struct follower *f, struct jinja_node *node)
{
	struct fold base = evaluate(f, node->first), part[3], out;
	struct jinja_node *index = node->first->next;
	unsigned n = 0;

	if (index->kind != JINJA_SLICE)
		return evaluate_member(f, node, base, evaluate(f, index), false);
	jinja_each(index, it)
		part[n++] = it->kind == JINJA_NOTHING ? fold_kind(FOLD_NONE) : evaluate(f, it);
	if (base.kind == FOLD_DATA || base.kind == FOLD_INTERNAL || base.kind == FOLD_COMPUTED)
		return operate_unknown((enum fold_kind)base.kind, base, base);
	if (base.kind != FOLD_EITHER)
		return fold_slice(f->arena, base, part[0], part[1], part[2]);
	out = fold_kind(FOLD_UNKNOWN);
	for (uint32_t i = 0; i < base.items->count; i++) {
		struct fold it = base.items->at[i];
		struct fold one = it.kind == FOLD_DATA || it.kind == FOLD_COMPUTED ? it : fold_slice(f->arena, it, part[0], part[1], part[2]);
		one.clock |= it.clock;
		out = i == 0 ? one : fold_either(f->arena, out, one, false);
	}
	return out;
}

static struct fold evaluate_negative(struct fold v)
{
	if (v.kind == FOLD_INTEGER && v.integer != INT64_MIN)
		return fold_integer(-v.integer);
	return v.kind == FOLD_REAL ? fold_real(-v.real) : v.kind == FOLD_INTERNAL ? v : operate_unknown(FOLD_NUMBER, v, v);
}

static struct fold evaluate_not(struct fold v)
{
	int truth = v.trigger ? -1 : fold_truth(v);
	struct fold out = operate_unknown(FOLD_NUMBER, v, v);

	if (truth >= 0)
		return fold_bool(!truth);
	out.negated = v.trigger && !v.negated;
	return out;
}

/* The condition a value was chosen under goes with it. */
static struct fold under(struct fold v, struct fold test)
{
	if (!v.trigger && test.trigger) {
		v.trigger = test.trigger;
		v.negated = test.negated;
	}
	return v;
}

static struct fold evaluate_logic(struct follower *f, struct jinja_node *node)
{
	struct fold a = fold_condition(evaluate(f, node->first));
	int truth = a.trigger ? -1 : fold_truth(a);

	f->maybe++;
	struct fold b = evaluate(f, node->first->next);
	f->maybe--;
	if (truth >= 0)
		return truth == (node->kind == JINJA_OR) ? a : b;
	if (a.kind == FOLD_NUMBER && (b.kind == FOLD_NUMBER || b.kind == FOLD_BOOL))
		return operate_unknown(FOLD_NUMBER, a, b);
	return fold_either(f->arena, a, node->kind == JINJA_AND ? under(b, a) : b, false);
}

static struct fold evaluate_choice(struct follower *f, struct jinja_node *node)
{
	struct fold test = fold_condition(evaluate(f, node->first));
	struct jinja_node *other = jinja_child(node, 2);
	int truth = test.trigger ? -1 : fold_truth(test);
	struct fold opposite = test;

	f->maybe += truth < 0;
	struct fold a = evaluate(f, jinja_child(node, 1));
	struct fold b = other->kind == JINJA_NOTHING ? fold_kind(FOLD_DATA) : evaluate(f, other);
	f->maybe -= truth < 0;
	if (truth >= 0)
		return truth ? a : b;
	opposite.trigger = test.negated ? test.trigger : NULL;
	if (test.negated)
		test.trigger = NULL;
	return fold_either(f->arena, under(a, test), under(b, opposite), false);
}

static struct fold evaluate_comparison(struct follower *f, struct jinja_node *node)
{
	struct fold left = evaluate(f, node->first), out = fold_kind(FOLD_NUMBER);
	bool first = true;

	for (struct jinja_node *it = node->first->next; it; it = it->next) {
		struct fold right = evaluate(f, it->first);
		struct fold one = operate_compare(f, node, it->text, left, right);
		out = first ? one : operate_unknown(FOLD_NUMBER, out, one);
		first = false;
		left = right;
	}
	return out;
}

static struct fold test_kind(struct bytes name, struct fold v)
{
	bool text = v.kind == FOLD_TEXT, number = v.kind == FOLD_INTEGER || v.kind == FOLD_REAL, container = fold_is_container(v);

	if (v.trigger || !(text || number || container || v.kind == FOLD_NONE || v.kind == FOLD_BOOL))
		return operate_unknown(FOLD_NUMBER, v, v);
	if (bytes_same(name, "defined"))
		return fold_bool(true);
	if (bytes_same(name, "undefined"))
		return fold_bool(false);
	if (bytes_same(name, "none"))
		return fold_bool(v.kind == FOLD_NONE);
	if (bytes_same(name, "string"))
		return fold_bool(text);
	if (bytes_same(name, "mapping"))
		return fold_bool(v.kind == FOLD_DICT);
	return fold_kind(FOLD_NUMBER);
}

static struct fold evaluate_test(struct follower *f, struct jinja_node *node)
{
	struct fold v = evaluate(f, node->first);
	struct arguments args = call_arguments(f, node->first->next);
	struct fold other = argument(&args, 0, NULL, fold_kind(FOLD_UNKNOWN));
	static const char *const same[] = {"eq", "equalto", "==", "sameas"};

	follower_reach(f, REACH_TEST, node, BASE_DATA, node->text);
	if (args.count == 0)
		return v.kind == FOLD_EITHER ? fold_kind(FOLD_NUMBER) : test_kind(node->text, v);
	if (bytes_same(node->text, "in"))
		return operate_compare(f, node, BYTES("in"), v, other);
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		if (bytes_same(node->text, same[i]))
			return operate_compare(f, node, BYTES("=="), v, other);
	return operate_unknown(FOLD_NUMBER, v, other);
}

static struct fold evaluate_concat(struct follower *f, struct jinja_node *node)
{
	struct fold out = fold_text(BYTES("")), next;
	bool first = true;

	jinja_each(node, it) {
		next = evaluate(f, it);
		if (next.kind == FOLD_EITHER || out.kind == FOLD_EITHER) {
			struct fold *right = next.kind == FOLD_EITHER ? next.items->at : &next, *left = out.kind == FOLD_EITHER ? out.items->at : &out;
			uint32_t rights = next.kind == FOLD_EITHER ? next.items->count : 1, lefts = out.kind == FOLD_EITHER ? out.items->count : 1;
			struct fold all = fold_kind(FOLD_COMPUTED);
			for (uint32_t i = 0; i < lefts * rights; i++) {
				const struct fold two[] = {left[i / rights], right[i % rights]};
				struct fold one = operate_concat(f, node, two, 2);
				all = i == 0 ? one : fold_either(f->arena, all, one, false);
			}
			out = all;
		} else {
			const struct fold two[] = {out, next};
			out = first ? fold_string(f->arena, next) : operate_concat(f, node, two, 2);
			if (first && out.kind == FOLD_DATA)
				out = operate_unknown(FOLD_COMPUTED, next, next);
		}
		first = false;
	}
	return out;
}

static struct fold evaluate_filter(struct follower *f, struct jinja_node *node)
{
	struct fold base = evaluate(f, node->first), out = fold_kind(FOLD_UNKNOWN);
	struct arguments args = call_arguments(f, node->first->next);

	follower_reach(f, REACH_FILTER, node, BASE_DATA, node->text);
	if (base.kind != FOLD_EITHER) {
		out = filter_apply(f, node, node->text, base, &args);
		out.clock |= base.clock;
		return out;
	}
	for (uint32_t i = 0; i < base.items->count; i++) {
		struct fold one = filter_apply(f, node, node->text, base.items->at[i], &args);
		one.trigger = one.trigger ? one.trigger : base.items->at[i].trigger;
		one.clock |= base.items->at[i].clock;
		out = i == 0 ? one : fold_either(f->arena, out, one, false);
	}
	return out;
}

static bool has_macro(struct fold either)
{
	for (uint32_t i = 0; i < either.items->count; i++)
		if (either.items->at[i].kind == FOLD_MACRO)
			return true;
	return false;
}

/* A macro that is made under a condition is no function of somebody else's otherwise: it is just not there. */
static struct fold evaluate_call(struct follower *f, struct jinja_node *node)
{
	struct fold callee = evaluate(f, node->first), out = fold_kind(FOLD_DATA);
	struct arguments args = call_arguments(f, node->first->next);
	bool macro = callee.kind == FOLD_EITHER && has_macro(callee), first = true;

	if (callee.kind != FOLD_EITHER)
		return call_value(f, node, callee, &args);
	for (uint32_t i = 0; i < callee.items->count; i++) {
		if (macro && callee.items->at[i].kind == FOLD_DATA)
			continue;
		struct fold one = call_value(f, node, callee.items->at[i], &args);
		out = first ? one : fold_either(f->arena, out, one, false);
		first = false;
	}
	return out;
}

static struct fold evaluate_kind(struct follower *f, struct jinja_node *node)
{
	switch (node->kind) {
	case JINJA_NONE: return fold_kind(FOLD_NONE);
	case JINJA_BOOL: return fold_bool(node->truth);
	case JINJA_INTEGER: return fold_integer(node->integer);
	case JINJA_FLOAT: return fold_real(node->real);
	case JINJA_STRING: return node->guess ? fold_kind(FOLD_COMPUTED) : fold_text(node->text);
	case JINJA_NAME: return follower_look_up(f, node->text);
	case JINJA_LIST: return evaluate_items(f, node, FOLD_LIST);
	case JINJA_TUPLE: return evaluate_items(f, node, FOLD_TUPLE);
	case JINJA_DICT: return evaluate_items(f, node, FOLD_DICT);
	case JINJA_ATTRIBUTE: return evaluate_member(f, node, evaluate(f, node->first), fold_text(node->text), false);
	case JINJA_SUBSCRIPT: return evaluate_subscript(f, node);
	case JINJA_CALL: return evaluate_call(f, node);
	case JINJA_FILTER: return evaluate_filter(f, node);
	case JINJA_TEST: return evaluate_test(f, node);
	case JINJA_NEGATE: return evaluate_negative(evaluate(f, node->first));
	case JINJA_POSITIVE: return evaluate(f, node->first);
	case JINJA_NOT: return evaluate_not(fold_condition(evaluate(f, node->first)));
	case JINJA_CONCAT: return evaluate_concat(f, node);
	case JINJA_AND: case JINJA_OR: return evaluate_logic(f, node);
	case JINJA_COMPARE: return evaluate_comparison(f, node);
	case JINJA_CHOICE: return evaluate_choice(f, node);
	case JINJA_SLICE: return fold_kind(FOLD_UNKNOWN);
	default: break;
	}
	if (node->kind < JINJA_ADD || node->kind > JINJA_POWER)
		return fold_kind(FOLD_UNKNOWN);
	struct fold left = evaluate(f, node->first);
	return operate(f, node, (enum jinja_kind)node->kind, left, evaluate(f, node->first->next));
}

struct fold evaluate(struct follower *f, struct jinja_node *node)
{
	struct fold out = fold_kind(FOLD_UNKNOWN);

	if (f->depth == DEPTH_MOST)
		follower_stop(f, node, "has expressions longer than any that are followed");
	if (!follower_step(f, node))
		return out;
	f->depth++;
	out = evaluate_kind(f, node);
	f->depth--;
	return out;
}
