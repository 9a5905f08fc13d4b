/* Messages of onnx/onnx.proto (ONNX 1.23), by number and name. */
#include "formats/onnx/types.h"

#include "base/status.h"
#include "syntax/protobuf_types.h"

static const struct proto_word locations[] = {{"DEFAULT", 0}, {"EXTERNAL", 1}, {NULL, 0}};

static const struct proto_type operator_set, training_info, device_configuration, value_info, tensor_annotation,
	node_device_configuration, tensor_segment, type, sharding_spec, type_tensor, type_sequence, type_map, type_opaque,
	type_sparse_tensor, type_optional, integer_entry, sharded_dim, tensor_shape, simple_sharded_dim, tensor_shape_dimension;

static const struct proto_member model_members[] = {
	INTEGER(1, "ir_version"), TEXT(2, "producer_name"), TEXT(3, "producer_version"), TEXT(4, "domain"),
	INTEGER(5, "model_version"), TEXT(6, "doc_string"), MESSAGE(7, "graph", onnx_graph),
	MESSAGES(8, "opset_import", operator_set), MESSAGES(14, "metadata_props", onnx_text_entry),
	MESSAGES(20, "training_info", training_info), MESSAGES(25, "functions", onnx_function),
	MESSAGES(26, "configuration", device_configuration),
};
const struct proto_type onnx_model = TYPE("ModelProto", model_members);

static const struct proto_member graph_members[] = {
	MESSAGES(1, "node", onnx_node), TEXT(2, "name"), MESSAGES(5, "initializer", onnx_tensor), TEXT(10, "doc_string"),
	MESSAGES(11, "input", value_info), MESSAGES(12, "output", value_info), MESSAGES(13, "value_info", value_info),
	MESSAGES(14, "quantization_annotation", tensor_annotation), MESSAGES(15, "sparse_initializer", onnx_sparse_tensor),
	MESSAGES(16, "metadata_props", onnx_text_entry),
};
const struct proto_type onnx_graph = TYPE("GraphProto", graph_members);

static const struct proto_member operator_set_members[] = {
	TEXT(1, "domain"), INTEGER(2, "version"),
};
static const struct proto_type operator_set = TYPE("OperatorSetIdProto", operator_set_members);

static const struct proto_member text_entry_members[] = {
	TEXT(1, "key"), TEXT(2, "value"),
};
const struct proto_type onnx_text_entry = TYPE("StringStringEntryProto", text_entry_members);

static const struct proto_member training_info_members[] = {
	MESSAGE(1, "initialization", onnx_graph), MESSAGE(2, "algorithm", onnx_graph), MESSAGES(3, "initialization_binding", onnx_text_entry),
	MESSAGES(4, "update_binding", onnx_text_entry),
};
static const struct proto_type training_info = TYPE("TrainingInfoProto", training_info_members);

static const struct proto_member function_members[] = {
	TEXT(1, "name"), TEXT(4, "input"), TEXT(5, "output"), TEXT(6, "attribute"), MESSAGES(7, "node", onnx_node),
	TEXT(8, "doc_string"), MESSAGES(9, "opset_import", operator_set), TEXT(10, "domain"),
	MESSAGES(11, "attribute_proto", onnx_attribute), MESSAGES(12, "value_info", value_info), TEXT(13, "overload"),
	MESSAGES(14, "metadata_props", onnx_text_entry),
};
const struct proto_type onnx_function = TYPE("FunctionProto", function_members);

static const struct proto_member device_configuration_members[] = {
	TEXT(1, "name"), INTEGER(2, "num_devices"), TEXT(3, "device"),
};
static const struct proto_type device_configuration = TYPE("DeviceConfigurationProto", device_configuration_members);

static const struct proto_member node_members[] = {
	TEXT(1, "input"), TEXT(2, "output"), TEXT(3, "name"), TEXT(4, "op_type"), MESSAGES(5, "attribute", onnx_attribute),
	TEXT(6, "doc_string"), TEXT(7, "domain"), TEXT(8, "overload"), MESSAGES(9, "metadata_props", onnx_text_entry),
	MESSAGES(10, "device_configurations", node_device_configuration),
};
const struct proto_type onnx_node = TYPE("NodeProto", node_members);

static const struct proto_member tensor_members[] = {
	INTEGER(1, "dims"), INTEGER(2, "data_type"), MESSAGE(3, "segment", tensor_segment), FOUR(4, "float_data"),
	INTEGER(5, "int32_data"), BYTES_FIELD(6, "string_data"), INTEGER(7, "int64_data"), TEXT(8, "name"), BYTES_FIELD(9, "raw_data"),
	EIGHT(10, "double_data"), INTEGER(11, "uint64_data"), TEXT(12, "doc_string"), MESSAGES(13, "external_data", onnx_text_entry),
	WORD(14, "data_location", locations), MESSAGES(16, "metadata_props", onnx_text_entry),
};
const struct proto_type onnx_tensor = TYPE("TensorProto", tensor_members);

static const struct proto_member value_info_members[] = {
	TEXT(1, "name"), MESSAGE(2, "type", type), TEXT(3, "doc_string"), MESSAGES(4, "metadata_props", onnx_text_entry),
};
static const struct proto_type value_info = TYPE("ValueInfoProto", value_info_members);

