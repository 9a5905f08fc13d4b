#include "formats/pickle/opcodes.h"

#include <string.h>

#include "formats/pickle/inside.h"
#include "formats/pickle/numbers.h"
#include "formats/pickle/streams.h"
#include "formats/pickle/values.h"

/* ---- containers ---- */

static void add_to_foreign(struct machine *m, struct value object, const struct value *items, size_t count)
{
	if (object.kind == VALUE_BYTES)
		return;         /* numbers to a bytearray; other bytes take none, and nothing would follow */
	if (!is_result(object)) {
		stop_all(m, "adds items to a value that takes none");
		return;
	}
	add_event(m, EVENT_ITEMS, object, values_make(m, VALUE_TUPLE, items, count));
}

static void add_items(struct machine *m, enum value_kind kind, struct value object, const struct value *items, size_t count)
{
	if (object.kind == kind)
		values_add(m, object, items, count);
	else
		add_to_foreign(m, object, items, count);
}

/* obj[k] = v: dicts take it, and lists when the index exists. */
static void set_items(struct machine *m, struct value object, const struct value *items, size_t count)
{
	if (object.kind == VALUE_DICT || object.kind == VALUE_LIST)
		values_add(m, object, items, count);
	else
		add_to_foreign(m, object, items, count);
}

static void run_append(struct machine *m)
{
	if (!has(m, 2))
		return;
	struct value item = pop(m);

	add_items(m, VALUE_LIST, m->stack[m->height - 1], &item, 1);
}

static void run_appends(struct machine *m, enum value_kind kind)
{
	struct value *items;
	size_t count;

	if (!pop_mark(m, &items, &count) || !has(m, 1))
		return;
	struct value object = m->stack[m->height - 1];
	bool takes = object.kind == kind || object.kind == VALUE_BYTES;
	if (count == 0 && !is_result(object))   /* C does not look at what takes nothing */
		stop_loaders(m, takes ? 0 : LOADER_IN_PYTHON | LOADER_TORCH_WEIGHTS, "adds items to a value that takes none");
	else
		add_items(m, kind, object, items, count);
}

static void run_setitem(struct machine *m)
{
	if (!has(m, 3))
		return;
	m->height -= 2;
	set_items(m, m->stack[m->height - 1], m->stack + m->height, 2);
}

static void run_setitems(struct machine *m)
{
	struct value *items;
	size_t count;

	if (!pop_mark(m, &items, &count) || !has(m, 1))
		return;
	if (count % 2)      /* Python sets the pairs before it notices */
		stop_loaders(m, LOADER_C, "sets an odd number of items");
	if (m->alive && count > 0)
		set_items(m, m->stack[m->height - 1], items, count - count % 2);
	if (count % 2)
		stop_all(m, "sets an odd number of items");
}

static void run_collect(struct machine *m, enum value_kind kind)
{
	struct value *items;
	size_t count;

	if (!pop_mark(m, &items, &count))
		return;
	if (kind == VALUE_DICT && count % 2) {
		stop_all(m, "makes a dict of an odd number of items");
		return;
	}
	push(m, values_make(m, kind, items, count));
}

static void run_tuple(struct machine *m, size_t count)
{
	if (!has(m, count))
		return;
	m->height -= count;
	push(m, values_make(m, VALUE_TUPLE, m->stack + m->height, count));
}

static void run_pop(struct machine *m)
{
	if (m->mark_count > 0 && m->fence == m->height)
		drop_mark(m);
	else if (has(m, 1))
		m->height--;
}

static void run_pop_mark(struct machine *m)
{
	struct value *items;
	size_t count;

	pop_mark(m, &items, &count);
}

static void run_dup(struct machine *m)
{
	if (has(m, 1))
		push(m, m->stack[m->height - 1]);
}

/* ---- constants ---- */

