/* Statements, in the order rendering runs them. */
#include "templates/follower.h"

enum { UNROLLED_MOST = 512, MACRO_DEPTH_MOST = 40, SAME_MACRO_MOST = 6, FOLLOWED_MOST = 32 };

static void follow(struct follower *f, struct jinja_node *node);

void follow_body(struct follower *f, const struct jinja_node *body)
{
	jinja_each(body, it) {
		if (f->out->why)
			return;
		follow(f, it);
	}
}

/* ---- assignments ---- */

static void assign_member(struct follower *f, const struct jinja_node *target, struct fold value)
{
	struct fold namespace = follower_look_up(f, target->first->text);

	if (namespace.kind != FOLD_NAMESPACE)
		evaluate_member(f, (struct jinja_node *)target, namespace, fold_text(target->text), false);
	else if (bytes_start_with(target->text, BYTES("__")))
		follower_reach(f, REACH_NAME, (struct jinja_node *)target, BASE_NAMESPACE, target->text);
	else
		follower_set_member(f, namespace, target->text, value);
}

/* The part of `value` that the target of that number gets. */
static struct fold part_of(struct follower *f, struct fold value, int64_t index)
{
	struct fold out, list;

	if (value.kind == FOLD_EITHER) {
		out = fold_kind(FOLD_UNKNOWN);
		for (uint32_t i = 0; i < value.items->count; i++) {
			struct fold it = value.items->at[i];
			struct fold one = it.kind == FOLD_EITHER ? fold_kind(FOLD_UNKNOWN) : part_of(f, it, index);
			out = i == 0 ? one : fold_either(f->arena, out, one, false);
		}
		return out;
	}
	list = fold_iterate(f->arena, value);
	if ((list.kind == FOLD_LIST || list.kind == FOLD_TUPLE) && !list.items->bag && fold_item(list, index, &out))
		return out;
	if (list.kind == FOLD_LIST || list.kind == FOLD_TUPLE)
		return fold_any_of(f->arena, list);
	return operate_unknown(list.kind == FOLD_DATA || list.kind == FOLD_INTERNAL ? (enum fold_kind)list.kind : FOLD_UNKNOWN, value, value);
}

void follow_assign(struct follower *f, const struct jinja_node *target, struct fold value)
{
	int64_t index = 0;

	if (target->kind == JINJA_NAME)
		follower_bind(f, target->text, value);
	else if (target->kind == JINJA_MEMBER)
		assign_member(f, target, value);
	else if (target->kind == JINJA_TUPLE)
		jinja_each(target, it)
			follow_assign(f, it, part_of(f, value, index++));
}

/* What a body writes, as a value. */
static struct fold capture(struct follower *f, const struct jinja_node *body)
{
	struct scope *outer = f->scope;
	struct written w, *before;

	follower_begin_writing(f, &w, &before);
	follower_enter_scope(f);
	follow_body(f, body);
	f->scope = outer;
	return follower_end_writing(f, &w, before);
}

/* The filters of a block are a chain whose innermost has no base of its own. */
static struct fold apply_filters(struct follower *f, struct jinja_node *filter, struct fold value)
{
	struct arguments args;

	if (filter->kind != JINJA_FILTER)
		return value;
	value = apply_filters(f, filter->first, value);
	args = call_arguments(f, filter->first->next);
	follower_reach(f, REACH_FILTER, filter, BASE_DATA, filter->text);
	return filter_apply(f, filter, filter->text, value, &args);
}

/* ---- conditions ---- */

static void follow_branch(struct follower *f, struct jinja_node *body, struct trigger *trigger, bool certain)
{
	struct trigger *before = f->trigger;

	if (body->kind == JINJA_NOTHING)
		return;
	f->maybe += !certain;
	f->trigger = trigger ? trigger : before;
	if (body->kind == JINJA_IF)
		follow(f, body);
	else
		follow_body(f, body);
	f->trigger = before;
	f->maybe -= !certain;
}

/* A branch that constants rule out is followed as well: another reader may see the condition another way. */
static void follow_if(struct follower *f, struct jinja_node *node)
{
	struct fold test = fold_condition(evaluate(f, node->first));
	int truth = test.trigger ? -1 : fold_truth(test);
	struct trigger *met = test.negated ? NULL : test.trigger, *not_met = test.negated ? test.trigger : NULL;

	follow_branch(f, jinja_child(node, 1), met, truth == 1);
	follow_branch(f, jinja_child(node, 2), not_met, truth == 0);
}

