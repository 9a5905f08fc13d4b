#include "formats/tensorflow/flow.h"

#include "base/path.h"
#include "formats/tensorflow/graph.h"

enum {
	GRAPH_NODE = 1, FUNCTION_NODE = 3, FUNCTION_SIGNATURE = 1, LIBRARY_FUNCTION = 1, SIGNATURE_NAME = 1, SIGNATURE_ARGUMENT = 2, ARGUMENT_NAME = 1,
	NODE_NAME = 1, NODE_OPERATOR = 2, NODE_INPUT = 3, NODE_ATTRIBUTE = 5,
	ENTRY_KEY = 1, ENTRY_VALUE = 2, VALUE_LIST_OF = 1, VALUE_STRING = 2, VALUE_TENSOR = 8, VALUE_FUNCTION = 10, LIST_FUNCTION = 9, CALLED_NAME = 1,
	OBJECTS_NODE = 1, OBJECTS_FUNCTION = 2, OBJECT_CONSTANT = 9, CONSTANT_OPERATION = 1, FUNCTION_BOUND = 2,
	STRINGS_MOST = 256, ROUNDS_MOST = 64, HANDED_LEAST = 1024, HANDED_EACH = 16,
};

/* ---- nodes ---- */

static size_t count_fields(struct bytes message, uint32_t number)
{
	struct cursor c = cursor_over(message);
	struct bytes field;
	size_t count = 0;

	while (proto_next_sized(&c, number, &field))
		count++;
	return count;
}

/* "name", "name:0", "name:output:0"; "^name" is an order, not a value. */
static uint32_t find_node(const struct tf_body *b, struct bytes input)
{
	struct bytes name = bytes_slice(input, 0, bytes_find_byte(input, ':'));
	const struct name_entry *e = names_find(&b->names, name);

	return e && e->index < UINT32_MAX ? (uint32_t)e->index + 1 : 0;
}

static void read_arguments(struct tf_body *b, struct bytes signature)
{
	struct cursor c = cursor_over(signature);
	struct bytes argument, name;
	bool added;

	while (proto_next_sized(&c, SIGNATURE_ARGUMENT, &argument)) {
		proto_bytes(argument, ARGUMENT_NAME, &name);
		names_add(&b->names, name, b->count++, &added);
	}
	b->arguments = b->count;
}

static void read_nodes(struct tf_body *b, uint32_t number)
{
	struct cursor c = cursor_over(b->message);
	struct bytes message, name;
	bool added;

	while (proto_next_sized(&c, number, &message)) {
		struct tf_node *n = &b->nodes[b->count];
		n->message = message;
		proto_bytes(message, NODE_OPERATOR, &n->operator);
		proto_bytes(message, NODE_NAME, &name);
		names_add(&b->names, name, b->count++, &added);
	}
}

static void read_inputs(struct arena *arena, struct tf_body *b)
{
	for (size_t i = b->arguments; i < b->count; i++) {
		struct tf_node *n = &b->nodes[i];
		struct cursor c = cursor_over(n->message);
		struct bytes input;
		uint32_t *inputs = arena_alloc(arena, count_fields(n->message, NODE_INPUT), sizeof *inputs);
		while (proto_next_sized(&c, NODE_INPUT, &input))
			inputs[n->input_count++] = find_node(b, input);
		n->inputs = inputs;
	}
}

/* `signature`: of a function; empty for a graph. */
static void read_body(struct arena *arena, struct tf_body *b, struct bytes message, struct bytes signature)
{
	uint32_t number = signature.len ? FUNCTION_NODE : GRAPH_NODE;

	b->message = message;
	names_init(&b->names, arena);
	b->nodes = arena_alloc(arena, count_fields(signature, SIGNATURE_ARGUMENT) + count_fields(message, number), sizeof *b->nodes);
	read_arguments(b, signature);
	read_nodes(b, number);
	read_inputs(arena, b);
}

static void read_library(struct tf_flow *flow, struct bytes library)
{
	struct cursor c = cursor_over(library);
	struct bytes function, signature;
	bool added;

	flow->functions = arena_alloc(flow->arena, count_fields(library, LIBRARY_FUNCTION), sizeof *flow->functions);
	while (proto_next_sized(&c, LIBRARY_FUNCTION, &function)) {
		struct tf_body *b = &flow->functions[flow->function_count];
		proto_bytes(function, FUNCTION_SIGNATURE, &signature);
		proto_bytes(signature, SIGNATURE_NAME, &b->name);
		read_body(flow->arena, b, function, signature.len ? signature : BYTES("\0"));
		struct name_entry *e = names_add(&flow->names, b->name, flow->function_count, &added);
		b->alike = added ? NULL : &flow->functions[e->index];
		e->index = flow->function_count++;
	}
}

/* ---- origins ---- */