static void push_text(struct machine *m, enum value_kind kind, struct bytes b)
{
	if (!m->alive)
		return;
	struct value v = {.kind = (uint8_t)kind, .len = b.len > UINT32_MAX ? UINT32_MAX : (uint32_t)b.len, .at = b.at};

	push(m, v);
	if (!m->probing && b.len >= 4)
		values_look_inside(m, b);
}

static void push_utf8(struct machine *m, struct bytes b)
{
	push_text(m, VALUE_TEXT, b);
}

/* Python 2 strings: what they become depends on the encoding the loader was told. */
static void push_8bit(struct machine *m, struct bytes b)
{
	if (!values_are_ascii(b)) {
		stop_loaders(m, LOADER_PICKLE | LOADER_PYTHON, "holds an 8-bit string that is not ASCII");
		if (!bytes_are_utf8(b))
			stop_loaders(m, LOADER_TORCH | LOADER_TORCH_WEIGHTS, "holds an 8-bit string that is not UTF-8");
	}
	push_text(m, VALUE_TEXT, b);
}

static void note_number(struct machine *m, struct bytes line, const struct number *n)
{
	if (!n->unusual || !m->art || m->probing || !m->alive)
		return;
	struct text t;

	text_init(&t, m->arena);
	text_add_printable(&t, line, 40);
	struct oddity *o = artifact_note(m->art, "pickle.number", m->opcode_at,
					 "writes a number as \"%s\", which no writer does and not every reader accepts", text_string(&t));
	o->loaders = m->alive;
}

static bool accept_number(struct machine *m, struct bytes line, const struct number *n)
{
	if (!m->alive)
		return false;
	if (!n->in_python)
		stop_loaders(m, LOADER_IN_PYTHON | LOADER_TORCH_WEIGHTS, "holds a number no loader can read");
	if (!n->in_c)
		stop_loaders(m, LOADER_C, "holds a number no loader can read");
	note_number(m, line, n);
	return m->alive != 0;
}

static void run_number_line(struct machine *m, struct number (*read)(struct arena *, struct bytes))
{
	struct bytes line = take_line(m);
	struct number n = read(m->arena, line);

	if (accept_number(m, line, &n))
		push(m, n.value);
}

static void run_float_line(struct machine *m)
{
	struct bytes line = take_line(m);
	struct number n = number_from_float(line);

	if (accept_number(m, line, &n))
		push(m, n.value);
}

static void run_memo_line(struct machine *m, void (*use)(struct machine *, uint64_t))
{
	struct bytes line = take_line(m);
	struct number n = number_from_index(m->arena, line);

	if (!accept_number(m, line, &n))
		return;
	bool huge = n.value.holds & HOLDS_BIG_INT;

	if (huge)
		stop_loaders(m, LOADER_C, "uses a memo slot that cannot exist");
	if (n.value.kind != VALUE_INT || (!huge && n.value.integer < 0))
		stop_all(m, "uses a memo slot that cannot exist");
	else if (m->alive)
		use(m, huge ? UINT64_MAX : (uint64_t)n.value.integer);
}

static void run_string_line(struct machine *m)
{
	struct bytes line = take_line(m);
	bool quoted = line.len >= 2 && (line.at[0] == '\'' || line.at[0] == '"') && line.at[line.len - 1] == line.at[0];
	struct bytes decoded;

	if (!m->alive)
		return;
	if (!quoted || !values_unescape(m->arena, bytes_slice(line, 1, line.len - 2), &decoded)) {
		stop_all(m, "holds a string without its quotes, or with an escape that means nothing");
		return;
	}
	push_8bit(m, decoded);
}

static void run_unicode_line(struct machine *m)
{
	struct bytes line = take_line(m), decoded;

	if (!m->alive)
		return;
	if (!values_unescape_unicode(m->arena, line, &decoded))
		stop_all(m, "holds a string with an escape that means nothing");
	else
		push_utf8(m, decoded);
}

