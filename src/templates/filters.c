#include <string.h>

#include "templates/follower.h"

struct use {
	struct follower *f;
	struct jinja_node *node;
	struct bytes name;
	struct fold base;
	const struct arguments *args;
};

static struct fold given(const struct use *u, uint32_t index, const char *keyword)
{
	return argument(u->args, index, keyword, fold_kind(FOLD_NONE));
}

static struct fold unknown(const struct use *u, enum fold_kind kind)
{
	return operate_unknown(u->base.kind == FOLD_INTERNAL ? FOLD_INTERNAL : kind, u->base, u->base);
}

/* What stays data when it was, and is not known otherwise. */
static struct fold same_kind(const struct use *u)
{
	bool text = u->base.kind == FOLD_TEXT || u->base.kind == FOLD_COMPUTED;

	return unknown(u, u->base.kind == FOLD_DATA ? FOLD_DATA : text ? FOLD_COMPUTED : fold_is_number(u->base) || u->base.kind == FOLD_NUMBER ? FOLD_NUMBER : FOLD_UNKNOWN);
}

static bool is_plain_list(struct fold v)
{
	return (v.kind == FOLD_LIST || v.kind == FOLD_TUPLE) && !v.items->bag && v.items->length <= 0;
}

/* ---- texts ---- */

static struct fold filter_string(const struct use *u)
{
	struct fold out = fold_string(u->f->arena, u->base);

	out.content |= u->base.kind == FOLD_DATA && u->base.direct;     /* all messages as one text */
	out.direct = false;
	return out;
}

static struct fold filter_text_method(const struct use *u)
{
	struct fold text = fold_string(u->f->arena, u->base), out;
	struct bytes name = bytes_same(u->name, "trim") ? BYTES("strip") : u->name;

	if (text.kind != FOLD_TEXT)
		return same_kind(u);
	if (!text_method(u->f, u->node, text.text, name, u->args, &out))
		out = unknown(u, FOLD_COMPUTED);
	out.trigger = out.trigger ? out.trigger : u->base.trigger;
	return out;
}

static struct fold filter_replace(const struct use *u)
{
	struct fold out;

	if (u->base.kind == FOLD_TEXT && text_method(u->f, u->node, u->base.text, u->name, u->args, &out))
		return out;
	return operate_unknown(u->base.kind == FOLD_INTERNAL ? FOLD_INTERNAL : FOLD_COMPUTED, u->base, given(u, 1, "new"));
}

static struct fold filter_format(const struct use *u)
{
	struct fold values = fold_list(u->f->arena, FOLD_TUPLE), names = fold_list(u->f->arena, FOLD_DICT);

	for (uint32_t i = 0; i < u->args->count; i++) {
		const struct argument *a = &u->args->at[i];
		if (a->keyword.len > 0)
			fold_add_item(u->f->arena, &names, fold_text(a->keyword));
		fold_add_item(u->f->arena, a->keyword.len > 0 ? &names : &values, a->value);
	}
	values.items->bag = u->args->open;
	if (u->base.kind != FOLD_TEXT)
		return unknown(u, FOLD_COMPUTED);
	return format_percent(u->f, u->node, u->base.text, names.items->count ? names : values);
}

/* Takes out "<...>", and the white space that is left over. */
static struct fold filter_striptags(const struct use *u)
{
	struct text t;
	bool inside = false;

	if (u->base.kind != FOLD_TEXT || bytes_find_byte(u->base.text, '&') < u->base.text.len)
		return same_kind(u);
	text_init(&t, u->f->arena);
	for (size_t i = 0; i < u->base.text.len; i++) {
		unsigned char c = u->base.text.at[i];
		inside |= c == '<';
		if (!inside && c != '\n' && (c != ' ' || (t.len > 0 && t.at[t.len - 1] != ' ')))
			text_add_byte(&t, (char)c);
		inside &= c != '>';
	}
	return fold_text(text_bytes(&t));
}

