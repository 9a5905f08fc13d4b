#include "formats/tensorflow/graph.h"

#include "formats/tensorflow/types.h"

enum {
	GRAPH_NODE = 1, GRAPH_LIBRARY = 2, FUNCTION_NODE = 3, FUNCTION_SIGNATURE = 1, LIBRARY_FUNCTION = 1, SIGNATURE_NAME = 1,
	NODE_NAME = 1, NODE_OPERATOR = 2, NODE_ATTRIBUTE = 5,
	ENTRY_KEY = 1, ENTRY_VALUE = 2, VALUE_LIST_OF = 1, VALUE_STRING = 2, LIST_STRING = 2,
	TENSOR_TYPE = 1, TENSOR_SHAPE = 2, TENSOR_CONTENT = 4, TENSOR_STRINGS = 8, SHAPE_DIM = 2, DIM_SIZE = 1, TYPE_STRING = 7,
	INPUTS_MOST = 8, NAME_MOST = 65536, PROBE_NODES = 64,
};

/* ---- strings of a tensor ---- */

static uint64_t count_elements(struct bytes shape)
{
	struct cursor c = cursor_over(shape);
	struct bytes dim;
	uint64_t all = 1, side;

	while (proto_next_sized(&c, SHAPE_DIM, &dim)) {
		proto_integer(dim, DIM_SIZE, &side);
		if (__builtin_mul_overflow(all, side, &all))
			return UINT64_MAX;
	}
	return all;
}

/* tensor_content of strings: all their lengths, then all their bytes (tensorflow/core/platform/tensor_coding.cc). */
void tf_strings_begin(struct tf_strings *s, struct bytes tensor)
{
	struct bytes content, shape;
	uint64_t type;

	*s = (struct tf_strings){0};
	if (!proto_integer(tensor, TENSOR_TYPE, &type) || type != TYPE_STRING)
		return;
	s->values = cursor_over(tensor);
	if (!proto_bytes(tensor, TENSOR_CONTENT, &content))
		return;
	proto_bytes(tensor, TENSOR_SHAPE, &shape);
	s->left = count_elements(shape);
	s->lengths = s->content = cursor_over(content);
	for (uint64_t i = 0; i < s->left && cursor_ok(&s->content); i++)
		proto_varint(&s->content);
	s->left = cursor_ok(&s->content) ? s->left : 0;
}

bool tf_strings_next(struct tf_strings *s, struct bytes *out)
{
	if (proto_next_sized(&s->values, TENSOR_STRINGS, out))
		return true;
	if (s->left == 0)
		return false;
	s->left--;
	*out = cursor_take(&s->content, proto_varint(&s->lengths));
	return cursor_ok(&s->content) && cursor_ok(&s->lengths);
}

/* ---- is it one? ---- */

/* Names of nodes and operators (tensorflow/core/framework/node_def_util.cc), and of functions. */
static bool is_name(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (b.at[i] <= ' ' || b.at[i] >= 0x7F)
			return false;
	return b.len > 0 && b.len < NAME_MOST;
}

static bool is_node(struct bytes b)
{
	struct bytes name, operator;

	return proto_bytes(b, NODE_NAME, &name) && proto_bytes(b, NODE_OPERATOR, &operator) && is_name(name) && is_name(operator);
}

/* Every operator that is registered begins with a capital, or with an underscore; many other messages hold two names. */
static bool names_operator(struct bytes node)
{
	struct bytes b;

	proto_bytes(node, NODE_OPERATOR, &b);
	return (b.at[0] >= 'A' && b.at[0] <= 'Z') || b.at[0] == '_';
}

static bool is_function(struct bytes b)
{
	struct bytes signature, name;
	struct cursor c = cursor_over(b);
	struct bytes node;

	if (!proto_bytes(b, FUNCTION_SIGNATURE, &signature) || !proto_bytes(signature, SIGNATURE_NAME, &name) || !is_name(name))
		return false;
	return !proto_next_sized(&c, FUNCTION_NODE, &node) || is_node(node);
}

static bool is_library(struct bytes b)
{
	struct cursor c = cursor_over(b);
	struct bytes function;

	return proto_next_sized(&c, LIBRARY_FUNCTION, &function) && is_function(function);
}

