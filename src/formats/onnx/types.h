#ifndef FORMATS_ONNX_TYPES_H
#define FORMATS_ONNX_TYPES_H

#include "syntax/protobuf.h"

/* The messages of an ONNX model; those that somebody asks for by name. */
extern const struct proto_type onnx_model, onnx_graph, onnx_node, onnx_attribute, onnx_tensor, onnx_sparse_tensor, onnx_function, onnx_text_entry;

#endif
