#include "formats/pickle/values.h"

#include <string.h>

#include "formats/nested.h"
#include "formats/pickle/streams.h"
#include "types/dtype.h"

enum {
	ATTRIBUTES_MOST = 512,          /* items kept of one that holds more than plain data: 256 pairs */
	KEPT_MOST = 1 << 18,            /* items kept of all containers of plain data in a file */
};

/* ---- containers ---- */

static uint8_t holds_as_item(struct value v)
{
	switch ((enum value_kind)v.kind) {
	case VALUE_IMPORT: return HOLDS_IMPORT;
	case VALUE_CALL: return HOLDS_CALL;
	case VALUE_PERSISTENT: return HOLDS_PERSISTENT;
	case VALUE_UNKNOWN:
	case VALUE_EXTENSION: return HOLDS_UNKNOWN;
	case VALUE_TUPLE:
	case VALUE_LIST:
	case VALUE_DICT:
	case VALUE_SET: return v.node ? v.node->holds : 0;
	default: return 0;
	}
}

static float size_as_item(struct value v)
{
	if (!value_is_container(v))
		return 1;
	return v.node ? v.node->size : (float)v.len;
}

/* Most values: nothing in them, and one to whoever walks them. */
static inline bool is_scalar(struct value v)
{
	return v.kind >= VALUE_NONE && v.kind <= VALUE_BYTES;
}

/* Items have room for 4, then always for a power of two. */
static void keep_item(struct machine *m, struct node *n, struct value item)
{
	bool full = n->kept == 0 || (n->kept >= 4 && (n->kept & (n->kept - 1)) == 0);

	if (full) {
		size_t room = n->kept ? (size_t)n->kept * 2 : 4;
		struct value *items = arena_alloc_raw(m->arena, room * sizeof *items);
		if (n->kept)
			memcpy(items, n->items, n->kept * sizeof *items);
		n->items = items;
	}
	n->items[n->kept++] = item;
	m->kept++;
}

static bool is_special_key(struct value key)
{
	return key.kind == VALUE_TEXT && key.len > 4 && key.at[0] == '_' && bytes_start_with(value_bytes(key), BYTES("__")) &&
	       bytes_end_with(value_bytes(key), BYTES("__"));
}

/* What holds only plain data need not be seen; the attributes of a large estimator must all be. */
static void keep_items(struct machine *m, struct node *n, const struct value *items, size_t count)
{
	size_t most = n->holds && m->kept_per_node < ATTRIBUTES_MOST ? ATTRIBUTES_MOST : m->kept_per_node;

	for (size_t i = 0; i < count && n->kept < most && (m->kept < KEPT_MOST || n->holds); i++)
		keep_item(m, n, items[i]);
}

static void add_items(struct machine *m, struct node *n, bool pairs, const struct value *items, size_t count)
{
	size_t scalars = 0;

	for (size_t i = 0; i < count; i++) {
		if (is_scalar(items[i])) {
			scalars++;
			if (pairs && i % 2 == 0 && is_special_key(items[i]))
				n->holds |= HOLDS_SPECIAL_KEY;
		} else {
			n->holds |= holds_as_item(items[i]);
			n->size += size_as_item(items[i]);
		}
	}
	n->size += (float)scalars;
	keep_items(m, n, items, count);
	size_t more = pairs ? count / 2 : count;
	n->count = more > UINT32_MAX - n->count ? UINT32_MAX : n->count + (uint32_t)more;
}

/* A structure that refers to itself over and over hangs whoever walks, hashes or prints it. */
static void watch_size(struct machine *m, float size)
{
	enum { SIZE_MOST = 100000000 };
	if (size < SIZE_MOST || size < 1000 * (float)m->in.len || m->probing || artifact_has(m->art, "file.bomb"))
		return;
	artifact_note(m->art, "file.bomb", m->opcode_at, "builds a structure that unfolds to more than %d values", SIZE_MOST);
}