/* ---- loops ---- */

static bool has_jump(const struct jinja_node *body)
{
	jinja_each(body, it)
		if (it->kind == JINJA_BREAK || it->kind == JINJA_CONTINUE || ((it->kind == JINJA_IF || it->kind == JINJA_BODY) && has_jump(it)))
			return true;
	return false;
}

static void follow_round(struct follower *f, struct jinja_node *node, struct fold item)
{
	struct jinja_node *condition = jinja_child(node, 2);
	struct scope *outer = f->scope;
	struct fold loop = {.kind = FOLD_LOOP, .of = arena_new(f->arena, struct fold)}, test = fold_bool(true);
	struct trigger *before = f->trigger;

	*loop.of = item;
	follower_enter_scope(f);
	follow_assign(f, node->first, item);
	if (condition->kind != JINJA_NOTHING)
		test = fold_condition(evaluate(f, condition));
	bool certain = !test.trigger && fold_truth(test) == 1;
	follower_bind(f, BYTES("loop"), loop);
	f->maybe += !certain;
	f->trigger = test.trigger && !test.negated ? test.trigger : before;
	follow_body(f, jinja_child(node, 3));
	f->trigger = before;
	f->maybe -= !certain;
	f->scope = outer;
}

/* An unknown number of rounds: two of them show what changes from one to the next. */
static void follow_unknown_rounds(struct follower *f, struct jinja_node *node, struct fold item)
{
	bool before = f->widen;

	f->maybe++;
	follow_round(f, node, item);
	f->widen = true;
	follow_round(f, node, item);
	f->widen = before;
	f->maybe--;
}

static bool is_unrolled(const struct follower *f, struct fold list)
{
	bool whole = (list.kind == FOLD_LIST || list.kind == FOLD_TUPLE) && !list.items->bag && list.items->length <= 0;

	return whole && list.items->count <= UNROLLED_MOST && f->times * list.items->count <= UNROLLED_MOST * 8;
}

static struct fold item_of(struct follower *f, struct fold list)
{
	struct fold out = fold_kind(FOLD_UNKNOWN);

	if (list.kind == FOLD_LIST || list.kind == FOLD_TUPLE)
		return list.items->length > 0 ? fold_kind(FOLD_NUMBER) : fold_any_of(f->arena, list);
	if (list.kind != FOLD_EITHER)
		return operate_unknown(list.kind == FOLD_DATA || list.kind == FOLD_INTERNAL ? (enum fold_kind)list.kind : FOLD_UNKNOWN, list, list);
	for (uint32_t i = 0; i < list.items->count; i++) {
		struct fold it = fold_iterate(f->arena, list.items->at[i]);
		struct fold one = it.kind == FOLD_EITHER ? fold_kind(FOLD_UNKNOWN) : item_of(f, it);
		out = i == 0 ? one : fold_either(f->arena, out, one, false);
	}
	return out;
}

static void follow_for(struct follower *f, struct jinja_node *node)
{
	struct fold list = fold_iterate(f->arena, evaluate(f, node->first->next));
	struct jinja_node *body = jinja_child(node, 3), *otherwise = jinja_child(node, 4);
	bool jumps = has_jump(body);
	double count = fold_length(list), times = f->times;

	if (count > 1)
		f->times *= count;
	if (count > 1 && times > 1)
		follower_cost(f, node, f->times, "runs loops within loops # times");
	if (is_unrolled(f, list)) {
		for (uint32_t i = 0; i < list.items->count && !f->out->why; i++) {
			f->maybe += jumps && i > 0;
			follow_round(f, node, list.items->at[i]);
			f->maybe -= jumps && i > 0;
		}
	} else {
		follow_unknown_rounds(f, node, item_of(f, list));
	}
	f->times = times;
	follow_branch(f, otherwise, NULL, count == 0);
}

/* ---- macros ---- */

static struct macro *add_macro(struct follower *f, const struct jinja_node *parameters, const struct jinja_node *body)
{
	struct macro *m = arena_new(f->arena, struct macro);

	*m = (struct macro){.parameters = parameters, .body = body, .scope = f->scope, .caller = {.kind = FOLD_DATA, .direct = true, .text = BYTES("caller")}};
	m->next = f->macros;
	f->macros = m;
	return m;
}