/* Text that is unchanged when it holds nothing to be escaped. */
static struct fold filter_escape(const struct use *u)
{
	for (size_t i = 0; u->base.kind == FOLD_TEXT && i < u->base.text.len; i++)
		if (u->base.text.at[i] && strchr("<>&'\"", u->base.text.at[i]))
			return unknown(u, FOLD_COMPUTED);
	return u->base.kind == FOLD_TEXT ? u->base : same_kind(u);
}

static struct fold filter_width(const struct use *u)
{
	struct fold width = given(u, 0, "width");

	if (fold_is_number(width))
		follower_may_make(u->f, u->node, fold_number(width) * u->f->times, "pads a text to # characters");
	return same_kind(u);
}

static struct fold filter_tojson(const struct use *u)
{
	struct fold out = unknown(u, FOLD_COMPUTED);

	out.content |= u->base.kind == FOLD_DATA;
	return out;
}

static struct fold filter_int(const struct use *u)
{
	uint64_t value;

	if (u->base.kind == FOLD_TEXT && u->args->count == 0 && bytes_to_u64(u->base.text, &value) && value < INT64_MAX)
		return fold_integer((int64_t)value);
	return u->base.kind == FOLD_INTEGER ? u->base : unknown(u, FOLD_NUMBER);
}

/* ---- lists ---- */

static struct fold filter_list(const struct use *u)
{
	struct fold out = fold_iterate(u->f->arena, u->base);

	if (out.kind == FOLD_LIST || out.kind == FOLD_TUPLE) {
		struct fold copy = fold_list(u->f->arena, FOLD_LIST);
		copy.items->length = out.items->length;
		copy.items->bag = out.items->bag;
		copy.items->maybe = u->f->maybe;
		copy.items->born = u->f->macro_calls;
		for (uint32_t i = 0; i < out.items->count; i++)
			fold_add_item(u->f->arena, &copy, out.items->at[i]);
		return copy;
	}
	return u->base.kind == FOLD_DATA ? same_kind(u) : out;
}

static struct fold filter_reverse(const struct use *u)
{
	struct fold none = fold_kind(FOLD_NONE);

	if (u->base.kind == FOLD_TEXT || is_plain_list(u->base))
		return fold_slice(u->f->arena, u->base, none, none, fold_integer(-1));
	return fold_is_container(u->base) ? u->base : same_kind(u);
}

static struct fold filter_first(const struct use *u)
{
	struct fold list = fold_iterate(u->f->arena, u->base), out;

	if (is_plain_list(list) && fold_item(list, bytes_same(u->name, "first") ? 0 : -1, &out))
		return out;
	if (list.kind == FOLD_LIST || list.kind == FOLD_TUPLE)
		return list.items->length > 0 ? fold_kind(FOLD_NUMBER) : fold_any_of(u->f->arena, list);
	return unknown(u, u->base.kind == FOLD_DATA ? FOLD_DATA : u->base.kind == FOLD_COMPUTED ? FOLD_COMPUTED : FOLD_UNKNOWN);
}

static struct fold filter_random(const struct use *u)
{
	struct fold list = fold_iterate(u->f->arena, u->base);

	return list.kind == FOLD_LIST || list.kind == FOLD_TUPLE ? fold_any_of(u->f->arena, list) : same_kind(u);
}

static struct fold filter_length(const struct use *u)
{
	double length = fold_length(u->base);

	return length >= 0 ? fold_integer((int64_t)length) : unknown(u, FOLD_NUMBER);
}

static struct fold each_member(const struct use *u, struct fold path)
{
	struct fold list = fold_iterate(u->f->arena, u->base), out = fold_list(u->f->arena, FOLD_LIST);

	if (list.kind != FOLD_LIST && list.kind != FOLD_TUPLE)
		return evaluate_path(u->f, u->node, u->base.kind == FOLD_DATA ? unknown(u, FOLD_DATA) : u->base, path);
	for (uint32_t i = 0; i < list.items->count; i++)
		fold_add_item(u->f->arena, &out, evaluate_path(u->f, u->node, list.items->at[i], path));
	out.items->bag = list.items->bag;
	return out;
}

