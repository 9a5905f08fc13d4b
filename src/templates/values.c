#include "templates/values.h"

#include <string.h>

struct fold fold_kind(enum fold_kind kind)
{
	return (struct fold){.kind = (uint8_t)kind};
}

struct fold fold_text(struct bytes text)
{
	return (struct fold){.kind = FOLD_TEXT, .text = text};
}

struct fold fold_integer(int64_t integer)
{
	return (struct fold){.kind = FOLD_INTEGER, .integer = integer};
}

struct fold fold_real(double real)
{
	return (struct fold){.kind = FOLD_REAL, .real = real};
}

struct fold fold_bool(bool truth)
{
	return (struct fold){.kind = FOLD_BOOL, .truth = truth};
}

struct fold fold_list(struct arena *arena, enum fold_kind kind)
{
	return (struct fold){.kind = (uint8_t)kind, .items = arena_new(arena, struct fold_items)};
}

void fold_add_item(struct arena *arena, struct fold *list, struct fold item)
{
	struct fold_items *items = list->items;

	if (items->count == items->room) {
		uint32_t room = items->room ? items->room * 2 : 4;
		struct fold *at = arena_alloc_raw(arena, room * sizeof *at);
		if (items->count)
			memcpy(at, items->at, items->count * sizeof *at);
		items->at = at;
		items->room = room;
	}
	items->at[items->count++] = item;
}

/* ---- questions ---- */

bool fold_is_text(struct fold v)
{
	return v.kind == FOLD_TEXT;
}

bool fold_is_number(struct fold v)
{
	return v.kind == FOLD_BOOL || v.kind == FOLD_INTEGER || v.kind == FOLD_REAL;
}

bool fold_is_container(struct fold v)
{
	return v.kind == FOLD_LIST || v.kind == FOLD_TUPLE || v.kind == FOLD_DICT;
}

static bool is_constant(struct fold v, unsigned depth)
{
	if (!fold_is_container(v))
		return v.kind == FOLD_NONE || fold_is_number(v) || v.kind == FOLD_TEXT;
	if (v.items->bag || v.items->length > 0 || depth > 20)
		return false;
	for (uint32_t i = 0; i < v.items->count; i++)
		if (!is_constant(v.items->at[i], depth + 1))
			return false;
	return true;
}

bool fold_is_constant(struct fold v)
{
	return is_constant(v, 0);
}

bool fold_has_clock(struct fold v)
{
	bool clock = v.clock;

	for (uint32_t i = 0; v.kind == FOLD_EITHER && i < v.items->count; i++)
		clock |= v.items->at[i].clock;
	return clock;
}

double fold_number(struct fold v)
{
	return v.kind == FOLD_BOOL ? v.truth : v.kind == FOLD_INTEGER ? (double)v.integer : v.kind == FOLD_REAL ? v.real : 0;
}

bool fold_same(struct fold a, struct fold b)
{
	if (a.kind != b.kind || a.trigger != b.trigger || a.content != b.content || a.clock != b.clock)
		return false;
	switch (a.kind) {
	case FOLD_BOOL: return a.truth == b.truth;
	case FOLD_INTEGER: return a.integer == b.integer;
	case FOLD_REAL: return a.real == b.real;
	case FOLD_TEXT: return bytes_equal(a.text, b.text);
	case FOLD_DATA: return a.direct == b.direct && (!a.direct || bytes_equal(a.text, b.text));
	case FOLD_OBJECT: return bytes_equal(a.text, b.text);
	case FOLD_LIST: case FOLD_TUPLE: case FOLD_DICT: case FOLD_NAMESPACE: case FOLD_EITHER: return a.items == b.items;
	case FOLD_MACRO: return a.macro == b.macro;
	case FOLD_METHOD: case FOLD_LOOP: return a.of == b.of && bytes_equal(a.text, b.text);
	default: return true;
	}
}

/* Larger ones are taken for different: it only costs time. */
enum { ALIKE_ITEMS_MOST = 16, ALIKE_DEPTH_MOST = 3 };

static bool is_alike(struct fold a, struct fold b, unsigned depth)
{
	bool container = fold_is_container(a) || a.kind == FOLD_EITHER;

	if (fold_same(a, b))
		return true;
	if (!container || a.kind != b.kind || a.items->count != b.items->count || a.items->bag != b.items->bag || a.items->count > ALIKE_ITEMS_MOST || depth == ALIKE_DEPTH_MOST)
		return false;
	for (uint32_t i = 0; i < a.items->count; i++)
		if (!is_alike(a.items->at[i], b.items->at[i], depth + 1))
			return false;
	return true;
}

bool fold_alike(struct fold a, struct fold b)
{
	return is_alike(a, b, 0);
}

