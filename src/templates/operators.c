#include <string.h>

#include "templates/follower.h"

struct fold operate_unknown(enum fold_kind kind, struct fold a, struct fold b)
{
	struct fold out = fold_kind(kind);

	out.content = a.content || b.content;
	out.clock = a.clock || b.clock;
	out.trigger = a.trigger ? a.trigger : b.trigger;
	out.negated = a.trigger ? a.negated : b.negated;
	return out;
}

static bool is_text_like(struct fold v)
{
	return v.kind == FOLD_TEXT || v.kind == FOLD_COMPUTED;
}

static bool is_number_like(struct fold v)
{
	return v.kind == FOLD_NUMBER || fold_is_number(v);
}

static bool is_list(struct fold v)
{
	return v.kind == FOLD_LIST || v.kind == FOLD_TUPLE;
}

/* ---- texts ---- */

struct fold operate_concat(struct follower *f, struct jinja_node *node, const struct fold *parts, uint32_t count)
{
	struct fold out = fold_kind(FOLD_TEXT);
	struct text t;
	double length = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct fold part = fold_string(f->arena, parts[i]);
		out = operate_unknown(part.kind == FOLD_TEXT && out.kind == FOLD_TEXT ? FOLD_TEXT : FOLD_COMPUTED, out, parts[i]);
		length += (double)part.text.len;
		if (part.kind == FOLD_INTERNAL)
			return part;
	}
	for (uint32_t i = 0; out.kind == FOLD_COMPUTED && i < count; i++)
		if (parts[i].kind == FOLD_TEXT && bytes_contain(parts[i].text, BYTES("__")))
			out.text = parts[i].text;       /* what it is for shows all the same */
	if (out.kind != FOLD_TEXT)
		return out;
	if (!follower_may_make(f, node, length, "joins texts to one of # characters"))
		return operate_unknown(FOLD_COMPUTED, out, out);
	text_init(&t, f->arena);
	for (uint32_t i = 0; i < count; i++)
		text_add(&t, fold_string(f->arena, parts[i]).text);
	out.text = text_bytes(&t);
	return out;
}

struct fold operate_join(struct follower *f, struct jinja_node *node, struct fold separator, struct fold list)
{
	struct fold items = fold_iterate(f->arena, list), parts = fold_list(f->arena, FOLD_LIST);

	if (!is_list(items) || items.items->bag || items.items->length > 0)
		return operate_unknown(list.kind == FOLD_INTERNAL ? FOLD_INTERNAL : FOLD_COMPUTED, list, separator);
	for (uint32_t i = 0; i < items.items->count; i++) {
		if (i > 0)
			fold_add_item(f->arena, &parts, separator);
		fold_add_item(f->arena, &parts, items.items->at[i]);
	}
	struct fold out = operate_concat(f, node, parts.items->at, parts.items->count);
	out.trigger = out.trigger ? out.trigger : list.trigger;
	return out;
}

static struct fold repeat_text(struct follower *f, struct jinja_node *node, struct fold text, double times)
{
	struct text t;

	if (times < 0)
		times = 0;
	if (!follower_may_make(f, node, (double)text.text.len * times, "repeats a text to # characters"))
		return operate_unknown(FOLD_COMPUTED, text, text);
	text_init(&t, f->arena);
	for (double i = 0; text.text.len > 0 && i < times; i++)
		text_add(&t, text.text);
	text.text = text_bytes(&t);
	return text;
}

static struct fold repeat_list(struct follower *f, struct jinja_node *node, struct fold list, double times)
{
	struct fold out = fold_list(f->arena, (enum fold_kind)list.kind);
	double length = fold_length(list) * (times < 0 ? 0 : times);

	if (list.items->count == 0)
		return list;
	if (length <= FOLD_ITEMS_MOST) {
		for (double i = 0; i < times; i++)
			for (uint32_t k = 0; k < list.items->count; k++)
				fold_add_item(f->arena, &out, list.items->at[k]);
		return out;
	}
	follower_cost(f, node, length, "repeats a list to # items");
	out.items->at = list.items->at;
	out.items->count = list.items->count;
	out.items->bag = true;
	return out;
}

/* ---- numbers ---- */

static double power(double base, double exponent)
{
	double result = 1;

	for (double left = exponent < 0 ? -exponent : exponent; left >= 1 && result < 1e300 && result > -1e300; left--)
		result *= base;
	return exponent < 0 ? 1 / result : result;
}

static struct fold power_of(struct follower *f, struct jinja_node *node, struct fold a, struct fold b)
{
	enum { BITS_MOST = 1100 };

	double base = fold_number(a), exponent = fold_number(b), bits = 0;

