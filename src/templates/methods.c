/* Methods of constants, as Python has them. */
#include <string.h>

#include "templates/follower.h"

/* ---- letters ---- */

enum letters { LOWER, UPPER, SWAP, TITLE, CAPITAL };

static bool is_lower(unsigned char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(unsigned char c)
{
	return c >= 'A' && c <= 'Z';
}

/* Only for ASCII: beyond it the result counts as not known. */
static bool change_letters(struct arena *arena, struct bytes b, enum letters how, struct fold *out)
{
	struct text t;
	bool inside = false;

	text_init(&t, arena);
	for (size_t i = 0; i < b.len; i++) {
		unsigned char c = b.at[i];
		bool letter = is_lower(c) || is_upper(c);
		bool upper = how == UPPER || (how == SWAP && is_lower(c)) || (how == TITLE && !inside) || (how == CAPITAL && i == 0);
		if (c >= 0x80)
			return false;
		inside = letter;
		text_add_byte(&t, (char)(letter ? (upper ? c & ~0x20 : c | 0x20) : c));
	}
	*out = fold_text(text_bytes(&t));
	return true;
}

/* ---- parts ---- */

static bool is_stripped(unsigned char c, struct bytes set)
{
	return set.at ? bytes_find_byte(set, c) < set.len : c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1C && c <= 0x1F);
}

static struct fold strip(struct bytes b, struct bytes set, bool left, bool right)
{
	while (left && b.len > 0 && is_stripped(b.at[0], set))
		b = bytes_from(b, 1);
	while (right && b.len > 0 && is_stripped(b.at[b.len - 1], set))
		b.len--;
	return fold_text(b);
}

static struct fold split(struct follower *f, struct bytes b, struct fold separator, double most)
{
	struct fold out = fold_list(f->arena, FOLD_LIST);
	bool words = separator.kind != FOLD_TEXT;

	for (;;) {
		size_t at = words ? 0 : bytes_find(b, separator.text);
		if (words)
			b = strip(b, (struct bytes){0}, true, false).text;
		if (words && b.len == 0)
			return out;
		while (words && at < b.len && !is_stripped(b.at[at], (struct bytes){0}))
			at++;
		if (out.items->count >= FOLD_ITEMS_MOST)
			return fold_kind(FOLD_UNKNOWN);
		if (at >= b.len || (most >= 0 && out.items->count >= most)) {
			fold_add_item(f->arena, &out, fold_text(b));
			return out;
		}
		fold_add_item(f->arena, &out, fold_text(bytes_slice(b, 0, at)));
		b = bytes_from(b, at + (words ? 1 : separator.text.len));
	}
}

/* Nothing is found between any two characters, and before and after them. */
static struct fold replace(struct follower *f, struct jinja_node *node, struct bytes b, struct bytes old, struct bytes new, double most)
{
	struct text t;

	text_init(&t, f->arena);
	for (double count = 0; most < 0 || count < most; count++) {
		size_t at = bytes_find(b, old);
		if (at >= b.len && (old.len > 0 || b.at == NULL))
			break;
		if (!follower_may_make(f, node, (double)t.len + (double)new.len, "replaces in a text until it has # characters"))
			return fold_kind(FOLD_COMPUTED);
		text_add(&t, bytes_slice(b, 0, old.len ? at : 0));
		text_add(&t, new);
		text_add(&t, bytes_slice(b, 0, old.len ? 0 : 1));
		b = b.len > 0 ? bytes_from(b, old.len ? at + old.len : 1) : (struct bytes){0};
	}
	text_add(&t, b);
	return fold_text(text_bytes(&t));
}

static struct fold pad(struct follower *f, struct jinja_node *node, struct bytes b, struct fold width)
{
	struct fold text = fold_text(b);

	if (!fold_is_number(width))
		return fold_kind(FOLD_COMPUTED);
	if (fold_number(width) <= fold_length(text))
		return text;
	follower_may_make(f, node, fold_number(width), "pads a text to # characters");
	return fold_kind(FOLD_COMPUTED);
}

/* ---- all methods of text ---- */