int fold_truth(struct fold v)
{
	int all = -2;

	switch (v.kind) {
	case FOLD_NONE: return 0;
	case FOLD_BOOL: case FOLD_INTEGER: case FOLD_REAL: return fold_number(v) != 0;
	case FOLD_TEXT: return v.text.len > 0;
	case FOLD_LIST: case FOLD_TUPLE: case FOLD_DICT: return v.items->bag ? -1 : v.items->count > 0 || v.items->length > 0;
	case FOLD_NAMESPACE: case FOLD_MACRO: case FOLD_LOOP: case FOLD_METHOD: return 1;
	case FOLD_EITHER:
		for (uint32_t i = 0; i < v.items->count; i++) {
			int truth = v.items->at[i].kind == FOLD_EITHER ? -1 : fold_truth(v.items->at[i]);
			all = all == -2 || all == truth ? truth : -1;
		}
		return all == -2 ? -1 : all;
	default: return -1;
	}
}

struct fold fold_condition(struct fold v)
{
	for (uint32_t i = 0; v.kind == FOLD_EITHER && !v.trigger && i < v.items->count; i++) {
		struct fold it = v.items->at[i];
		if (!it.trigger)
			continue;
		v.trigger = it.trigger;
		v.negated = fold_truth(it) == 0 ? !it.negated : it.negated;
	}
	return v;
}

static size_t count_characters(struct bytes b)
{
	size_t n = 0;

	for (size_t i = 0; i < b.len; i++)
		n += (b.at[i] & 0xC0) != 0x80;
	return n;
}

double fold_length(struct fold v)
{
	if (v.kind == FOLD_TEXT)
		return (double)count_characters(v.text);
	if (!fold_is_container(v) || v.items->bag)
		return -1;
	return v.items->length > 0 ? v.items->length : v.kind == FOLD_DICT ? v.items->count / 2 : v.items->count;
}

struct fold *fold_member(struct fold dict, struct bytes key)
{
	for (uint32_t i = dict.items->count; i >= 2; i -= 2)
		if (dict.items->at[i - 2].kind == FOLD_TEXT && bytes_equal(dict.items->at[i - 2].text, key))
			return &dict.items->at[i - 1];
	return NULL;
}

/* ---- one of several ---- */

/* Kinds whose values are told apart no further once there are too many. */
static enum fold_kind class_of(struct fold v)
{
	switch (v.kind) {
	case FOLD_BOOL: case FOLD_INTEGER: case FOLD_REAL: case FOLD_NUMBER: return FOLD_NUMBER;
	case FOLD_TEXT: case FOLD_COMPUTED: return FOLD_COMPUTED;
	case FOLD_LIST: case FOLD_TUPLE: return FOLD_LIST;
	default: return (enum fold_kind)v.kind;
	}
}

static void add_choice(struct arena *arena, struct fold *either, struct fold v)
{
	for (uint32_t i = 0; i < either->items->count; i++)
		if (fold_same(either->items->at[i], v))
			return;
	fold_add_item(arena, either, v);
}

static void merge_into(struct arena *arena, struct fold *old, struct fold v)
{
	struct fold merged = *old;

	if (class_of(v) == FOLD_LIST && !(old->items->bag && v.items == old->items)) {
		merged = fold_list(arena, FOLD_LIST);
		merged.items->bag = true;
		for (uint32_t i = 0; i < old->items->count && i < FOLD_CHOICES_MOST; i++)
			add_choice(arena, &merged, old->items->at[i]);
		for (uint32_t i = 0; i < v.items->count && merged.items->count < FOLD_CHOICES_MOST; i++)
			add_choice(arena, &merged, v.items->at[i]);
		if (merged.items->count >= FOLD_CHOICES_MOST) {
			merged.items->count = 1;
			merged.items->at[0] = fold_kind(FOLD_UNKNOWN);
		}
	} else if (class_of(v) == FOLD_NUMBER || class_of(v) == FOLD_COMPUTED) {
		merged = fold_kind(class_of(v));
	} else if (v.kind != FOLD_DATA && v.kind != FOLD_INTERNAL && !fold_same(*old, v)) {
		merged = fold_kind(FOLD_UNKNOWN);
	}
	merged.content = old->content || v.content;
	merged.clock = old->clock || v.clock;
	merged.trigger = old->trigger ? old->trigger : v.trigger;
	*old = merged;
}

static struct fold collapse(struct arena *arena, struct fold either)
{
	struct fold out = fold_list(arena, FOLD_EITHER);

	for (uint32_t i = 0; i < either.items->count; i++) {
		struct fold v = either.items->at[i];
		uint32_t k = 0;
		while (k < out.items->count && class_of(out.items->at[k]) != class_of(v))
			k++;
		if (k == out.items->count)
			fold_add_item(arena, &out, v);
		else
			merge_into(arena, &out.items->at[k], v);
	}
	return out.items->count == 1 ? out.items->at[0] : out;
}