static struct fold filter_join(const struct use *u)
{
	struct fold separator = given(u, 0, "d"), path = given(u, 1, "attribute"), list = u->base;

	if (separator.kind == FOLD_NONE)
		separator = fold_text(BYTES(""));
	if (path.kind != FOLD_NONE)
		list = each_member(u, path);
	return operate_join(u->f, u->node, separator, list);
}

/* map(attribute="a.b"), or map("filter", arguments). */
static struct fold filter_map(const struct use *u)
{
	struct fold path = argument(u->args, UINT32_MAX, "attribute", fold_kind(FOLD_NONE)), name = given(u, 0, NULL);
	struct arguments rest = {.open = u->args->open};
	struct fold list = fold_iterate(u->f->arena, u->base), out = fold_list(u->f->arena, FOLD_LIST);

	if (path.kind != FOLD_NONE)
		return each_member(u, path);
	follower_reach(u->f, REACH_FILTER, u->node, BASE_DATA, name.kind == FOLD_TEXT ? name.text : BYTES(""));
	if (name.kind != FOLD_TEXT || u->args->count == 0)
		return unknown(u, FOLD_UNKNOWN);
	rest.at = u->args->at + 1;
	rest.count = u->args->count - 1;
	if (list.kind != FOLD_LIST && list.kind != FOLD_TUPLE)
		return filter_apply(u->f, u->node, name.text, u->base.kind == FOLD_DATA ? unknown(u, FOLD_DATA) : list, &rest);
	for (uint32_t i = 0; i < list.items->count; i++)
		fold_add_item(u->f->arena, &out, filter_apply(u->f, u->node, name.text, list.items->at[i], &rest));
	out.items->bag = list.items->bag;
	return out;
}

/* select, reject: some of the items; selectattr and its like take the name of an attribute first. */
static struct fold filter_select(const struct use *u)
{
	bool attribute = bytes_end_with(u->name, BYTES("attr"));
	struct fold test = given(u, attribute, NULL), words = given(u, attribute + 1u, NULL), out = u->base, each = unknown(u, FOLD_DATA);

	if (attribute)
		each = each_member(u, given(u, 0, NULL));
	if (u->args->count > attribute)
		follower_reach(u->f, REACH_TEST, u->node, BASE_DATA, test.kind == FOLD_TEXT ? test.text : BYTES(""));
	if (u->base.kind == FOLD_DATA) {
		out = unknown(u, FOLD_DATA);
		if (each.content && operate_words(words).len > 0)
			out.trigger = follower_trigger(u->f, u->node, operate_words(words));
		return out;
	}
	if (u->base.kind == FOLD_LIST || u->base.kind == FOLD_TUPLE) {
		struct fold copy = filter_list(u);
		copy.items->bag = true;
		return copy;
	}
	return fold_kind(FOLD_UNKNOWN);
}

/* sort, unique, min, max, sum, groupby, batch, slice: the same items in another order. */
static struct fold filter_order(const struct use *u)
{
	struct fold path = argument(u->args, bytes_same(u->name, "groupby") ? 0 : UINT32_MAX, "attribute", fold_kind(FOLD_NONE));
	bool number = bytes_same(u->name, "sum"), pick = bytes_same(u->name, "min") || bytes_same(u->name, "max");
	struct fold size = given(u, 0, NULL), list = fold_iterate(u->f->arena, u->base), copy;

