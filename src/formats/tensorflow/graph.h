#ifndef FORMATS_TENSORFLOW_GRAPH_H
#define FORMATS_TENSORFLOW_GRAPH_H

#include "formats/tensorflow/flow.h"
#include "syntax/protobuf.h"

/* What is known while one file is read. */
struct tf_reading {
	struct artifact *art;
	struct proto_walk *walk;        /* of the graph that is being read: the file's, or one in a string of it */
	struct operator_log operators;
	struct name_set functions;      /* those the file defines */
	struct tf_flow *flow;           /* of the graph that is being read */
	struct bytes objects;           /* the objects that the loader makes around it */
	unsigned nesting;               /* graphs within strings of graphs */
	uint64_t offset;                /* of the string that holds it, when nested */
};

/* Notes the operators of a GraphDef, or of a FunctionDef, each with its constant arguments. */
void tf_read_graph(struct tf_reading *r, const struct proto_place *place);

/* Its arguments: those attributes of a NodeDef that may be paths, and what is known of an input. */
void tf_add_attributes(struct operator_pairs *p, struct bytes node);
void tf_add_input(struct operator_pairs *p, unsigned index, struct bytes constant, bool made_up);

/* Strings of a TensorProto, whichever way they are written. */
struct tf_strings {
	struct cursor values;           /* over string_val */
	struct cursor lengths, content; /* over tensor_content */
	uint64_t left;
	struct bytes message;
};

void tf_strings_begin(struct tf_strings *s, struct bytes tensor);
bool tf_strings_next(struct tf_strings *s, struct bytes *out);

/*
 * Is this a GraphDef with a node that names an operator?  Strictly: each of its
 * first nodes does, and it is whole to its end.  Otherwise one is enough.
 */
bool tf_is_graph(struct bytes b, bool strict);

#endif
