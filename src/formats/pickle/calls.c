#include <string.h>

#include "formats/pickle/inside.h"
#include "formats/pickle/torch.h"
#include "formats/pickle/values.h"

/* ---- imports ---- */

void run_global(struct machine *m)
{
	struct bytes module = take_name_line(m);
	struct bytes name = take_name_line(m);

	if (!m->alive)
		return;
	if (!bytes_are_utf8(module) || !bytes_are_utf8(name)) {
		stop_all(m, "imports a name that is not UTF-8");
		return;
	}
	if (name.len == 0)
		stop_loaders(m, LOADER_C | LOADER_TORCH_WEIGHTS, "imports an empty name");
	if (!torch_weights_only_takes(module, name))
		stop_loaders(m, LOADER_TORCH_WEIGHTS, "imports a name that weights_only refuses");
	if (m->alive)
		push(m, import_name(m, module, name));
}

/* A result may be a string; nothing else but text can be one. */
static bool may_be_text(struct value v)
{
	return v.kind == VALUE_TEXT || v.kind == VALUE_UNKNOWN || v.kind == VALUE_CALL || v.kind == VALUE_IMPORT ||
	       v.kind == VALUE_PERSISTENT || v.kind == VALUE_EXTENSION;
}

void run_stack_global(struct machine *m)
{
	if (!has(m, 2))
		return;
	struct value name = pop(m), module = pop(m);

	if (!may_be_text(name) || !may_be_text(module)) {
		stop_all(m, "imports by a name that is not text");
		return;
	}
	if (name.kind == VALUE_TEXT && module.kind == VALUE_TEXT)
		push(m, import_name(m, value_bytes(module), value_bytes(name)));
	else
		push(m, import_computed(m, module, name));
}

void run_extension(struct machine *m, unsigned width)
{
	int64_t code = (int64_t)take_le(m, width);

	if (width == 4)
		code = (int32_t)code;
	if (m->alive && code <= 0)
		stop_all(m, "uses an extension code that is not positive");
	if (!m->alive)
		return;
	struct value v = {.kind = VALUE_EXTENSION, .holds = HOLDS_UNKNOWN, .integer = code};
	add_event(m, EVENT_EXTENSION, v, unknown());
	push(m, v);
}

/* ---- calls and state ---- */

static struct value make_call(struct machine *m, struct value callee, struct value args, const struct value *keywords)
{
	struct value items[3] = {callee, args, keywords ? *keywords : unknown()};

	return values_make(m, VALUE_CALL, items, keywords ? 3 : 2);
}

static void call(struct machine *m, struct value callee, struct value args, const struct value *keywords)
{
	if (!m->alive)
		return;
	add_event(m, EVENT_CALL, callee, args);
	note_reserves(m, callee, args);
	push(m, make_call(m, callee, args, keywords));
}

bool is_result(struct value v)
{
	return v.kind == VALUE_UNKNOWN || v.kind == VALUE_CALL || v.kind == VALUE_IMPORT ||
	       v.kind == VALUE_PERSISTENT || v.kind == VALUE_EXTENSION;
}

/* The C unpickler wants a tuple; the Python one spreads whatever can be walked. */
static void demand_arguments(struct machine *m, struct value args)
{
	if (args.kind == VALUE_TUPLE || is_result(args))
		return;
	bool walkable = value_is_container(args) || args.kind == VALUE_TEXT || args.kind == VALUE_BYTES;

	stop_loaders(m, walkable ? LOADER_C : LOADER_ALL, "calls with arguments that are no tuple");
	if (m->alive & LOADER_IN_PYTHON && m->art && !m->probing)
		artifact_note(m->art, "pickle.loaders-disagree", m->opcode_at,
			      "calls with a %s for arguments, which only the Python unpickler of joblib allows",
			      args.kind == VALUE_LIST ? "list" : args.kind == VALUE_TEXT ? "string" : "container")->loaders = m->alive;
}

static void demand_callee(struct machine *m, struct value callee)
{
	if (!is_result(callee))
		stop_all(m, "calls a value that cannot be called");
}

void run_reduce(struct machine *m)
{
	if (!has(m, 2))
		return;
	struct value args = pop(m), callee = pop(m);

	demand_callee(m, callee);
	demand_arguments(m, args);
	call(m, callee, args, NULL);
}