	if (path.kind != FOLD_NONE)
		each_member(u, path);
	if (bytes_same(u->name, "batch") && fold_is_number(size))
		follower_cost(u->f, u->node, given(u, 1, NULL).kind == FOLD_NONE ? 0 : fold_number(size), "fills a list up to # items");
	if (number)
		return unknown(u, u->base.kind == FOLD_DATA ? FOLD_NUMBER : FOLD_UNKNOWN);
	if (list.kind != FOLD_LIST && list.kind != FOLD_TUPLE)
		return same_kind(u);
	if (pick)
		return fold_any_of(u->f->arena, list);
	copy = filter_list(u);
	copy.items->bag = true;
	if (bytes_same(u->name, "batch") || bytes_same(u->name, "slice") || bytes_same(u->name, "groupby")) {
		struct fold outer = fold_list(u->f->arena, FOLD_LIST);
		fold_add_item(u->f->arena, &outer, copy);
		outer.items->bag = true;
		return outer;
	}
	return copy;
}

static struct fold filter_items(const struct use *u)
{
	struct fold out;

	if (u->base.kind != FOLD_DICT)
		return same_kind(u);
	out = method_call(u->f, u->node, u->base, BYTES("items"), u->args);
	out.items->bag |= bytes_same(u->name, "dictsort");
	return out;
}

/* ---- the rest ---- */

static struct fold filter_default(const struct use *u)
{
	struct fold otherwise = argument(u->args, 0, "default_value", fold_text(BYTES("")));
	struct fold boolean = argument(u->args, 1, "boolean", fold_bool(false));
	bool known = u->base.kind == FOLD_NONE || u->base.kind == FOLD_TEXT || fold_is_number(u->base) || fold_is_container(u->base);

	if (u->base.kind == FOLD_INTERNAL)
		return u->base;
	if (known && fold_truth(boolean) == 0)
		return u->base;
	if (known && fold_truth(boolean) == 1 && fold_truth(u->base) >= 0)
		return fold_truth(u->base) ? u->base : otherwise;
	return fold_either(u->f->arena, u->base, otherwise, false);
}

static struct fold filter_attr(const struct use *u)
{
	return evaluate_member(u->f, u->node, u->base, given(u, 0, "name"), true);
}

static struct fold filter_number(const struct use *u)
{
	return unknown(u, FOLD_NUMBER);
}

static struct fold filter_same(const struct use *u)
{
	return u->base;
}

struct filter {
	const char *names;
	struct fold (*apply)(const struct use *);
};

static const struct filter filters[] = {
	{" string ", filter_string},
	{" lower upper trim capitalize title ", filter_text_method},
	{" replace ", filter_replace},
	{" format ", filter_format},
	{" striptags ", filter_striptags},
	{" e escape forceescape urlencode xmlattr ", filter_escape},
	{" safe ", filter_same},
	{" center indent wordwrap truncate ", filter_width},
	{" tojson pprint ", filter_tojson},
	{" int ", filter_int},
	{" float abs round wordcount ", filter_number},
	{" list ", filter_list},
	{" reverse ", filter_reverse},
	{" first last ", filter_first},
	{" random ", filter_random},
	{" length count ", filter_length},
	{" join ", filter_join},
	{" map ", filter_map},
	{" select reject selectattr rejectattr ", filter_select},
	{" sort unique min max sum groupby batch slice ", filter_order},
	{" items dictsort ", filter_items},
	{" default d ", filter_default},
	{" attr ", filter_attr},
};

/* Is it one of these words, with a blank before and after each? */
static bool lists(const char *names, struct bytes name)
{
	struct bytes left = bytes_from(bytes_of(names), 1);

	while (left.len > 0) {
		size_t len = bytes_find_byte(left, ' ');
		if (bytes_equal(bytes_slice(left, 0, len), name))
			return true;
		left = bytes_from(left, len + 1);
	}
	return false;
}

struct fold filter_apply(struct follower *f, struct jinja_node *node, struct bytes name, struct fold base, const struct arguments *args)
{
	struct use u = {.f = f, .node = node, .name = name, .base = base, .args = args};

	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
		if (lists(filters[i].names, name))
			return filters[i].apply(&u);
	return unknown(&u, FOLD_UNKNOWN);
}
