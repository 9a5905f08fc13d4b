#include "templates/follower.h"

/* ---- arguments ---- */

static void add_argument(struct follower *f, struct arguments *args, uint32_t *room, struct bytes keyword, struct fold value)
{
	if (args->count == *room) {
		struct argument *at = arena_alloc(f->arena, *room = *room ? *room * 2 : 4, sizeof *at);
		for (uint32_t i = 0; i < args->count; i++)
			at[i] = args->at[i];
		args->at = at;
	}
	args->at[args->count++] = (struct argument){keyword, value};
}

static void spread(struct follower *f, struct arguments *args, uint32_t *room, struct fold v, bool keywords)
{
	bool list = (v.kind == FOLD_LIST || v.kind == FOLD_TUPLE) && !keywords, dict = v.kind == FOLD_DICT && keywords;

	args->open |= (!list && !dict) || v.items->bag || v.items->length > 0;
	for (uint32_t i = 0; list && i < v.items->count; i++)
		add_argument(f, args, room, BYTES(""), v.items->at[i]);
	for (uint32_t i = 0; dict && i + 1 < v.items->count; i += 2) {
		if (v.items->at[i].kind == FOLD_TEXT)
			add_argument(f, args, room, v.items->at[i].text, v.items->at[i + 1]);
		else
			args->open = true;
	}
}

struct arguments call_arguments(struct follower *f, struct jinja_node *first)
{
	struct arguments args = {0};
	uint32_t room = 0;

	for (struct jinja_node *it = first; it; it = it->next) {
		if (it->kind == JINJA_KEYWORD)
			add_argument(f, &args, &room, it->text, evaluate(f, it->first));
		else if (it->kind == JINJA_SPREAD)
			spread(f, &args, &room, evaluate(f, it->first), it->double_star);
		else
			add_argument(f, &args, &room, BYTES(""), evaluate(f, it));
	}
	return args;
}

struct fold argument(const struct arguments *args, uint32_t index, const char *keyword, struct fold otherwise)
{
	for (uint32_t i = 0, position = 0; i < args->count; i++) {
		bool fits = args->at[i].keyword.len > 0 ? keyword && bytes_same(args->at[i].keyword, keyword) : position++ == index;
		if (fits)
			return args->at[i].value;
	}
	return args->open ? fold_kind(FOLD_UNKNOWN) : otherwise;
}

/* ---- functions of the engine ---- */

static struct fold call_range(struct follower *f, struct jinja_node *node, const struct arguments *args)
{
	struct fold first = argument(args, 0, NULL, fold_integer(0)), last = argument(args, 1, NULL, fold_kind(FOLD_NONE));
	struct fold step = argument(args, 2, NULL, fold_integer(1)), out = fold_list(f->arena, FOLD_LIST);

	if (last.kind == FOLD_NONE) {
		last = first;
		first = fold_integer(0);
	}
	if (!fold_is_number(first) || !fold_is_number(last) || !fold_is_number(step) || fold_number(step) == 0) {
		fold_add_item(f->arena, &out, fold_kind(FOLD_NUMBER));
		out.items->bag = true;
		return out;
	}
	double from = fold_number(first), by = fold_number(step), count = (fold_number(last) - from) / by;
	if (count > FOLD_ITEMS_MOST) {
		out.items->length = count;
		follower_cost(f, node, count * f->times, "counts # numbers");
		return out;
	}
	for (double i = 0; i < count; i++)
		fold_add_item(f->arena, &out, first.kind == FOLD_INTEGER && step.kind == FOLD_INTEGER ? fold_integer((int64_t)(from + i * by)) : fold_real(from + i * by));
	return out;
}

static struct fold call_dict(struct follower *f, enum fold_kind kind, const struct arguments *args)
{
	struct fold out = fold_list(f->arena, kind);

	out.items->bag = args->open;
	out.items->maybe = f->maybe;
	out.items->born = f->macro_calls;
	for (uint32_t i = 0; i < args->count; i++) {
		struct fold v = args->at[i].value;
		if (args->at[i].keyword.len > 0) {
			fold_add_item(f->arena, &out, fold_text(args->at[i].keyword));
			fold_add_item(f->arena, &out, v);
		} else if (v.kind == FOLD_DICT) {
			for (uint32_t k = 0; k < v.items->count; k++)
				fold_add_item(f->arena, &out, v.items->at[k]);
		} else {
			out.items->bag = true;
		}
	}
	if (kind == FOLD_NAMESPACE) {
		out.items->next = f->namespaces;
		f->namespaces = out.items;
	}
	return out;
}

static struct fold call_lipsum(struct follower *f, struct jinja_node *node, const struct arguments *args)
{
	struct fold n = argument(args, 0, "n", fold_integer(5)), most = argument(args, 3, "max", fold_integer(100));

	if (fold_is_number(n) && fold_is_number(most))
		follower_cost(f, node, fold_number(n) * fold_number(most), "makes # words of dummy text");
	return fold_kind(FOLD_COMPUTED);
}