static void push_bytes(struct machine *m, struct bytes b)
{
	push_text(m, VALUE_BYTES, b);
}

static void run_sized(struct machine *m, unsigned width, void (*use)(struct machine *, struct bytes))
{
	uint64_t len = take_le(m, width);

	if (!m->alive)
		return;
	if (width == 8 && len > INT64_MAX) {
		stop_all(m, "holds a string longer than memory");
		return;
	}
	struct bytes b = use == push_bytes ? take_body(m, len) : take(m, len);
	if (m->alive)
		use(m, b);
}

/* C reads the length unsigned, Python signed. */
static void run_binstring(struct machine *m)
{
	if (m->limit - m->pos >= 4 && m->in.at[m->pos + 3] & 0x80)
		stop_loaders(m, LOADER_IN_PYTHON | LOADER_TORCH_WEIGHTS, "holds a string of negative length");
	if (m->alive)
		run_sized(m, 4, push_8bit);
}

static void push_long(struct machine *m, struct bytes b)
{
	push(m, number_from_bytes(b));
}

static void run_long4(struct machine *m)
{
	if (m->limit - m->pos >= 4 && m->in.at[m->pos + 3] & 0x80)
		stop_all(m, "holds an integer of negative length");
	else
		run_sized(m, 4, push_long);
}

static void push_int(struct machine *m, int64_t integer)
{
	if (m->alive)
		push(m, (struct value){.kind = VALUE_INT, .integer = integer});
}

static void run_binfloat(struct machine *m)
{
	struct bytes b = take(m, 8);
	uint64_t bits = 0;
	struct value v = {.kind = VALUE_FLOAT};

	for (size_t i = 0; i < b.len; i++)
		bits = bits << 8 | b.at[i];
	memcpy(&v.real, &bits, sizeof v.real);
	if (m->alive)
		push(m, v);
}

/* ---- protocol, frames, persistent ids ---- */

static void run_proto(struct machine *m)
{
	m->protocol = (unsigned)take_le(m, 1);
	if (m->protocol > 5)
		stop_all(m, "is of a pickle protocol that does not exist");
}

/* C on a BytesIO: a frame inside the one it holds changes nothing; for a longer one it reads on behind that. */
static bool nest_frame(struct machine *m, uint64_t len)
{
	note_frame(m, &m->frame_nested);
	stop_loaders(m, LOADER_IN_PYTHON, "begins a frame inside a frame");
	if (m->view == VIEW_CONTIGUOUS)
		return true;
	if (len <= m->frame_end - m->pos)
		return false;
	m->pos = m->frame_end;
	return true;
}

static void run_frame(struct machine *m)
{
	uint64_t len = take_le(m, 8);

	if (!m->alive || (m->frame_end && m->pos < m->frame_end && !nest_frame(m, len)))
		return;
	if (len > m->in.len - m->pos) {
		note_frame(m, &m->frame_long);
		stop_loaders(m, LOADER_C, "has a frame longer than the file");
		len = m->in.len - m->pos;
	}
	m->frame_end = m->pos + len;
	m->limit = m->frame_end;
}

/* ('module', class, file, source): torch compares the source, and takes the class as it is. */
static bool is_torch_module(struct value id)
{
	return id.kind == VALUE_TUPLE && value_count(id) == 4 && bytes_same(value_bytes(value_item(id, 0)), "module") && value_item(id, 1).kind == VALUE_IMPORT;
}

static void make_persistent(struct machine *m, struct value id)
{
	if (!m->alive)
		return;
	add_event(m, EVENT_PERSISTENT, id, unknown());
	push(m, is_torch_module(id) ? value_item(id, 1) : values_make(m, VALUE_PERSISTENT, &id, 1));
}