void values_add(struct machine *m, struct value container, const struct value *items, size_t count)
{
	if (m->probing)
		return;
	add_items(m, container.node, container.kind == VALUE_DICT, items, count);
	watch_size(m, container.node->size);
}

/* Past the budget for kept items a tuple of plain values needs no node: nothing can be added to it. */
static bool fits_without_node(const struct machine *m, enum value_kind kind, const struct value *items, size_t count, float *size)
{
	uint8_t holds = 0;

	if (kind != VALUE_TUPLE || (m->kept < KEPT_MOST && !m->probing))
		return false;
	*size = 1;
	for (size_t i = 0; i < count; i++) {
		if (!is_scalar(items[i]))
			holds |= holds_as_item(items[i]);
		*size += is_scalar(items[i]) ? 1 : size_as_item(items[i]);
	}
	return holds == 0;
}

struct value values_make(struct machine *m, enum value_kind kind, const struct value *items, size_t count)
{
	struct value v = {.kind = (uint8_t)kind};
	float size;

	if (kind == VALUE_TUPLE && count == 0)
		return v;
	if (fits_without_node(m, kind, items, count, &size)) {
		v.len = size > (float)(UINT32_MAX / 2) ? UINT32_MAX : (uint32_t)size;
		watch_size(m, size);
		return v;
	}
	v.node = arena_alloc_raw(m->arena, sizeof *v.node);
	*v.node = (struct node){.offset_low = (uint32_t)m->opcode_at, .offset_high = (uint8_t)(m->opcode_at >> 32), .size = 1};
	add_items(m, v.node, kind == VALUE_DICT, items, count);
	watch_size(m, v.node->size);
	return v;
}

/* ---- text ---- */

bool values_are_ascii(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (b.at[i] & 0x80)
			return false;
	return true;
}

static unsigned hex_digit(unsigned char c)
{
	return c >= '0' && c <= '9' ? (unsigned)c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (unsigned)(c | 0x20) - 'a' + 10 : 99;
}

/* `count` hexadecimal digits at `from`; false when they are not all there. */
static bool read_hex(struct bytes b, size_t from, size_t count, uint32_t *out)
{
	*out = 0;
	for (size_t i = from; i < from + count; i++) {
		if (i >= b.len || hex_digit(b.at[i]) > 15)
			return false;
		*out = *out << 4 | hex_digit(b.at[i]);
	}
	return true;
}

static bool is_octal(struct bytes b, size_t i)
{
	return i < b.len && b.at[i] >= '0' && b.at[i] <= '7';
}

/* One escape after a backslash at `i`; moves `i` past it. A backslash before anything else stands for itself. */
static bool unescape_one(struct bytes b, size_t *i, struct text *t)
{
	static const char from[] = "\\'\"abfnrtv", to[] = "\\'\"\a\b\f\n\r\t\v";
	unsigned char c = b.at[++*i];
	const char *simple = c ? strchr(from, c) : NULL;
	uint32_t code = 0;

	if (simple) {
		text_add_byte(t, to[simple - from]);
		++*i;
	} else if (c == 'x') {
		if (!read_hex(b, *i + 1, 2, &code))
			return false;
		text_add_byte(t, (char)code);
		*i += 3;
	} else if (is_octal(b, *i)) {
		for (size_t n = 0; n < 3 && is_octal(b, *i); n++)
			code = code << 3 | (b.at[(*i)++] - (uint32_t)'0');
		text_add_byte(t, (char)code);
	} else {
		if (c != '\n')
			text_add_byte(t, '\\');
		else
			++*i;
	}
	return true;
}

bool values_unescape(struct arena *arena, struct bytes b, struct bytes *out)
{
	struct text t;

	*out = b;
	if (bytes_find_byte(b, '\\') == b.len)
		return true;
	text_init(&t, arena);
	for (size_t i = 0; i < b.len;) {
		if (b.at[i] != '\\')
			text_add_byte(&t, (char)b.at[i++]);
		else if (i + 1 == b.len || !unescape_one(b, &i, &t))
			return false;
	}
	*out = text_bytes(&t);
	return true;
}