	for (double left = base < 0 ? -base : base; left >= 1 && bits < BITS_MOST; left /= 2)
		bits++;         /* an infinite one never gets smaller */
	if (exponent > 0 && bits > 1 && bits * exponent > 1 << 16)
		follower_cost(f, node, bits * exponent, "raises a number to one of # bits");
	if (bits * exponent < 52 && exponent >= 0 && exponent < 64 && a.kind != FOLD_REAL && b.kind != FOLD_REAL)
		return fold_integer((int64_t)power(base, exponent));
	return exponent < 1100 && exponent > -1100 ? fold_real(power(base, exponent)) : fold_kind(FOLD_NUMBER);
}

static bool integers(enum jinja_kind op, int64_t a, int64_t b, int64_t *out)
{
	if (op == JINJA_ADD)
		return !__builtin_add_overflow(a, b, out);
	if (op == JINJA_SUBTRACT)
		return !__builtin_sub_overflow(a, b, out);
	if (op == JINJA_MULTIPLY)
		return !__builtin_mul_overflow(a, b, out);
	if (b == 0 || b == -1 || (op != JINJA_FLOOR_DIVIDE && op != JINJA_REMAINDER))
		return false;
	int64_t rest = a % b;
	bool down = rest != 0 && (rest < 0) != (b < 0);
	*out = op == JINJA_REMAINDER ? (down ? rest + b : rest) : a / b - down;
	return true;
}

static struct fold numbers(struct follower *f, struct jinja_node *node, enum jinja_kind op, struct fold a, struct fold b)
{
	int64_t result, x = (int64_t)(a.kind == FOLD_BOOL ? a.truth : a.integer), y = (int64_t)(b.kind == FOLD_BOOL ? b.truth : b.integer);
	bool whole = a.kind != FOLD_REAL && b.kind != FOLD_REAL;

	if (op == JINJA_POWER)
		return power_of(f, node, a, b);
	if (whole && integers(op, x, y, &result))
		return fold_integer(result);
	double p = fold_number(a), q = fold_number(b);
	if (op == JINJA_ADD)
		return fold_real(p + q);
	if (op == JINJA_SUBTRACT)
		return fold_real(p - q);
	if (op == JINJA_MULTIPLY)
		return fold_real(p * q);
	return op == JINJA_DIVIDE && (q > 0 || q < 0) ? fold_real(p / q) : fold_kind(FOLD_NUMBER);
}

/* ---- any two ---- */

static struct fold add_lists(struct follower *f, struct fold a, struct fold b)
{
	struct fold out = fold_list(f->arena, (enum fold_kind)(is_list(a) ? a.kind : b.kind));
	const struct fold both[] = {a, b};

	for (unsigned i = 0; i < 2; i++) {
		if (!is_list(both[i])) {
			fold_add_item(f->arena, &out, both[i].kind == FOLD_DATA ? both[i] : fold_kind(FOLD_UNKNOWN));
			out.items->bag = true;
			continue;
		}
		out.items->bag |= both[i].items->bag || both[i].items->length > 0;
		for (uint32_t k = 0; k < both[i].items->count && out.items->count < FOLD_ITEMS_MOST; k++)
			fold_add_item(f->arena, &out, both[i].items->at[k]);
		out.items->bag |= out.items->count >= FOLD_ITEMS_MOST;
	}
	return out;
}

static struct fold multiply(struct follower *f, struct jinja_node *node, struct fold a, struct fold b)
{
	struct fold many = fold_is_number(b) ? a : b, times = fold_is_number(b) ? b : a;

	if (many.kind == FOLD_TEXT && fold_is_number(times))
		return repeat_text(f, node, many, fold_number(times));
	if (is_list(many) && fold_is_number(times) && !many.items->bag && many.items->length <= 0)
		return repeat_list(f, node, many, fold_number(times));
	if (is_text_like(a) || is_text_like(b))
		return operate_unknown(FOLD_COMPUTED, a, b);
	if (is_list(a) || is_list(b))
		return add_lists(f, a, b);
	return operate_unknown(FOLD_NUMBER, a, b);
}

static struct fold operate_two(struct follower *f, struct jinja_node *node, enum jinja_kind op, struct fold a, struct fold b)
{
	const struct fold parts[] = {a, b};