/* Of several strings the one that leads out of the model counts, else the first. */
static void keep(struct bytes *kept, struct bytes found)
{
	if (kept->len == 0 || (!path_leads_out(*kept) && path_leads_out(found)))
		*kept = found;
}

static struct tf_origin origin_of_inputs(const struct tf_body *b, const struct tf_node *n)
{
	struct tf_origin all = {.made_up = false};

	for (uint32_t i = 0; i < n->input_count; i++) {
		const struct tf_node *input = n->inputs[i] ? &b->nodes[n->inputs[i] - 1] : NULL;
		if (!input || input->state != ORIGIN_KNOWN)
			continue;
		keep(&all.constant, input->origin.constant);
		all.made_up |= input->origin.made_up;
	}
	return all;
}

static void keep_strings(struct arena *arena, const struct tf_node *n, struct tf_origin *origin)
{
	struct cursor c = cursor_over(n->message);
	struct bytes entry, key, string;
	struct tf_strings strings;
	unsigned count = 0;

	while (proto_next_sized(&c, NODE_ATTRIBUTE, &entry)) {
		proto_bytes(entry, ENTRY_KEY, &key);
		if (!bytes_same(key, "value"))
			continue;
		tf_strings_begin(&strings, proto_merged(arena, proto_merged(arena, entry, ENTRY_VALUE), VALUE_TENSOR));
		while (count < STRINGS_MOST && tf_strings_next(&strings, &string)) {
			keep(&origin->constant, string);
			count++;
		}
	}
	origin->made_up |= count == STRINGS_MOST;
}

/* What savers put between a name and the operators that use it: these hand on what they are given. */
static bool hands_on(struct bytes operator)
{
	static const char *const names[] = {
		"Identity", "IdentityN", "StringJoin", "ShardedFilename", "ShardedFilespec", "Select", "SelectV2", "Pack", "ExpandDims", "Squeeze", "Reshape",
		"ConcatV2", "StridedSlice", "StaticRegexFullMatch", "RegexFullMatch", "Switch", "RefSwitch", "Merge", "Enter", "Exit", "NextIteration",
		"EnsureShape", "StopGradient", "PreventGradient", "Placeholder", "PlaceholderV2", "PlaceholderWithDefault", "_Arg", "_Retval", "Fill", "BroadcastTo",
	};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (bytes_same(operator, names[i]))
			return true;
	return false;
}

static bool has_separator(const struct tf_node *n)
{
	struct cursor c = cursor_over(n->message);
	struct bytes entry, key, value, string;

	while (proto_next_sized(&c, NODE_ATTRIBUTE, &entry)) {
		proto_bytes(entry, ENTRY_KEY, &key);
		proto_bytes(entry, ENTRY_VALUE, &value);
		if (bytes_same(key, "separator") && proto_bytes(value, VALUE_STRING, &string) && string.len > 0)
			return true;
	}
	return false;
}

/* Parts that are harmless each may lead out together. */
static struct bytes join(struct arena *arena, const struct tf_body *b, const struct tf_node *n)
{
	enum { LENGTH_MOST = 4096 };
	struct text t;

	text_init(&t, arena);
	for (uint32_t i = 0; i < n->input_count && t.len < LENGTH_MOST; i++)
		if (n->inputs[i])
			text_add(&t, b->nodes[n->inputs[i] - 1].origin.constant);
	return text_bytes(&t);
}

static void settle_node(struct arena *arena, const struct tf_body *b, struct tf_node *n)
{
	n->state = ORIGIN_KNOWN;
	if (n->message.len == 0)
		return;
	n->origin = origin_of_inputs(b, n);
	if (bytes_same(n->operator, "Const")) {
		keep_strings(arena, n, &n->origin);
		return;
	}
	if (!hands_on(n->operator))
		n->origin.made_up = true;
	if (bytes_same(n->operator, "StringJoin")) {
		n->origin.made_up |= has_separator(n);
		keep(&n->origin.constant, join(arena, b, n));
	}
}

static bool is_same(struct tf_origin a, struct tf_origin b)
{
	return a.made_up == b.made_up && path_leads_out(a.constant) == path_leads_out(b.constant);
}

/* Around a loop, until nothing new comes by; false when that does not end. */
static bool settle_loops(struct arena *arena, struct tf_body *b)
{
	bool changed = true;

	for (unsigned round = 0; changed && round < ROUNDS_MOST; round++) {
		changed = false;
		for (size_t i = b->arguments; i < b->count; i++) {
			struct tf_origin before = b->nodes[i].origin;
			if (!bytes_same(b->nodes[i].operator, "Const"))
				settle_node(arena, b, &b->nodes[i]);
			changed |= !is_same(before, b->nodes[i].origin);
		}
	}
	return !changed;
}

