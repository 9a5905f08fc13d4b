#ifndef FORMATS_TENSORFLOW_FLOW_H
#define FORMATS_TENSORFLOW_FLOW_H

#include "formats/graph/operators.h"

/*
 * Where the strings of a graph come from.  Constants are followed from node to
 * node, and through calls into the functions they are handed to, so that a path
 * is found wherever it is used.
 */

/* What a value is made of. */
struct tf_origin {
	struct bytes constant;      /* a string in it: one that leads out of the model before any other */
	bool made_up;               /* some of it is put together when the graph runs */
};

struct tf_node {
	struct bytes message;       /* empty for an argument of a function */
	struct bytes operator;
	const uint32_t *inputs;     /* nodes of the same graph, from 1; 0 for what is none */
	uint32_t input_count;
	uint32_t next;              /* input to look at when the walk comes back to it */
	enum { ORIGIN_OPEN = 1, ORIGIN_KNOWN } state;
	struct tf_origin origin;
};

/* The nodes of a graph or function; the arguments of a function are nodes too, and the first. */
struct tf_body {
	struct bytes name, message;
	struct tf_node *nodes;
	size_t count, arguments;
	struct name_set names;
	struct tf_body *alike;      /* another function of the same name */
	bool loops;                 /* some node waits for itself */
	bool settled;               /* its origins are those its arguments have now */
};

/* A graph and the functions of its library. */
struct tf_flow {
	struct arena *arena;
	struct tf_body graph;
	struct tf_body *functions;
	size_t function_count;
	struct name_set names;      /* of the functions */
	uint64_t left;              /* values that may still be handed to functions */
	bool given_up;              /* calls or loops were nested deeper than values are followed */
};

/* Reads a GraphDef and settles every origin in it; `library`: all its libraries as one message; `objects`: the SavedObjectGraph beside it. */
void tf_flow_read(struct tf_flow *flow, struct arena *arena, struct bytes graph, struct bytes library, struct bytes objects);

/* The body of this FunctionDef; NULL when the library does not hold it. */
const struct tf_body *tf_flow_function(const struct tf_flow *flow, struct bytes function);

#endif