/* Names of days and months are few, so that a table of them is looked up with what is known; text without "%" stays. */
static struct fold call_clock(struct follower *f, struct fold format)
{
	static const struct { const char *format, *names; } few[] = {
		{"%A", "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"}, {"%a", "Mon Tue Wed Thu Fri Sat Sun"},
		{"%B", "January February March April May June July August September October November December"},
		{"%b", "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"}, {"%m", "01 02 03 04 05 06 07 08 09 10 11 12"},
	};
	struct fold out = format.kind == FOLD_TEXT && !bytes_contain(format.text, BYTES("%")) ? format : fold_kind(FOLD_COMPUTED);

	for (size_t i = 0; format.kind == FOLD_TEXT && i < sizeof few / sizeof *few; i++) {
		struct bytes left = bytes_of(few[i].names);
		if (!bytes_same(format.text, few[i].format))
			continue;
		out = fold_list(f->arena, FOLD_EITHER);
		while (left.len > 0) {
			struct fold name = fold_text(bytes_slice(left, 0, bytes_find_byte(left, ' ')));
			left = bytes_from(left, name.text.len + 1);
			name.clock = true;
			fold_add_item(f->arena, &out, name);
		}
	}
	out.clock = true;
	return out;
}

static struct fold call_object(struct follower *f, struct jinja_node *node, struct bytes name, const struct arguments *args)
{
	struct fold out = fold_kind(FOLD_UNKNOWN);

	if (bytes_same(name, "range"))
		return call_range(f, node, args);
	if (bytes_same(name, "dict"))
		return call_dict(f, FOLD_DICT, args);
	if (bytes_same(name, "namespace"))
		return call_dict(f, FOLD_NAMESPACE, args);
	if (bytes_same(name, "lipsum"))
		return call_lipsum(f, node, args);
	if (bytes_same(name, "strftime_now"))
		return call_clock(f, argument(args, 0, "format", fold_kind(FOLD_COMPUTED)));
	if (bytes_same(name, "joiner()"))
		return argument(args, 0, "sep", fold_kind(FOLD_COMPUTED));
	if (bytes_same(name, "cycler") || bytes_same(name, "joiner")) {
		out = (struct fold){.kind = FOLD_OBJECT, .text = bytes_same(name, "cycler") ? BYTES("cycler()") : BYTES("joiner()")};
		return out;
	}
	return out;
}

/* ---- anything ---- */

/* Methods of what the caller hands in: texts, lists and dictionaries, nobody knows which. */
static struct fold call_data(struct follower *f, struct jinja_node *node, struct fold callee, const struct arguments *args)
{
	static const char *const searches[] = {"startswith", "endswith", "find", "rfind", "index", "count", "__contains__"};
	static const char *const builders[] = {"replace", "join", "format_map", "format", "translate", "ljust", "rjust", "center"};
	struct fold first = argument(args, 0, NULL, fold_kind(FOLD_NONE)), out = {.kind = FOLD_DATA, .content = callee.content};

	if (callee.direct || callee.text.len == 0) {
		follower_reach(f, REACH_CALL, node, BASE_DATA, callee.text);
		return fold_kind(FOLD_UNKNOWN);
	}
	out.trigger = callee.trigger;
	for (size_t i = 0; i < sizeof searches / sizeof *searches; i++) {
		if (!bytes_same(callee.text, searches[i]))
			continue;
		out.kind = FOLD_NUMBER;
		out.text = (struct bytes){0};
		if (callee.content && first.kind == FOLD_TEXT)
			out.trigger = follower_trigger(f, node, first.text);
		return out;
	}
	if (bytes_same(callee.text, "get") && args->count > 0) {
		struct fold found = evaluate_member(f, node, (struct fold){.kind = FOLD_DATA, .content = callee.content}, first, false);
		return args->count > 1 ? fold_either(f->arena, found, argument(args, 1, "default", fold_kind(FOLD_NONE)), false) : found;
	}
	if (bytes_same(callee.text, "format") || bytes_same(callee.text, "format_map"))
		follower_reach(f, REACH_FORMAT, node, BASE_DATA, BYTES(""));
	for (size_t i = 0; i < sizeof builders / sizeof *builders; i++)
		if (bytes_same(callee.text, builders[i]))
			out.kind = FOLD_COMPUTED;
	return out;
}

struct fold call_value(struct follower *f, struct jinja_node *node, struct fold callee, const struct arguments *args)
{
	switch (callee.kind) {
	case FOLD_INTERNAL: return callee;
	case FOLD_MACRO: return follow_macro(f, callee.macro, args, node);
	case FOLD_METHOD: return method_call(f, node, *callee.of, callee.text, args);
	case FOLD_DATA: return call_data(f, node, callee, args);
	case FOLD_LOOP: return operate_unknown(FOLD_COMPUTED, *callee.of, callee);
	case FOLD_OBJECT:
		follower_reach(f, REACH_CALL, node, BASE_OBJECT, callee.text);
		return call_object(f, node, callee.text, args);
	default:
		follower_reach(f, REACH_CALL, node, evaluate_base(callee), BYTES(""));
		return fold_kind(FOLD_UNKNOWN);
	}
}