/* Inputs first; a node that waits for itself, as in loops, gets what is known by then. */
static void settle(struct arena *arena, struct tf_body *b, uint32_t *stack)
{
	for (size_t i = 0; i < b->count; i++) {
		b->nodes[i].state = 0;
		b->nodes[i].next = 0;
	}
	for (uint32_t first = 0; first < b->count; first++) {
		size_t depth = 0;
		if (!b->nodes[first].state)
			stack[depth++] = first;
		while (depth > 0) {
			struct tf_node *n = &b->nodes[stack[depth - 1]];
			n->state = ORIGIN_OPEN;
			for (; n->next < n->input_count && (!n->inputs[n->next] || b->nodes[n->inputs[n->next] - 1].state); n->next++)
				b->loops |= n->inputs[n->next] && b->nodes[n->inputs[n->next] - 1].state == ORIGIN_OPEN;
			if (n->next < n->input_count)
				stack[depth++] = n->inputs[n->next] - 1;
			else
				settle_node(arena, b, &b->nodes[stack[--depth]]);
		}
	}
}

/* ---- calls ---- */

struct calls {
	struct tf_flow *flow;
	const struct tf_body *caller;
	const struct tf_node *node;
	struct tf_origin any;       /* of all its inputs together */
};

static void hand(struct tf_flow *flow, struct tf_body *function, size_t argument, struct tf_origin given)
{
	struct tf_node *n = &function->nodes[argument];

	if (flow->left == 0)
		return;
	bool worse = path_leads_out(given.constant) && !path_leads_out(n->origin.constant);

	if (worse)
		n->origin.constant = given.constant;
	function->settled &= !worse && (!given.made_up || n->origin.made_up);
	n->origin.made_up |= given.made_up;
	flow->left--;
}

/* How far the arguments of what an operator calls stand behind its own inputs, or UNKNOWN. */
enum { UNKNOWN = -1 };

static int shift_of(const struct tf_flow *flow, struct bytes operator)
{
	static const char *const direct[] = {"PartitionedCall", "StatefulPartitionedCall", "While", "StatelessWhile", "_While", "BatchFunction", "SymbolicGradient"};
	static const char *const behind_one[] = {"If", "StatelessIf", "_If", "Case", "StatelessCase", "RemoteCall"};

	for (size_t i = 0; i < COUNT_OF(behind_one); i++)
		if (bytes_same(operator, behind_one[i]))
			return 1;
	for (size_t i = 0; i < COUNT_OF(direct); i++)
		if (bytes_same(operator, direct[i]))
			return 0;
	return names_find(&flow->names, operator) ? 0 : UNKNOWN;
}

static void call(struct calls *calls, struct bytes name)
{
	const struct name_entry *e = names_find(&calls->flow->names, name);
	const struct tf_node *n = calls->node;
	int shift = e ? shift_of(calls->flow, n->operator) : UNKNOWN;

	for (struct tf_body *f = e ? &calls->flow->functions[e->index] : NULL; f && calls->flow->left > 0; f = f->alike) {
		for (size_t k = 0; shift == UNKNOWN && k < f->arguments; k++)
			hand(calls->flow, f, k, calls->any);
		for (size_t i = (size_t)shift; shift != UNKNOWN && i < n->input_count && i - (size_t)shift < f->arguments; i++)
			hand(calls->flow, f, i - (size_t)shift, n->inputs[i] ? calls->caller->nodes[n->inputs[i] - 1].origin : (struct tf_origin){.made_up = false});
	}
}

static void call_value(struct calls *calls, struct bytes value, uint32_t number)
{
	struct cursor c = cursor_over(value);
	struct bytes called, name;

	while (proto_next_sized(&c, number, &called))
		if (proto_bytes(called, CALLED_NAME, &name))
			call(calls, name);
}

/* Functions a node names, by its attributes or as its operator. */
static void follow_calls(struct calls *calls)
{
	struct cursor c = cursor_over(calls->node->message);
	struct bytes entry, value, list;

	call(calls, calls->node->operator);
	while (proto_next_sized(&c, NODE_ATTRIBUTE, &entry)) {
		proto_bytes(entry, ENTRY_VALUE, &value);
		call_value(calls, value, VALUE_FUNCTION);
		if (proto_bytes(value, VALUE_LIST_OF, &list))
			call_value(calls, list, LIST_FUNCTION);
	}
}

/* False when there was nothing to do. */
static bool settle_and_call(struct tf_flow *flow, struct tf_body *b, uint32_t *stack)
{
	struct calls calls = {.flow = flow, .caller = b};

	if (b->settled)
		return false;
	b->settled = true;
	settle(flow->arena, b, stack);
	flow->given_up |= b->loops && !settle_loops(flow->arena, b);
	for (size_t i = b->arguments; i < b->count && flow->function_count > 0; i++) {
		calls.node = &b->nodes[i];
		calls.any = origin_of_inputs(b, calls.node);
		if (calls.node->input_count > 0)
			follow_calls(&calls);
	}
	return true;
}