	if (a.kind == FOLD_INTERNAL || b.kind == FOLD_INTERNAL)
		return fold_kind(FOLD_INTERNAL);
	if (fold_is_number(a) && fold_is_number(b))
		return numbers(f, node, op, a, b);
	if (op == JINJA_ADD && fold_is_text(a) && fold_is_text(b))
		return operate_concat(f, node, parts, 2);
	if (op == JINJA_REMAINDER && fold_is_text(a))
		return format_percent(f, node, a.text, b);
	if (op == JINJA_MULTIPLY)
		return multiply(f, node, a, b);
	if (op == JINJA_ADD && (is_list(a) || is_list(b)))
		return add_lists(f, a, b);
	if ((op == JINJA_ADD || op == JINJA_REMAINDER) && !is_number_like(a) && !is_number_like(b))
		return operate_unknown(is_text_like(a) || is_text_like(b) || a.kind == FOLD_DATA ? FOLD_COMPUTED : FOLD_UNKNOWN, a, b);
	return operate_unknown(FOLD_NUMBER, a, b);
}

struct fold operate(struct follower *f, struct jinja_node *node, enum jinja_kind op, struct fold a, struct fold b)
{
	struct fold *left = a.kind == FOLD_EITHER ? a.items->at : &a, *right = b.kind == FOLD_EITHER ? b.items->at : &b, out = {0};
	uint32_t left_count = a.kind == FOLD_EITHER ? a.items->count : 1, right_count = b.kind == FOLD_EITHER ? b.items->count : 1;

	for (uint32_t i = 0; i < left_count; i++) {
		for (uint32_t k = 0; k < right_count; k++) {
			struct fold one = operate_two(f, node, op, left[i], right[k]);
			one.trigger = one.trigger ? one.trigger : left[i].trigger ? left[i].trigger : right[k].trigger;
			out = i + k == 0 ? one : fold_either(f->arena, out, one, false);
		}
	}
	return out;
}

/* ---- comparisons ---- */

struct bytes operate_words(struct fold v)
{
	if (v.kind == FOLD_TEXT)
		return v.text;
	for (uint32_t i = 0; (is_list(v) || v.kind == FOLD_DICT || v.kind == FOLD_EITHER) && i < v.items->count; i++)
		if (v.items->at[i].kind == FOLD_TEXT)
			return v.items->at[i].text;
	return BYTES("");
}

static bool equal(struct fold a, struct fold b)
{
	return fold_is_number(a) && fold_is_number(b) ? fold_number(a) == fold_number(b)
		: a.kind == b.kind && (a.kind == FOLD_TEXT ? bytes_equal(a.text, b.text) : a.kind == FOLD_NONE);
}

static bool is_scalar(struct fold v)
{
	return v.kind == FOLD_TEXT || v.kind == FOLD_NONE || fold_is_number(v);
}

static int contains(struct fold list, struct fold v)
{
	if (list.kind == FOLD_TEXT && v.kind == FOLD_TEXT)
		return bytes_contain(list.text, v.text);
	if (!fold_is_container(list) || list.items->bag || list.items->length > 0 || !is_scalar(v))
		return -1;
	for (uint32_t i = 0; i < list.items->count; i += list.kind == FOLD_DICT ? 2 : 1) {
		if (!is_scalar(list.items->at[i]))
			return -1;
		if (equal(list.items->at[i], v))
			return 1;
	}
	return 0;
}

static int compare_constants(struct bytes op, struct fold a, struct fold b)
{
	if (bytes_same(op, "in") || bytes_same(op, "not in")) {
		int inside = contains(b, a);
		return inside < 0 ? -1 : inside == bytes_same(op, "in");
	}
	if (!is_scalar(a) || !is_scalar(b))
		return -1;
	if (bytes_same(op, "==") || bytes_same(op, "!="))
		return equal(a, b) == bytes_same(op, "==");
	if (!fold_is_number(a) || !fold_is_number(b))
		return -1;
	double p = fold_number(a), q = fold_number(b);
	return bytes_same(op, "<") ? p < q : bytes_same(op, "<=") ? p <= q : bytes_same(op, ">") ? p > q : p >= q;
}

struct fold operate_compare(struct follower *f, struct jinja_node *node, struct bytes op, struct fold a, struct fold b)
{
	struct fold out = fold_kind(FOLD_NUMBER);
	int known = a.trigger || b.trigger ? -1 : compare_constants(op, a, b);
	struct bytes words = a.content ? operate_words(b) : b.content ? operate_words(a) : BYTES("");

	if (known >= 0)
		return fold_bool(known);
	if (a.trigger || b.trigger)
		out = operate_unknown(FOLD_NUMBER, a, b);
	if (fold_has_clock(a) || fold_has_clock(b))
		words = BYTES("the date");
	if (words.len > 0) {
		out.trigger = follower_trigger(f, node, words);
		out.negated = false;
	}
	if (out.trigger && (bytes_same(op, "not in") || bytes_same(op, "!=")))
		out.negated = !out.negated;
	return out;
}