bool values_unescape_unicode(struct arena *arena, struct bytes b, struct bytes *out)
{
	struct text t;

	*out = b;
	if (bytes_find_byte(b, '\\') == b.len && values_are_ascii(b))
		return true;
	text_init(&t, arena);
	for (size_t i = 0; i < b.len; i++) {
		unsigned char next = b.at[i] == '\\' && i + 1 < b.len ? b.at[i + 1] : 0;
		size_t digits = next == 'u' ? 4 : next == 'U' ? 8 : 0;
		uint32_t code = b.at[i];        /* other bytes are Latin-1 */
		if (digits && (!read_hex(b, i + 2, digits, &code) || code > 0x10FFFF))
			return false;
		if (next == '\\') {             /* raw-unicode-escape keeps both backslashes */
			text_add_byte(&t, '\\');
			i++;
		}
		text_add_utf8(&t, code);
		i += digits ? digits + 1 : 0;
	}
	*out = text_bytes(&t);
	return true;
}

/* ---- files inside constants ---- */

void values_look_inside(struct machine *m, struct bytes b)
{
	bool inside = b.at >= m->in.at && b.at < m->in.at + m->in.len;

	nested_look(m->art, b, inside ? (uint64_t)(b.at - m->in.at) : m->opcode_at);
}

/* ---- joblib ---- */

static struct value state_item(struct value state, const char *key)
{
	for (size_t i = 0; i + 1 < (state.node ? state.node->kept : 0u); i += 2)
		if (bytes_same(value_bytes(state.node->items[i]), key))
			return state.node->items[i + 1];
	return (struct value){.kind = VALUE_UNKNOWN, .holds = HOLDS_UNKNOWN};
}

/* Bytes an element of this numpy.dtype call takes; false when they cannot be told. */
static bool dtype_size(struct machine *m, struct value dtype, struct dtype *out)
{
	struct value name = value_item(value_item(dtype, 1), 0);

	if (dtype.kind != VALUE_CALL || name.kind != VALUE_TEXT || !dtype_parse(value_bytes(name), out))
		return false;
	if (out->kind != 'V' && !out->objects)
		return true;
	/* Records: numpy puts size and flags into the state, items 5 and 7 of the tuple; the lowest flag says that objects are inside. */
	for (const struct event *e = m->art->events; e; e = e->next) {
		if (e->kind != EVENT_STATE || e->subject.kind != VALUE_CALL || e->subject.node != dtype.node)
			continue;
		struct value size = value_item(e->argument, 5), flags = value_item(e->argument, 7);
		if (out->kind == 'V' && (size.kind != VALUE_INT || size.holds || size.integer < 0 || flags.kind != VALUE_INT))
			return false;
		if (out->kind == 'V') {
			out->size = (uint64_t)size.integer;
			out->objects = flags.integer & 1;
		}
	}
	return true;
}

static bool shape_product(struct value shape, uint64_t *out)
{
	*out = 1;
	if (shape.kind != VALUE_TUPLE || (shape.node && shape.node->count != shape.node->kept) || (!shape.node && shape.len > 0))
		return false;
	for (size_t i = 0; i < value_count(shape); i++) {
		struct value side = value_item(shape, i);
		if (side.kind != VALUE_INT || side.integer < 0 || side.holds ||
		    __builtin_mul_overflow(*out, (uint64_t)side.integer, out))
			return false;
	}
	return true;
}

bool values_read_wrapper(struct machine *m, struct value state, struct raw_array *out)
{
	struct dtype dtype;
	uint64_t count;

	if (state.kind != VALUE_DICT || !dtype_size(m, state_item(state, "dtype"), &dtype))
		return false;
	if (!shape_product(state_item(state, "shape"), &count))
		return false;
	struct value alignment = state_item(state, "numpy_array_alignment_bytes");
	out->objects = dtype.objects;
	out->padded = alignment.kind == VALUE_INT;
	return !__builtin_mul_overflow(count, dtype.size, &out->bytes);
}