bool tf_is_graph(struct bytes b, bool strict)
{
	struct cursor c = cursor_over(b);
	struct proto_field f;
	bool likely = false;
	unsigned nodes = 0;

	while (proto_next(&c, &f)) {
		if (f.number == GRAPH_NODE && nodes++ < PROBE_NODES) {
			bool good = f.wire == PROTO_SIZED && is_node(f.bytes);
			if (strict && !good)
				return false;
			likely |= good && names_operator(f.bytes);
		}
		if (f.number == GRAPH_LIBRARY && f.wire == PROTO_SIZED && f.bytes.len)
			likely |= is_library(f.bytes);
	}
	return likely && (cursor_ok(&c) || !strict);
}

/* ---- arguments ---- */

static bool may_be_path(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (b.at[i] == '/' || b.at[i] == '\\' || b.at[i] == ':' || b.at[i] == '.' || b.at[i] == '~')
			return true;
	return false;
}

static void add_inputs(struct operator_pairs *p, const struct tf_body *body, const struct tf_node *n)
{
	for (uint32_t i = 0; i < n->input_count && i < INPUTS_MOST; i++) {
		const struct tf_origin *origin = n->inputs[i] ? &body->nodes[n->inputs[i] - 1].origin : NULL;
		if (origin)
			tf_add_input(p, i, origin->constant, origin->made_up);
	}
}

void tf_add_input(struct operator_pairs *p, unsigned index, struct bytes constant, bool made_up)
{
	static const char *const numbers[INPUTS_MOST] = {"0", "1", "2", "3", "4", "5", "6", "7"};

	if (index < INPUTS_MOST && may_be_path(constant))
		operators_pair(p, bytes_of(numbers[index]), constant);
	if (index < INPUTS_MOST && made_up)
		operators_pair(p, bytes_of(numbers[index]), operators_made_up);
}

void tf_add_attributes(struct operator_pairs *p, struct bytes node)
{
	struct cursor c = cursor_over(node);
	struct bytes entry, key, value, string, list;

	while (proto_next_sized(&c, NODE_ATTRIBUTE, &entry)) {
		proto_bytes(entry, ENTRY_KEY, &key);
		proto_bytes(entry, ENTRY_VALUE, &value);
		if (bytes_start_with(key, BYTES("_")))
			continue;
		if (proto_bytes(value, VALUE_STRING, &string) && may_be_path(string))
			operators_pair(p, key, string);
		if (!proto_bytes(value, VALUE_LIST_OF, &list))
			continue;
		struct cursor strings = cursor_over(list);
		while (proto_next_sized(&strings, LIST_STRING, &string))
			if (may_be_path(string))
				operators_pair(p, key, string);
	}
}

/* ---- the graph ---- */

static void read_graph(struct tf_reading *r, struct bytes graph)
{
	struct bytes library = proto_merged(r->art->arena, graph, GRAPH_LIBRARY), function, signature, name;
	struct cursor c = cursor_over(library);
	bool added;

	while (proto_next_sized(&c, LIBRARY_FUNCTION, &function)) {
		proto_bytes(function, FUNCTION_SIGNATURE, &signature);
		proto_bytes(signature, SIGNATURE_NAME, &name);
		names_add(&r->functions, name, 0, &added);
	}
	r->flow = arena_new(r->art->arena, struct tf_flow);
	tf_flow_read(r->flow, r->art->arena, graph, library, r->objects);
	if (r->flow->given_up)
		artifact_note(r->art, "file.unexamined", r->offset, "hands values on through more functions in a row than are followed");
}

void tf_read_graph(struct tf_reading *r, const struct proto_place *place)
{
	bool function = place->type == &tf_function;

	if (!function)
		read_graph(r, place->message);
	const struct tf_body *body = !r->flow ? NULL : function ? tf_flow_function(r->flow, place->message) : &r->flow->graph;
	for (size_t i = body ? body->arguments : 0; body && i < body->count; i++) {
		const struct tf_node *n = &body->nodes[i];
		struct operator_pairs p = {.count = 0};
		if (bytes_same(n->operator, "Const"))
			continue;
		add_inputs(&p, body, n);
		tf_add_attributes(&p, n->message);
		operators_note(&r->operators, r->nesting ? r->offset : proto_offset(r->walk, n->message, place->offset), n->operator,
			       names_find(&r->functions, n->operator) != NULL, operators_arguments(r->art->arena, p.list, p.count));
	}
}