/* pickle.load itself knows no persistent ids; torch knows those that are tuples. */
static void run_persid(struct machine *m)
{
	struct bytes line = take_name_line(m);

	if (!values_are_ascii(line))
		stop_all(m, "uses a persistent id that is not ASCII");
	stop_loaders(m, LOADER_ALL & ~(uint32_t)LOADER_CUSTOMS, "uses a persistent id");
	make_persistent(m, (struct value){.kind = VALUE_TEXT, .len = (uint32_t)line.len, .at = line.at});
}

static void run_binpersid(struct machine *m)
{
	if (!has(m, 1))
		return;
	stop_loaders(m, LOADER_PICKLE | LOADER_PYTHON | LOADER_NUMPY, "uses a persistent id");
	make_persistent(m, pop(m));
}

static void run_next_buffer(struct machine *m)
{
	stop_loaders(m, LOADER_ALL & ~(uint32_t)LOADER_CUSTOMS, "takes a buffer from outside the file");
	if (m->alive)
		push(m, unknown());
}

/* ---- the table ---- */

#define AS_NAME(name, code) [code] = #name,
static const char *const opcode_names[256] = {PICKLE_OPCODES(AS_NAME)};
#undef AS_NAME

const char *opcode_name(unsigned char op)
{
	return opcode_names[op];
}

/* Containers, empty or of all above the mark. */
static const uint8_t made_by[256] = {
	[EMPTY_LIST] = VALUE_LIST, [EMPTY_DICT] = VALUE_DICT, [EMPTY_SET] = VALUE_SET,
	[LIST] = VALUE_LIST, [TUPLE] = VALUE_TUPLE, [DICT] = VALUE_DICT, [FROZENSET] = VALUE_SET,
};

/* Every opcode but STOP, which ends the run. */
static void run_opcode(struct machine *m, unsigned char op)
{
	m->opcode = op;
	switch ((enum opcode)op) {
	case MARK: push_mark(m); break;
	case POP: run_pop(m); break;
	case POP_MARK: run_pop_mark(m); break;
	case DUP: run_dup(m); break;
	case FLOAT: run_float_line(m); break;
	case INT: run_number_line(m, number_from_int); break;
	case LONG: run_number_line(m, number_from_long); break;
	case BININT: push_int(m, (int32_t)take_le(m, 4)); break;
	case BININT1: push_int(m, (int64_t)take_le(m, 1)); break;
	case BININT2: push_int(m, (int64_t)take_le(m, 2)); break;
	case LONG1: run_sized(m, 1, push_long); break;
	case LONG4: run_long4(m); break;
	case BINFLOAT: run_binfloat(m); break;
	case NONE: push(m, (struct value){.kind = VALUE_NONE}); break;
	case NEWTRUE: case NEWFALSE: push(m, (struct value){.kind = VALUE_BOOL, .integer = op == NEWTRUE}); break;
	case STRING: run_string_line(m); break;
	case BINSTRING: run_binstring(m); break;
	case SHORT_BINSTRING: run_sized(m, 1, push_8bit); break;
	case UNICODE: run_unicode_line(m); break;
	case SHORT_BINUNICODE: run_sized(m, 1, push_utf8); break;
	case BINUNICODE: run_sized(m, 4, push_utf8); break;
	case BINUNICODE8: run_sized(m, 8, push_utf8); break;
	case SHORT_BINBYTES: run_sized(m, 1, push_bytes); break;
	case BINBYTES: run_sized(m, 4, push_bytes); break;
	case BINBYTES8: case BYTEARRAY8: run_sized(m, 8, push_bytes); break;
	case NEXT_BUFFER: run_next_buffer(m); break;
	case READONLY_BUFFER: has(m, 1); break;
	case EMPTY_LIST: case EMPTY_DICT: case EMPTY_SET: push(m, values_make(m, made_by[op], NULL, 0)); break;
	case APPEND: run_append(m); break;
	case APPENDS: case ADDITEMS: run_appends(m, op == APPENDS ? VALUE_LIST : VALUE_SET); break;
	case LIST: case TUPLE: case DICT: case FROZENSET: run_collect(m, made_by[op]); break;
	case EMPTY_TUPLE: push(m, (struct value){.kind = VALUE_TUPLE}); break;
	case TUPLE1: case TUPLE2: case TUPLE3: run_tuple(m, op - TUPLE1 + 1u); break;
	case SETITEM: run_setitem(m); break;
	case SETITEMS: run_setitems(m); break;
	case GET: case PUT: run_memo_line(m, op == GET ? memo_get : memo_put); break;
	case BINGET: memo_get(m, take_le(m, 1)); break;
	case LONG_BINGET: memo_get(m, take_le(m, 4)); break;
	case BINPUT: memo_put(m, take_le(m, 1)); break;
	case LONG_BINPUT: memo_put(m, take_le(m, 4)); break;
	case MEMOIZE: memo_put(m, m->memo.filled); break;
	case EXT1: case EXT2: case EXT4: run_extension(m, 1u << (op - EXT1)); break;
	case GLOBAL: run_global(m); break;
	case STACK_GLOBAL: run_stack_global(m); break;
	case REDUCE: run_reduce(m); break;
	case BUILD: run_build(m); break;
	case INST: run_inst(m); break;
	case OBJ: run_obj(m); break;
	case NEWOBJ: case NEWOBJ_EX: run_newobj(m, op == NEWOBJ_EX); break;
	case PROTO: run_proto(m); break;
	case FRAME: run_frame(m); break;
	case PERSID: run_persid(m); break;
	case BINPERSID: run_binpersid(m); break;
	default: stop_all(m, "holds a byte that is no pickle opcode"); break;
	}
}