void run_newobj(struct machine *m, bool keywords)
{
	if (!has(m, keywords ? 3 : 2))
		return;
	struct value names = keywords ? pop(m) : unknown();
	struct value args = pop(m), cls = pop(m);

	demand_callee(m, cls);
	demand_arguments(m, args);
	call(m, cls, args, keywords ? &names : NULL);
}

void run_inst(struct machine *m)
{
	struct bytes module = take_name_line(m), name = take_name_line(m);
	struct value *items;
	size_t count;

	if (!m->alive)
		return;
	/* Python imports before it looks for the mark, C after. */
	if (m->mark_count == 0)
		stop_loaders(m, LOADER_ALL & ~(uint32_t)LOADER_IN_PYTHON, "asks for a mark that was never set");
	struct value cls = import_name(m, module, name);
	if (!m->alive || !pop_mark(m, &items, &count))
		return;
	call(m, cls, values_make(m, VALUE_TUPLE, items, count), NULL);
}

void run_obj(struct machine *m)
{
	struct value *items;
	size_t count;

	if (!pop_mark(m, &items, &count))
		return;
	if (count == 0) {
		stop_all(m, "makes an object of no class");
		return;
	}
	struct value cls = items[0];
	demand_callee(m, cls);
	if (m->alive)
		call(m, cls, values_make(m, VALUE_TUPLE, items + 1, count - 1), NULL);
}

/* ---- joblib: arrays between the opcodes ---- */

static bool is_array_wrapper(struct value v)
{
	const struct import *i = v.kind == VALUE_CALL ? value_origin(v) : NULL;

	return i && bytes_same(i->name, "NumpyArrayWrapper") && bytes_end_with(i->module, BYTES("joblib.numpy_pickle"));
}

/* An array of objects is a pickle of its own, read by the C unpickler. */
static void walk_object_array(struct machine *m)
{
	struct machine inner;
	struct value result;

	machine_init(&inner, m->arena, m->art, m->in, LOADER_C);
	inner.keeps_readings = m->keeps_readings;
	bool whole = machine_run(&inner, m->pos, &result);
	if (inner.readings) {
		*m->last_reading = inner.readings;
		m->last_reading = inner.last_reading;
	}
	m->opcodes += inner.opcodes;
	m->events += inner.events;
	if (whole)
		m->pos = inner.pos;
	else
		stop_all(m, inner.why);
}

static void skip_raw_array(struct machine *m, struct value state)
{
	struct raw_array array;

	if (!values_read_wrapper(m, state, &array)) {
		artifact_note(m->art, "file.unexamined", m->opcode_at,
			      "holds an array whose size in the file cannot be told from its wrapper");
		stop_all(m, "holds an array of unknown size");
		return;
	}
	if (m->frame_end && m->pos < m->frame_end) {
		note_frame(m, &m->frame_crossed);
		m->pos = m->frame_end;
	}
	leave_frame(m);
	if (array.objects) {
		walk_object_array(m);
		return;
	}
	if (array.padded)
		take(m, take_le(m, 1));
	take(m, array.bytes);
}

static bool is_false(struct value v)
{
	switch ((enum value_kind)v.kind) {
	case VALUE_NONE: return true;
	case VALUE_BOOL:
	case VALUE_INT: return v.integer == 0 && !v.holds;
	case VALUE_FLOAT: return v.real == 0;
	case VALUE_TEXT:
	case VALUE_BYTES: return v.len == 0;
	default: return value_is_container(v) && value_count(v) == 0;
	}
}

/* Who goes on when this state is set on a value without attributes. */
static void demand_attributes(struct machine *m, struct value state)
{
	static const char why[] = "sets attributes of a value that has none";
	bool pair = state.kind == VALUE_TUPLE && value_count(state) == 2;
	struct value slots = pair ? value_item(state, 1) : unknown();

	if (pair)
		state = value_item(state, 0);
	if (state.kind != VALUE_NONE && !is_result(state))
		stop_loaders(m, LOADER_C, why);
	if ((!is_false(state) && !is_result(state)) || (pair && !is_false(slots) && !is_result(slots)))
		stop_all(m, why);
}

void run_build(struct machine *m)
{
	if (!has(m, 2))
		return;
	struct value state = pop(m), object = m->stack[m->height - 1];

	if (!is_result(object))
		demand_attributes(m, state);
	add_event(m, EVENT_STATE, object, state);
	if (m->raw_arrays && is_array_wrapper(object))
		skip_raw_array(m, state);
}