static const struct proto_member tensor_annotation_members[] = {
	TEXT(1, "tensor_name"), MESSAGES(2, "quant_parameter_tensor_names", onnx_text_entry),
};
static const struct proto_type tensor_annotation = TYPE("TensorAnnotation", tensor_annotation_members);

static const struct proto_member sparse_tensor_members[] = {
	MESSAGE(1, "values", onnx_tensor), MESSAGE(2, "indices", onnx_tensor), INTEGER(3, "dims"),
};
const struct proto_type onnx_sparse_tensor = TYPE("SparseTensorProto", sparse_tensor_members);

static const struct proto_member attribute_members[] = {
	TEXT(1, "name"), FOUR(2, "f"), INTEGER(3, "i"), BYTES_FIELD(4, "s"), MESSAGE(5, "t", onnx_tensor), MESSAGE(6, "g", onnx_graph),
	FOUR(7, "floats"), INTEGER(8, "ints"), BYTES_FIELD(9, "strings"), MESSAGES(10, "tensors", onnx_tensor),
	MESSAGES(11, "graphs", onnx_graph), TEXT(13, "doc_string"), MESSAGE(14, "tp", type), MESSAGES(15, "type_protos", type),
	INTEGER(20, "type"), TEXT(21, "ref_attr_name"), MESSAGE(22, "sparse_tensor", onnx_sparse_tensor),
	MESSAGES(23, "sparse_tensors", onnx_sparse_tensor),
};
const struct proto_type onnx_attribute = TYPE("AttributeProto", attribute_members);

static const struct proto_member node_device_configuration_members[] = {
	TEXT(1, "configuration_id"), MESSAGES(2, "sharding_spec", sharding_spec), INTEGER(3, "pipeline_stage"),
};
static const struct proto_type node_device_configuration = TYPE("NodeDeviceConfigurationProto", node_device_configuration_members);

static const struct proto_member tensor_segment_members[] = {
	INTEGER(1, "begin"), INTEGER(2, "end"),
};
static const struct proto_type tensor_segment = TYPE("Segment", tensor_segment_members);

static const struct proto_member type_members[] = {
	MESSAGE(1, "tensor_type", type_tensor), MESSAGE(4, "sequence_type", type_sequence), MESSAGE(5, "map_type", type_map),
	TEXT(6, "denotation"), MESSAGE(7, "opaque_type", type_opaque), MESSAGE(8, "sparse_tensor_type", type_sparse_tensor),
	MESSAGE(9, "optional_type", type_optional),
};
static const struct proto_type type = TYPE("TypeProto", type_members);

static const struct proto_member sharding_spec_members[] = {
	TEXT(1, "tensor_name"), INTEGER(2, "device"), MESSAGES(3, "index_to_device_group_map", integer_entry),
	MESSAGES(4, "sharded_dim", sharded_dim),
};
static const struct proto_type sharding_spec = TYPE("ShardingSpecProto", sharding_spec_members);

static const struct proto_member type_tensor_members[] = {
	INTEGER(1, "elem_type"), MESSAGE(2, "shape", tensor_shape),
};
static const struct proto_type type_tensor = TYPE("Tensor", type_tensor_members);

static const struct proto_member type_sequence_members[] = {
	MESSAGE(1, "elem_type", type),
};
static const struct proto_type type_sequence = TYPE("Sequence", type_sequence_members);

static const struct proto_member type_map_members[] = {
	INTEGER(1, "key_type"), MESSAGE(2, "value_type", type),
};
static const struct proto_type type_map = TYPE("Map", type_map_members);

static const struct proto_member type_opaque_members[] = {
	TEXT(1, "domain"), TEXT(2, "name"),
};
static const struct proto_type type_opaque = TYPE("Opaque", type_opaque_members);

static const struct proto_member type_sparse_tensor_members[] = {
	INTEGER(1, "elem_type"), MESSAGE(2, "shape", tensor_shape),
};
static const struct proto_type type_sparse_tensor = TYPE("SparseTensor", type_sparse_tensor_members);

static const struct proto_member type_optional_members[] = {
	MESSAGE(1, "elem_type", type),
};
static const struct proto_type type_optional = TYPE("Optional", type_optional_members);

static const struct proto_member integer_entry_members[] = {
	INTEGER(1, "key"), INTEGER(2, "value"),
};
static const struct proto_type integer_entry = TYPE("IntIntListEntryProto", integer_entry_members);

static const struct proto_member sharded_dim_members[] = {
	INTEGER(1, "axis"), MESSAGES(2, "simple_sharding", simple_sharded_dim),
};
static const struct proto_type sharded_dim = TYPE("ShardedDimProto", sharded_dim_members);

static const struct proto_member tensor_shape_members[] = {
	MESSAGES(1, "dim", tensor_shape_dimension),
};
static const struct proto_type tensor_shape = TYPE("TensorShapeProto", tensor_shape_members);

static const struct proto_member simple_sharded_dim_members[] = {
	INTEGER(1, "dim_value"), TEXT(2, "dim_param"), INTEGER(3, "num_shards"),
};
static const struct proto_type simple_sharded_dim = TYPE("SimpleShardedDimProto", simple_sharded_dim_members);

static const struct proto_member tensor_shape_dimension_members[] = {
	INTEGER(1, "dim_value"), TEXT(2, "dim_param"), TEXT(3, "denotation"),
};
static const struct proto_type tensor_shape_dimension = TYPE("Dimension", tensor_shape_dimension_members);