/* torch.load(weights_only=True) knows only these opcodes (torch/_weights_only_unpickler.py). */
static const bool weights_opcodes[256] = {
	[INT] = true, [BININT] = true, [BININT1] = true, [LONG] = true, [BININT2] = true, [SHORT_BINSTRING] = true, [NONE] = true,
	[BINUNICODE] = true, [BINFLOAT] = true, [EMPTY_LIST] = true, [APPEND] = true, [APPENDS] = true, [EMPTY_TUPLE] = true, [TUPLE] = true,
	[EMPTY_DICT] = true, [EMPTY_SET] = true, [SETITEM] = true, [SETITEMS] = true, [MARK] = true, [GET] = true, [BINGET] = true, [LONG_BINGET] = true,
	[BINPUT] = true, [LONG_BINPUT] = true, [GLOBAL] = true, [REDUCE] = true, [BUILD] = true, [BINPERSID] = true, [STOP] = true, [PROTO] = true,
	[NEWOBJ] = true, [TUPLE1] = true, [TUPLE2] = true, [TUPLE3] = true, [NEWTRUE] = true, [NEWFALSE] = true, [LONG1] = true,
};

bool machine_run(struct machine *m, uint64_t pos, struct value *result)
{
	reset_stream(m, pos);
	while (m->alive) {
		m->opcode_at = m->pos;
		if (m->frame_end && m->pos >= m->frame_end)
			leave_frame(m);
		if (m->pos >= m->in.len) {
			stop_all(m, "ends before the pickle does");
			break;
		}
		unsigned char op = m->in.at[m->pos++];
		m->opcodes++;
		if (op == STOP)
			break;
		if (!weights_opcodes[op] && m->alive & LOADER_TORCH_WEIGHTS)
			stop_loaders(m, LOADER_TORCH_WEIGHTS, "uses an opcode that weights_only refuses");
		if (m->alive)
			run_opcode(m, op);
	}
	if (!m->alive || !has(m, 1))
		return false;
	*result = pop(m);
	return true;
}

#define AS_CASE(name, code) case code:
bool pickle_is_opcode(unsigned char byte)
{
	switch (byte) {
	PICKLE_OPCODES(AS_CASE)
		return true;
	default:
		return false;
	}
}