/* ---- what the loader hands over ---- */

/* Where each object is a constant: the node that gives it. */
static struct bytes *read_constants(struct arena *arena, struct bytes objects, size_t *count)
{
	struct bytes *operations = arena_alloc(arena, count_fields(objects, OBJECTS_NODE), sizeof *operations), object, constant;
	struct cursor c = cursor_over(objects);

	for (*count = 0; proto_next_sized(&c, OBJECTS_NODE, &object); ++*count)
		if (proto_bytes(object, OBJECT_CONSTANT, &constant))
			proto_bytes(constant, CONSTANT_OPERATION, &operations[*count]);
	return operations;
}

/* The next of a list of numbers, packed or not; false at its end. */
static bool next_bound(struct cursor *message, struct cursor *packed, uint64_t *out)
{
	struct proto_field f;

	while (cursor_left(packed) == 0 || !cursor_ok(packed)) {
		if (!proto_next(message, &f))
			return false;
		*out = f.integer;
		if (f.number == FUNCTION_BOUND && f.wire == PROTO_VARINT)
			return true;
		*packed = cursor_over(f.number == FUNCTION_BOUND && f.wire == PROTO_SIZED ? f.bytes : BYTES(""));
	}
	*out = proto_varint(packed);
	return true;
}

static size_t count_bound(struct bytes concrete)
{
	struct cursor c = cursor_over(concrete), packed = cursor_over(BYTES(""));
	uint64_t object;
	size_t count = 0;

	while (next_bound(&c, &packed, &object))
		count++;
	return count;
}

/* A function's last arguments are objects of the model that its loader binds to it, and it runs some functions itself. */
static void bind(struct tf_flow *flow, struct tf_body *f, struct bytes concrete, const struct bytes *operations, size_t count)
{
	struct cursor c = cursor_over(concrete), packed = cursor_over(BYTES(""));
	size_t bound = count_bound(concrete);
	uint64_t object;

	flow->left -= bound < flow->left ? bound : flow->left;
	for (size_t i = 0; flow->left > 0 && next_bound(&c, &packed, &object); i++) {
		uint32_t node = object < count && operations[object].len ? find_node(&flow->graph, operations[object]) : 0;
		if (node && bound <= f->arguments)
			hand(flow, f, f->arguments - bound + i, flow->graph.nodes[node - 1].origin);
	}
}

static void bind_objects(struct tf_flow *flow, struct bytes objects)
{
	struct cursor c = cursor_over(objects);
	struct bytes entry, name, concrete;
	size_t count;
	const struct bytes *operations = read_constants(flow->arena, objects, &count);

	while (proto_next_sized(&c, OBJECTS_FUNCTION, &entry) && flow->left > 0) {
		proto_bytes(entry, ENTRY_KEY, &name);
		proto_bytes(entry, ENTRY_VALUE, &concrete);
		const struct name_entry *e = names_find(&flow->names, name);
		for (struct tf_body *f = e ? &flow->functions[e->index] : NULL; f && flow->left > 0; f = f->alike)
			bind(flow, f, concrete, operations, count);
	}
}

void tf_flow_read(struct tf_flow *flow, struct arena *arena, struct bytes graph, struct bytes library, struct bytes objects)
{
	size_t most;
	bool changed = true;

	*flow = (struct tf_flow){.arena = arena, .left = HANDED_LEAST + (uint64_t)graph.len * HANDED_EACH};
	names_init(&flow->names, arena);
	read_body(arena, &flow->graph, graph, BYTES(""));
	read_library(flow, library);
	most = flow->graph.count;
	for (size_t i = 0; i < flow->function_count; i++)
		most = flow->functions[i].count > most ? flow->functions[i].count : most;
	uint32_t *stack = arena_alloc(arena, most + 1, sizeof *stack);
	for (unsigned round = 0; changed && round < ROUNDS_MOST; round++) {
		changed = settle_and_call(flow, &flow->graph, stack);
		if (round == 0)
			bind_objects(flow, objects);
		for (size_t i = 0; i < flow->function_count; i++)
			changed |= settle_and_call(flow, &flow->functions[i], stack);
	}
	flow->given_up |= changed || flow->left == 0;
}

const struct tf_body *tf_flow_function(const struct tf_flow *flow, struct bytes function)
{
	struct bytes signature, name;

	proto_bytes(function, FUNCTION_SIGNATURE, &signature);
	proto_bytes(signature, SIGNATURE_NAME, &name);
	const struct name_entry *e = names_find(&flow->names, name);
	for (const struct tf_body *f = e ? &flow->functions[e->index] : NULL; f; f = f->alike)
		if (bytes_equal(f->message, function))
			return f;
	return NULL;
}