static void add_choices(struct arena *arena, struct fold *out, struct fold v)
{
	if (v.kind != FOLD_EITHER) {
		add_choice(arena, out, v);
		return;
	}
	for (uint32_t i = 0; i < v.items->count; i++) {
		struct fold it = v.items->at[i];
		it.trigger = it.trigger ? it.trigger : v.trigger;
		it.content |= v.content;
		add_choice(arena, out, it);
	}
}

struct fold fold_either(struct arena *arena, struct fold a, struct fold b, bool widen)
{
	struct fold out = fold_list(arena, FOLD_EITHER);

	if (fold_same(a, b))
		return a;
	add_choices(arena, &out, a);
	uint32_t before = out.items->count;
	add_choices(arena, &out, b);
	if (out.items->count > FOLD_CHOICES_MOST || (widen && out.items->count > before))
		return collapse(arena, out);
	return out.items->count == 1 ? out.items->at[0] : out;
}

struct fold fold_any_of(struct arena *arena, struct fold container)
{
	struct fold out = fold_list(arena, FOLD_EITHER);
	uint32_t step = container.kind == FOLD_DICT ? 2 : 1;

	for (uint32_t i = step - 1; i < container.items->count; i += step) {
		add_choices(arena, &out, container.items->at[i]);
		if (out.items->count > FOLD_CHOICES_MOST)
			out = (struct fold){.kind = FOLD_EITHER, .items = out.items};
	}
	if (out.items->count == 0)
		return fold_kind(FOLD_DATA);
	if (out.items->count > FOLD_CHOICES_MOST)
		return collapse(arena, out);
	return out.items->count == 1 ? out.items->at[0] : out;
}

/* ---- texts and lists ---- */

/* Offset of the character of that number, or the length. */
static size_t character_at(struct bytes b, size_t number)
{
	size_t i = 0;

	while (i < b.len && number > 0) {
		i++;
		while (i < b.len && (b.at[i] & 0xC0) == 0x80)
			i++;
		number--;
	}
	return i;
}

static struct bytes character(struct bytes b, size_t number)
{
	size_t at = character_at(b, number);

	return bytes_slice(b, at, character_at(bytes_from(b, at), 1));
}

bool fold_item(struct fold v, int64_t index, struct fold *out)
{
	double length = fold_length(v);

	if (length < 0 || v.kind == FOLD_DICT)
		return false;
	if (index < 0 && -(double)index <= length)
		index += (int64_t)length;
	if (index < 0 || (double)index >= length)
		return false;
	if (v.kind == FOLD_TEXT)
		*out = fold_text(character(v.text, (size_t)index));
	else
		*out = index < v.items->count ? v.items->at[index] : fold_kind(FOLD_NUMBER);
	return true;
}

static struct fold split_characters(struct arena *arena, struct bytes b)
{
	struct fold out = fold_list(arena, FOLD_LIST);

	while (b.len > 0) {
		struct bytes one = character(b, 0);
		fold_add_item(arena, &out, fold_text(one));
		b = bytes_from(b, one.len);
	}
	return out;
}

struct fold fold_iterate(struct arena *arena, struct fold v)
{
	struct fold out;

	switch (v.kind) {
	case FOLD_LIST: case FOLD_TUPLE: return v;
	case FOLD_TEXT:
		if (fold_length(v) > FOLD_ITEMS_MOST)
			return fold_kind(FOLD_UNKNOWN);
		out = split_characters(arena, v.text);
		out.trigger = v.trigger;
		return out;
	case FOLD_DICT:
		out = fold_list(arena, FOLD_LIST);
		for (uint32_t i = 0; i + 1 < v.items->count; i += 2)
			fold_add_item(arena, &out, v.items->at[i]);
		out.items->bag = v.items->bag;
		return out;
	case FOLD_DATA: case FOLD_INTERNAL: case FOLD_EITHER: return v;
	case FOLD_NONE: return fold_list(arena, FOLD_LIST);
	default: return fold_kind(FOLD_UNKNOWN);
	}
}

/* The start, end and step that Python makes of a slice. */
static bool slice_bounds(struct fold from, struct fold to, struct fold step, int64_t length, int64_t out[3])
{
	const struct fold given[] = {from, to};

	if ((step.kind != FOLD_NONE && step.kind != FOLD_INTEGER) || (step.kind == FOLD_INTEGER && step.integer == 0))
		return false;
	out[2] = step.kind == FOLD_NONE ? 1 : step.integer;
	int64_t least = out[2] < 0 ? -1 : 0, most = out[2] < 0 ? length - 1 : length;
	for (unsigned i = 0; i < 2; i++) {
		bool forward = out[2] > 0;
		if (given[i].kind == FOLD_NONE) {
			out[i] = i == 0 ? (forward ? 0 : most) : (forward ? length : least);
			continue;
		}
		if (given[i].kind != FOLD_INTEGER)
			return false;
		int64_t at = given[i].integer;
		if (at < 0)
			at = at < -length ? least : at + length;
		out[i] = at > most ? most : at < least ? least : at;
	}
	return true;
}