static void bind_arguments(struct follower *f, const struct macro *m, const struct arguments *args)
{
	struct fold rest = fold_list(f->arena, FOLD_LIST), named = fold_list(f->arena, FOLD_DICT);
	uint32_t index = 0, position = 0;

	jinja_each(m->parameters, it) {
		struct fold none = it->first->kind == JINJA_NOTHING ? (struct fold){.kind = FOLD_DATA} : evaluate(f, it->first);
		char keyword[128];
		size_t len = it->text.len < sizeof keyword ? it->text.len : 0;
		for (size_t i = 0; i < len; i++)
			keyword[i] = (char)it->text.at[i];
		keyword[len] = 0;
		struct fold v = argument(args, index++, len ? keyword : NULL, none);
		follower_bind(f, it->text, args->open && v.kind == FOLD_UNKNOWN ? (struct fold){.kind = FOLD_DATA} : v);
	}
	for (uint32_t i = 0; i < args->count; i++) {
		const struct argument *a = &args->at[i];
		if (a->keyword.len > 0)
			fold_add_item(f->arena, &named, fold_text(a->keyword));
		if (a->keyword.len > 0 || position++ >= index)
			fold_add_item(f->arena, a->keyword.len > 0 ? &named : &rest, a->value);
	}
	rest.items->bag = named.items->bag = args->open;
	follower_bind(f, BYTES("varargs"), rest);
	follower_bind(f, BYTES("kwargs"), named);
	follower_bind(f, BYTES("caller"), m->caller);
}

/* Rounds of a recursion that are not followed may change what the followed ones did. */
static void forget_namespaces(struct follower *f)
{
	for (struct fold_items *n = f->namespaces; n; n = n->next)
		for (uint32_t i = 1; i < n->count; i += 2)
			n->at[i] = fold_either(f->arena, n->at[i], fold_kind(FOLD_COMPUTED), false);
}

static struct fold cut_recursion(struct follower *f, const struct followed *same, struct jinja_node *node)
{
	if (!same || same->changes != f->changes)
		forget_namespaces(f);
	if (same && f->maybe == same->maybe && node)
		follower_cost(f, node, 1e6, "calls a macro from within itself without end, # times and more");
	return fold_kind(FOLD_COMPUTED);
}

static bool are_alike(const struct arguments *a, const struct arguments *b)
{
	if (a->count != b->count || a->open != b->open)
		return false;
	for (uint32_t i = 0; i < a->count; i++)
		if (!bytes_equal(a->at[i].keyword, b->at[i].keyword) || !fold_alike(a->at[i].value, b->at[i].value))
			return false;
	return true;
}

static void forget_followed(struct macro *m)
{
	struct followed **place = &m->followed;

	for (struct followed *it = m->followed; it; it = it->next) {
		if (!it->active)
			continue;
		*place = it;
		place = &it->next;
	}
	*place = NULL;
}

/* What it came to holds while nothing has changed that it may look at. */
static struct followed *find_followed(struct follower *f, struct macro *m, const struct arguments *args)
{
	bool global = !m->scope->outer;

	for (struct followed *it = m->followed; it; it = it->next, f->steps++)
		if ((it->active || (it->known && global && it->changes == f->changes)) && it->trigger == f->trigger && fold_same(it->caller, m->caller) && are_alike(&it->args, args))
			return it;
	if (m->followed_count++ % FOLLOWED_MOST == FOLLOWED_MOST - 1)
		forget_followed(m);
	struct followed *new = arena_new(f->arena, struct followed);
	*new = (struct followed){.args = *args, .trigger = f->trigger, .caller = m->caller, .maybe = f->maybe, .changes = f->changes, .next = m->followed};
	m->followed = new;
	return new;
}

static struct fold follow_macro_body(struct follower *f, struct macro *m, const struct arguments *args)
{
	struct scope *outer = f->scope;
	struct written w, *before;
	uint32_t call = f->macro_call;

	m->called = true;
	m->active++;
	f->recursion++;
	f->macro_call = ++f->macro_calls;
	follower_begin_writing(f, &w, &before);
	f->scope = m->scope;
	follower_enter_scope(f);
	bind_arguments(f, m, args);
	follow_body(f, m->body);
	f->scope = outer;
	f->macro_call = call;
	f->recursion--;
	m->active--;
	return follower_end_writing(f, &w, before);
}

struct fold follow_macro(struct follower *f, struct macro *m, const struct arguments *args, struct jinja_node *node)
{
	struct followed *it = find_followed(f, m, args);

