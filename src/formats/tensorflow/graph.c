#include "formats/tensorflow/graph.h"

#include "base/path.h"
#include "formats/tensorflow/types.h"

enum {
	GRAPH_NODE = 1, GRAPH_LIBRARY = 2, FUNCTION_NODE = 3, FUNCTION_SIGNATURE = 1, LIBRARY_FUNCTION = 1, SIGNATURE_NAME = 1,
	NODE_NAME = 1, NODE_OPERATOR = 2, NODE_INPUT = 3, NODE_ATTRIBUTE = 5,
	ENTRY_KEY = 1, ENTRY_VALUE = 2, VALUE_LIST_OF = 1, VALUE_STRING = 2, VALUE_TENSOR = 8, LIST_STRING = 2,
	TENSOR_TYPE = 1, TENSOR_SHAPE = 2, TENSOR_CONTENT = 4, TENSOR_STRINGS = 8, SHAPE_DIM = 2, DIM_SIZE = 1, TYPE_STRING = 7,
	INPUTS_MOST = 8, PAIRS_MOST = 24, ANCESTORS_MOST = 16, STRINGS_MOST = 256, PROBE_NODES = 64,
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
	return b.len > 0 && b.len < 4096;
}

static bool is_node(struct bytes b)
{
	struct bytes name, operator;

	return proto_bytes(b, NODE_NAME, &name) && proto_bytes(b, NODE_OPERATOR, &operator) && is_name(name) && is_name(operator) &&
	       operator.len < 256;
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

/* ---- constants ---- */

struct graph_node {
	struct bytes message, operator;
	uint64_t offset;
	uint32_t inputs[INPUTS_MOST];   /* nodes of this graph, from 1; 0 for what is none */
	struct bytes constant;          /* what it is made of, once somebody asked */
	bool resolved, read;
	struct bytes own;               /* the string of a Const, once somebody asked */
};

struct graph {
	struct tf_reading *r;
	struct graph_node *nodes;
	size_t count;
	struct name_set names;
};

/* Of several strings the one that leads out of the model counts, else the first. */
static void keep(struct bytes *kept, struct bytes found)
{
	if (kept->len == 0 || (!path_leads_out(*kept) && path_leads_out(found)))
		*kept = found;
}

static void keep_strings(struct arena *arena, struct bytes node, struct bytes *kept)
{
	struct cursor c = cursor_over(node);
	struct bytes entry, key, string;
	struct tf_strings strings;

	while (proto_next_sized(&c, NODE_ATTRIBUTE, &entry)) {
		proto_bytes(entry, ENTRY_KEY, &key);
		if (!bytes_same(key, "value"))
			continue;
		tf_strings_begin(&strings, proto_merged(arena, proto_merged(arena, entry, ENTRY_VALUE), VALUE_TENSOR));
		for (unsigned i = 0; i < STRINGS_MOST && tf_strings_next(&strings, &string); i++)
			keep(kept, string);
	}
}

/* "name", "name:0", "name:output:0"; "^name" is an order, not a value. */
static uint32_t find_node(const struct graph *g, struct bytes input)
{
	struct bytes name = bytes_slice(input, 0, bytes_find_byte(input, ':'));
	const struct name_entry *e = names_find(&g->names, name);

	return e && e->index < UINT32_MAX ? (uint32_t)e->index + 1 : 0;
}

static struct bytes own_string(struct graph *g, struct graph_node *n)
{
	if (!n->read && bytes_same(n->operator, "Const"))
		keep_strings(g->r->art->arena, n->message, &n->own);
	n->read = true;
	return n->own;
}

/* What a node is made of, as far as constants of this graph tell: looks through what stands between, some steps far. */
static struct bytes resolve(struct graph *g, uint32_t node)
{
	uint32_t pending[ANCESTORS_MOST] = {node};
	struct graph_node *asked = node ? &g->nodes[node - 1] : NULL;

	if (!asked || asked->resolved)
		return asked ? asked->constant : BYTES("");
	for (size_t i = 0, count = 1; i < count; i++) {
		struct graph_node *n = &g->nodes[pending[i] - 1];
		keep(&asked->constant, own_string(g, n));
		for (size_t k = 0; k < INPUTS_MOST && count < ANCESTORS_MOST; k++) {
			bool known = n->inputs[k] == 0;
			for (size_t old = 0; old < count; old++)
				known |= pending[old] == n->inputs[k];
			if (!known)
				pending[count++] = n->inputs[k];
		}
	}
	asked->resolved = true;
	return asked->constant;
}

/* ---- arguments ---- */

struct pairs {
	struct bytes list[PAIRS_MOST];
	size_t count;
};

static void add_pair(struct pairs *p, struct bytes key, struct bytes value)
{
	if (p->count + 2 > PAIRS_MOST || value.len == 0)
		return;
	p->list[p->count++] = key;
	p->list[p->count++] = value;
}

static bool may_be_path(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (b.at[i] == '/' || b.at[i] == '\\' || b.at[i] == ':' || b.at[i] == '.' || b.at[i] == '~')
			return true;
	return false;
}

static void add_inputs(struct pairs *p, struct graph *g, const struct graph_node *n)
{
	static const char *const numbers[INPUTS_MOST] = {"0", "1", "2", "3", "4", "5", "6", "7"};

	for (size_t i = 0; i < INPUTS_MOST; i++) {
		struct bytes constant = resolve(g, n->inputs[i]);
		if (may_be_path(constant))
			add_pair(p, bytes_of(numbers[i]), constant);
	}
}

static void add_attributes(struct pairs *p, struct bytes node)
{
	struct cursor c = cursor_over(node);
	struct bytes entry, key, value, string, list;

	while (proto_next_sized(&c, NODE_ATTRIBUTE, &entry)) {
		proto_bytes(entry, ENTRY_KEY, &key);
		proto_bytes(entry, ENTRY_VALUE, &value);
		if (bytes_start_with(key, BYTES("_")))
			continue;
		if (proto_bytes(value, VALUE_STRING, &string) && may_be_path(string))
			add_pair(p, key, string);
		if (!proto_bytes(value, VALUE_LIST_OF, &list))
			continue;
		struct cursor strings = cursor_over(list);
		while (proto_next_sized(&strings, LIST_STRING, &string))
			if (may_be_path(string))
				add_pair(p, key, string);
	}
}

/* ---- the graph ---- */

static void add_functions(struct tf_reading *r, struct bytes graph)
{
	struct bytes library = proto_merged(r->art->arena, graph, GRAPH_LIBRARY), function, signature, name;
	struct cursor c = cursor_over(library);
	bool added;

	while (proto_next_sized(&c, LIBRARY_FUNCTION, &function)) {
		proto_bytes(function, FUNCTION_SIGNATURE, &signature);
		proto_bytes(signature, SIGNATURE_NAME, &name);
		names_add(&r->functions, name, 0, &added);
	}
}

static size_t count_nodes(struct bytes message, uint32_t number)
{
	struct cursor c = cursor_over(message);
	struct bytes node;
	size_t count = 0;

	while (proto_next_sized(&c, number, &node))
		count++;
	return count;
}

static void read_nodes(struct graph *g, const struct proto_place *place, uint32_t number)
{
	struct cursor c = cursor_over(place->message);
	struct bytes message, name;
	bool added;

	g->nodes = arena_alloc(g->r->art->arena, count_nodes(place->message, number), sizeof *g->nodes);
	while (proto_next_sized(&c, number, &message)) {
		struct graph_node *n = &g->nodes[g->count];
		n->message = message;
		n->offset = proto_offset(g->r->walk, message, place->offset);
		proto_bytes(message, NODE_OPERATOR, &n->operator);
		proto_bytes(message, NODE_NAME, &name);
		names_add(&g->names, name, g->count++, &added);
	}
}

static void read_inputs(struct graph *g)
{
	for (size_t i = 0; i < g->count; i++) {
		struct cursor c = cursor_over(g->nodes[i].message);
		struct bytes input;
		for (size_t k = 0; k < INPUTS_MOST && proto_next_sized(&c, NODE_INPUT, &input); k++)
			g->nodes[i].inputs[k] = find_node(g, input);
	}
}

void tf_read_graph(struct tf_reading *r, const struct proto_place *place)
{
	bool function = place->type == &tf_function;
	struct graph g = {.r = r};

	names_init(&g.names, r->art->arena);
	if (!function)
		add_functions(r, place->message);
	read_nodes(&g, place, function ? FUNCTION_NODE : GRAPH_NODE);
	read_inputs(&g);
	for (size_t i = 0; i < g.count; i++) {
		const struct graph_node *n = &g.nodes[i];
		struct pairs p = {0};
		if (bytes_same(n->operator, "Const"))
			continue;
		add_inputs(&p, &g, n);
		add_attributes(&p, n->message);
		operators_note(&r->operators, r->nesting ? r->offset : n->offset, n->operator, names_find(&r->functions, n->operator) != NULL,
			       operators_arguments(r->art->arena, p.list, p.count));
	}
}