struct fold fold_slice(struct arena *arena, struct fold v, struct fold from, struct fold to, struct fold step)
{
	int64_t bounds[3];
	struct fold list = fold_iterate(arena, v), out = fold_list(arena, v.kind == FOLD_TUPLE ? FOLD_TUPLE : FOLD_LIST);
	struct text t;

	if (list.kind != FOLD_LIST && list.kind != FOLD_TUPLE)
		return fold_kind(v.kind == FOLD_TEXT ? FOLD_COMPUTED : FOLD_UNKNOWN);
	if (list.items->bag || list.items->length > 0)
		return v;
	if (!slice_bounds(from, to, step, list.items->count, bounds)) {
		list.items = memcpy(arena_new(arena, struct fold_items), list.items, sizeof *list.items);
		list.items->bag = true;
		return v.kind == FOLD_TEXT ? fold_kind(FOLD_COMPUTED) : list;
	}
	text_init(&t, arena);
	for (int64_t i = bounds[0]; bounds[2] > 0 ? i < bounds[1] : i > bounds[1]; i += bounds[2]) {
		fold_add_item(arena, &out, list.items->at[i]);
		if (v.kind == FOLD_TEXT)
			text_add(&t, list.items->at[i].text);
		if (bounds[2] > INT32_MAX || bounds[2] < -INT32_MAX)
			break;
	}
	return v.kind == FOLD_TEXT ? fold_text(text_bytes(&t)) : out;
}

/* ---- str() ---- */

static void add_repr(struct text *t, struct bytes b)
{
	char quote = bytes_find_byte(b, '\'') < b.len && bytes_find_byte(b, '"') == b.len ? '"' : '\'';

	text_add_byte(t, quote);
	for (size_t i = 0; i < b.len; i++) {
		if (b.at[i] == '\n')
			text_add_string(t, "\\n");
		else if (b.at[i] == '\\' || b.at[i] == quote)
			text_addf(t, "\\%c", b.at[i]);
		else
			text_add_byte(t, (char)b.at[i]);
	}
	text_add_byte(t, quote);
}

static void add_string(struct text *t, struct fold v, bool inside, unsigned depth);

static void add_items(struct text *t, struct fold v, unsigned depth)
{
	const char *brackets = v.kind == FOLD_LIST ? "[]" : v.kind == FOLD_TUPLE ? "()" : "{}";

	text_add_byte(t, brackets[0]);
	for (uint32_t i = 0; i < v.items->count && depth < 20; i++) {
		if (i > 0)
			text_add_string(t, v.kind == FOLD_DICT && i % 2 ? ": " : ", ");
		add_string(t, v.items->at[i], true, depth + 1);
	}
	if (v.kind == FOLD_TUPLE && v.items->count == 1)
		text_add_byte(t, ',');
	text_add_byte(t, brackets[1]);
}

static void add_string(struct text *t, struct fold v, bool inside, unsigned depth)
{
	if (v.kind == FOLD_TEXT && inside)
		add_repr(t, v.text);
	else if (v.kind == FOLD_TEXT)
		text_add(t, v.text);
	else if (v.kind == FOLD_BOOL)
		text_add_string(t, v.truth ? "True" : "False");
	else if (v.kind == FOLD_NONE)
		text_add_string(t, "None");
	else if (v.kind == FOLD_INTEGER)
		text_addf(t, "%lld", (long long)v.integer);
	else
		add_items(t, v, depth);
}

static bool has_real(struct fold v, unsigned depth)
{
	if (v.kind == FOLD_REAL || depth > 20)
		return true;
	for (uint32_t i = 0; fold_is_container(v) && i < v.items->count; i++)
		if (has_real(v.items->at[i], depth + 1))
			return true;
	return false;
}

struct fold fold_string(struct arena *arena, struct fold v)
{
	struct fold out = fold_kind(FOLD_COMPUTED);
	struct text t;

	if (v.kind == FOLD_TEXT || v.kind == FOLD_DATA || v.kind == FOLD_COMPUTED || v.kind == FOLD_INTERNAL)
		return v;
	if (fold_is_constant(v) && !has_real(v, 0)) {
		text_init(&t, arena);
		add_string(&t, v, false, 0);
		out = fold_text(text_bytes(&t));
	}
	out.content = v.content;
	out.trigger = v.trigger;
	return out;
}