bool method_is_known(struct bytes name)
{
	static const char *const names[] = {
		"lower", "casefold", "upper", "swapcase", "title", "capitalize", "startswith", "endswith", "find", "index", "count", "strip", "lstrip", "rstrip",
		"removeprefix", "removesuffix", "replace", "split", "join", "format", "format_map", "center", "ljust", "rjust", "zfill", "encode", "decode",
		"append", "extend", "insert", "pop", "remove", "clear", "reverse", "sort", "copy",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (bytes_same(name, names[i]))
			return true;
	return false;
}

static bool change_method(struct follower *f, struct bytes text, struct bytes name, struct fold *out)
{
	static const struct { const char *name; enum letters how; } methods[] = {
		{"lower", LOWER}, {"casefold", LOWER}, {"upper", UPPER}, {"swapcase", SWAP}, {"title", TITLE}, {"capitalize", CAPITAL},
	};

	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (bytes_same(name, methods[i].name))
			return change_letters(f->arena, text, methods[i].how, out);
	return false;
}

static bool search_method(struct bytes text, struct bytes name, struct fold first, struct fold *out)
{
	if (first.kind != FOLD_TEXT)
		return false;
	size_t at = bytes_find(text, first.text);
	if (bytes_same(name, "startswith"))
		*out = fold_bool(bytes_start_with(text, first.text));
	else if (bytes_same(name, "endswith"))
		*out = fold_bool(bytes_end_with(text, first.text));
	else if ((bytes_same(name, "find") || bytes_same(name, "index")) && first.text.len > 0)
		*out = fold_integer(at < text.len ? (int64_t)at : -1);
	else
		return false;
	return true;
}

static bool part_method(struct bytes text, struct bytes name, struct fold first, struct fold *out)
{
	struct bytes set = first.kind == FOLD_TEXT ? first.text : (struct bytes){0};
	bool both = bytes_same(name, "strip");

	if (first.kind != FOLD_TEXT && first.kind != FOLD_NONE)
		return false;
	if (both || bytes_same(name, "lstrip") || bytes_same(name, "rstrip"))
		*out = strip(text, set, both || bytes_same(name, "lstrip"), both || bytes_same(name, "rstrip"));
	else if (bytes_same(name, "removeprefix"))
		*out = fold_text(bytes_start_with(text, set) ? bytes_from(text, set.len) : text);
	else if (bytes_same(name, "removesuffix"))
		*out = fold_text(bytes_end_with(text, set) ? bytes_slice(text, 0, text.len - set.len) : text);
	else
		return false;
	return true;
}

/* Bytes stand for their text; a codec that makes something else of it is not known. */
static bool is_same_in_codec(struct fold codec)
{
	return codec.kind == FOLD_NONE || (codec.kind == FOLD_TEXT && (bytes_equal_folded(codec.text, BYTES("utf-8")) || bytes_equal_folded(codec.text, BYTES("utf8")) ||
								       bytes_equal_folded(codec.text, BYTES("ascii")) || bytes_equal_folded(codec.text, BYTES("latin1"))));
}

bool text_method(struct follower *f, struct jinja_node *node, struct bytes text, struct bytes name, const struct arguments *args, struct fold *out)
{
	struct fold first = argument(args, 0, "sep", fold_kind(FOLD_NONE)), second = argument(args, 1, "maxsplit", fold_kind(FOLD_NONE));
	struct fold third = argument(args, 2, "count", fold_integer(-1));

	if (change_method(f, text, name, out) || search_method(text, name, first, out) || part_method(text, name, first, out))
		return true;
	if (bytes_same(name, "replace") && fold_is_text(first) && fold_is_text(second) && fold_is_number(third))
		*out = replace(f, node, text, first.text, second.text, fold_number(third));
	else if (bytes_same(name, "split") && (first.kind == FOLD_NONE || (fold_is_text(first) && first.text.len > 0)))
		*out = split(f, text, first, fold_is_number(second) ? fold_number(second) : -1);
	else if (bytes_same(name, "join"))
		*out = operate_join(f, node, fold_text(text), first);
	else if (bytes_same(name, "format"))
		*out = format_braces(f, node, text, args);
	else if (bytes_same(name, "center") || bytes_same(name, "ljust") || bytes_same(name, "rjust") || bytes_same(name, "zfill"))
		*out = pad(f, node, text, first);
	else if ((bytes_same(name, "encode") || bytes_same(name, "decode")) && is_same_in_codec(first))
		*out = fold_text(text);
	else if (bytes_same(name, "__str__") || bytes_same(name, "__format__"))
		*out = fold_text(text);
	else
		return false;
	return true;
}

static struct fold format_map(struct follower *f, struct jinja_node *node, struct bytes text, struct fold map)
{
	struct arguments args = {.open = true};

	if (map.kind == FOLD_DICT) {
		args = (struct arguments){.at = arena_alloc(f->arena, map.items->count / 2 + 1, sizeof *args.at)};
		for (uint32_t i = 0; i + 1 < map.items->count; i += 2)
			if (map.items->at[i].kind == FOLD_TEXT)
				args.at[args.count++] = (struct argument){map.items->at[i].text, map.items->at[i + 1]};
	}
	return format_braces(f, node, text, &args);
}

static struct fold call_text(struct follower *f, struct jinja_node *node, struct fold base, struct bytes name, const struct arguments *args)
{
	struct fold out = fold_kind(FOLD_COMPUTED);

	if (bytes_same(name, "format_map"))
		return format_map(f, node, base.text, argument(args, 0, NULL, fold_kind(FOLD_NONE)));
	if (!text_method(f, node, base.text, name, args, &out))
		out = bytes_start_with(name, BYTES("is")) ? fold_kind(FOLD_NUMBER) : fold_kind(FOLD_UNKNOWN);
	out.trigger = out.trigger ? out.trigger : base.trigger;
	out.clock |= base.clock;
	return out;
}

/* ---- lists and dictionaries ---- */

static bool is_mutation(struct bytes name)
{
	static const char *const names[] = {"append", "extend", "insert", "pop", "remove", "clear", "reverse", "sort", "update", "setdefault", "popitem"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (bytes_same(name, names[i]))
			return true;
	return false;
}

/* Only what is certain to be added in order stays in order. */
static void mutate(struct follower *f, struct fold base, struct bytes name, const struct arguments *args)
{
	bool certain = base.items->maybe == f->maybe && !base.items->bag && bytes_same(name, "append") && args->count == 1;

	f->changes += f->macro_call == 0 || base.items->born < f->macro_call;
	if (base.items->count >= FOLD_ITEMS_MOST) {
		base.items->bag = true;
		base.items->at[0] = fold_kind(FOLD_UNKNOWN);
		return;
	}
	if (base.kind == FOLD_DICT) {
		base.items->bag = true;
		fold_add_item(f->arena, &base, fold_kind(FOLD_UNKNOWN));
		fold_add_item(f->arena, &base, fold_kind(FOLD_UNKNOWN));
		return;
	}
	base.items->bag |= !certain;
	for (uint32_t i = 0; i < args->count; i++) {
		struct fold v = args->at[i].value;
		bool many = bytes_same(name, "extend") && (v.kind == FOLD_LIST || v.kind == FOLD_TUPLE);
		for (uint32_t k = 0; many && k < v.items->count && base.items->count < FOLD_ITEMS_MOST; k++)
			fold_add_item(f->arena, &base, v.items->at[k]);
		if (!many)
			fold_add_item(f->arena, &base, v);
	}
}

static struct fold dict_items(struct follower *f, struct fold dict, bool keys, bool values)
{
	struct fold out = fold_list(f->arena, FOLD_LIST);

	out.items->bag = dict.items->bag;
	for (uint32_t i = 0; i + 1 < dict.items->count; i += 2) {
		struct fold pair = fold_list(f->arena, FOLD_TUPLE);
		fold_add_item(f->arena, &pair, dict.items->at[i]);
		fold_add_item(f->arena, &pair, dict.items->at[i + 1]);
		fold_add_item(f->arena, &out, keys && values ? pair : keys ? dict.items->at[i] : dict.items->at[i + 1]);
	}
	return out;
}

static struct fold call_container(struct follower *f, struct jinja_node *node, struct fold base, struct bytes name, const struct arguments *args)
{
	struct fold first = argument(args, 0, NULL, fold_kind(FOLD_NONE)), second = argument(args, 1, NULL, fold_kind(FOLD_NONE));
	bool dict = base.kind == FOLD_DICT;

	if (is_mutation(name) && base.kind != FOLD_TUPLE) {
		bool takes = bytes_same(name, "pop") || bytes_same(name, "setdefault") || bytes_same(name, "popitem");
		struct fold before = takes && base.items->count ? fold_any_of(f->arena, base) : fold_kind(FOLD_NONE);
		mutate(f, base, name, args);
		return takes ? fold_either(f->arena, before, second, false) : fold_kind(FOLD_NONE);
	}
	if (dict && (bytes_same(name, "items") || bytes_same(name, "keys") || bytes_same(name, "values")))
		return dict_items(f, base, !bytes_same(name, "values"), !bytes_same(name, "keys"));
	if (dict && bytes_same(name, "get")) {
		struct fold *found = first.kind == FOLD_TEXT ? fold_member(base, first.text) : NULL;
		if (found || first.kind == FOLD_TEXT)
			return found && !base.items->bag ? *found : found ? fold_either(f->arena, *found, fold_kind(FOLD_UNKNOWN), false) : second;
		return fold_either(f->arena, evaluate_member(f, node, base, first, false), second, false);
	}
	if (bytes_same(name, "copy"))
		return base;
	return fold_kind(bytes_same(name, "index") || bytes_same(name, "count") ? FOLD_NUMBER : FOLD_UNKNOWN);
}

struct fold method_call(struct follower *f, struct jinja_node *node, struct fold base, struct bytes name, const struct arguments *args)
{
	if (base.kind == FOLD_TEXT)
		return call_text(f, node, base, name, args);
	if (fold_is_container(base))
		return call_container(f, node, base, name, args);
	if (base.kind == FOLD_COMPUTED) {
		struct fold first = argument(args, 0, NULL, fold_kind(FOLD_NONE)), out = operate_unknown(FOLD_COMPUTED, base, base);
		bool search = bytes_same(name, "startswith") || bytes_same(name, "endswith") || bytes_same(name, "find") || bytes_same(name, "count");
		if (bytes_same(name, "format") || bytes_same(name, "format_map"))
			follower_reach(f, REACH_FORMAT, node, BASE_UNKNOWN, BYTES(""));
		if (search)
			out.kind = FOLD_NUMBER;
		if (search && base.content && first.kind == FOLD_TEXT)
			out.trigger = follower_trigger(f, node, first.text);
		return out;
	}
	if (base.kind == FOLD_LOOP && bytes_same(name, "cycle")) {
		struct fold all = fold_list(f->arena, FOLD_LIST);
		for (uint32_t i = 0; i < args->count; i++)
			fold_add_item(f->arena, &all, args->at[i].value);
		return fold_any_of(f->arena, all);
	}
	return fold_kind(base.kind == FOLD_LOOP ? FOLD_NUMBER : FOLD_UNKNOWN);
}