	if (it->known)
		return it->result;
	if (it->active || m->active >= SAME_MACRO_MOST || f->recursion >= MACRO_DEPTH_MOST)
		return cut_recursion(f, it->active ? it : NULL, node);
	it->active = true;
	it->result = follow_macro_body(f, m, args);
	it->active = false;
	it->known = it->changes == f->changes;
	return it->result;
}

static void follow_call_block(struct follower *f, struct jinja_node *node)
{
	struct jinja_node *call = node->first->next;
	struct fold callee = evaluate(f, call->first);
	struct arguments args = call_arguments(f, call->first->next);
	struct macro *body = add_macro(f, node->first, jinja_child(node, 2));

	if (callee.kind != FOLD_MACRO) {
		follower_write(f, call_value(f, call, callee, &args));
		return;
	}
	struct fold before = callee.macro->caller;
	callee.macro->caller = (struct fold){.kind = FOLD_MACRO, .macro = body};
	follower_write(f, follow_macro(f, callee.macro, &args, call));
	callee.macro->caller = before;
}

/* ---- the rest ---- */

static void follow_with(struct follower *f, struct jinja_node *node)
{
	struct scope *outer = f->scope;
	struct jinja_node *it = node->first;

	follower_enter_scope(f);
	for (; it && it != node->last; it = it->next->next)
		follow_assign(f, it, evaluate(f, it->next));
	follow_body(f, node->last);
	f->scope = outer;
}

static void follow_scoped(struct follower *f, struct jinja_node *body)
{
	struct scope *outer = f->scope;

	follower_enter_scope(f);
	follow_body(f, body);
	f->scope = outer;
}

static void follow_load(struct follower *f, struct jinja_node *node)
{
	struct fold file = evaluate(f, node->first);
	struct reach *r = follower_reach(f, REACH_FILE, node, BASE_CONSTANT, file.kind == FOLD_TEXT ? file.text : BYTES(""));

	if (r)
		r->owner = node->text;
	for (struct jinja_node *it = node->first->next; it; it = it->next)
		follower_bind(f, it->text, fold_kind(FOLD_UNKNOWN));
}

static void follow_translation(struct follower *f, struct jinja_node *node)
{
	jinja_each(node, it) {
		if (it->kind == JINJA_KEYWORD)
			evaluate(f, it->first);
		else if (it->kind == JINJA_TEXT)
			follower_write(f, fold_text(it->text));
	}
	follower_write(f, fold_kind(FOLD_COMPUTED));
}

static void follow(struct follower *f, struct jinja_node *node)
{
	f->at = node;
	if (!follower_step(f, node))
		return;
	switch (node->kind) {
	case JINJA_BODY: follow_body(f, node); break;
	case JINJA_TEXT: follower_write(f, fold_text(node->text)); break;
	case JINJA_OUTPUT:
		jinja_each(node, it)
			follower_write(f, evaluate(f, it));
		break;
	case JINJA_IF: follow_if(f, node); break;
	case JINJA_FOR: follow_for(f, node); break;
	case JINJA_SET: follow_assign(f, node->first, evaluate(f, node->first->next)); break;
	case JINJA_SET_BLOCK: {
		struct fold value = capture(f, jinja_child(node, 2));
		follow_assign(f, node->first, apply_filters(f, node->first->next, value));
		break;
	}
	case JINJA_MACRO: {
		struct macro *m = add_macro(f, node->first, node->first->next);
		follower_bind(f, node->text, (struct fold){.kind = FOLD_MACRO, .macro = m});
		break;
	}
	case JINJA_CALL_BLOCK: follow_call_block(f, node); break;
	case JINJA_FILTER_BLOCK: {
		struct fold value = capture(f, node->first->next);
		follower_write(f, apply_filters(f, node->first, value));
		break;
	}
	case JINJA_WITH: follow_with(f, node); break;
	case JINJA_SCOPE:
		if (node->first->kind != JINJA_NOTHING)
			evaluate(f, node->first);
		follow_scoped(f, node->first->next);
		break;
	case JINJA_BLOCK: follow_scoped(f, node->first); break;
	case JINJA_LOAD: follow_load(f, node); break;
	case JINJA_DO: evaluate(f, node->first); break;
	case JINJA_TRANSLATION: follow_translation(f, node); break;
	default: break;
	}
}
