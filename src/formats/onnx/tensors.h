#ifndef FORMATS_ONNX_TENSORS_H
#define FORMATS_ONNX_TENSORS_H

#include "formats/graph/operators.h"
#include "syntax/protobuf.h"

/* The files beside a model that hold data of its tensors. */
struct onnx_files {
	struct name_set names;
	struct text list;           /* the first few, for people */
	uint64_t first_at;
};

/* Judges a TensorProto: its size, and where its data lies. */
void onnx_read_tensor(struct artifact *art, struct onnx_files *files, const struct proto_walk *walk, const struct proto_place *place);

/* A path beside the model that a runtime would open: noted, or reported when it leads out. */
void onnx_judge_location(struct artifact *art, struct onnx_files *files, uint64_t offset, struct bytes location);

#endif
