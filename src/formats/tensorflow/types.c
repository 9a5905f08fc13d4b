/* Messages of TensorFlow 2.21 (tensorflow/core/protobuf, tensorflow/core/framework), by number and name. */
#include "formats/tensorflow/types.h"

#include "base/status.h"
#include "syntax/protobuf_types.h"

static const struct proto_word data_types[] = {
	{"DT_FLOAT", 1}, {"DT_DOUBLE", 2}, {"DT_INT32", 3}, {"DT_UINT8", 4}, {"DT_INT16", 5}, {"DT_INT8", 6}, {"DT_STRING", 7}, {"DT_COMPLEX64", 8}, {"DT_INT64", 9},
	{"DT_BOOL", 10}, {"DT_RESOURCE", 20}, {"DT_VARIANT", 21}, {NULL, 0},
};

static const struct proto_type meta_info, collection_entry, signature_entry, object_graph, text_entry, version, collection,
	signature, saved_object, attribute_entry, node_experimental_debug_info, full_type, gradient, registered_gradient,
	collection_node_list, collection_bytes_list, collection_int64_list, collection_float_list, collection_any_list,
	signature_inputs_entry, signature_outputs_entry, signature_defaults_entry, operator, function_arg_attr_entry,
	attribute_list, tensor_shape, called_function, operator_argument, operator_attribute, op_deprecation, function_arg_attrs,
	resource_handle, variant_tensor_data, tensor_shape_dim, resource_handle_dtype_and_shape;

static const struct proto_member saved_model_members[] = {
	INTEGER(1, "saved_model_schema_version"), MESSAGES(2, "meta_graphs", tf_meta_graph),
};
const struct proto_type tf_saved_model = TYPE("SavedModel", saved_model_members);

static const struct proto_member meta_graph_members[] = {
	MESSAGE(1, "meta_info_def", meta_info), MESSAGE(2, "graph_def", tf_graph), MESSAGES(4, "collection_def", collection_entry),
	MESSAGES(5, "signature_def", signature_entry), MESSAGES(6, "asset_file_def", tf_asset_file),
	MESSAGE(7, "object_graph_def", object_graph),
};
const struct proto_type tf_meta_graph = TYPE("MetaGraphDef", meta_graph_members);

static const struct proto_member meta_info_members[] = {
	TEXT(1, "meta_graph_version"), MESSAGE(3, "any_info", tf_any), TEXT(4, "tags"), TEXT(5, "tensorflow_version"),
	TEXT(6, "tensorflow_git_version"), INTEGER(7, "stripped_default_attrs"), MESSAGES(8, "function_aliases", text_entry),
};
static const struct proto_type meta_info = TYPE("MetaInfoDef", meta_info_members);

static const struct proto_member graph_members[] = {
	MESSAGES(1, "node", tf_node), MESSAGE(2, "library", tf_library), INTEGER(3, "version"), MESSAGE(4, "versions", version),
};
const struct proto_type tf_graph = TYPE("GraphDef", graph_members);

static const struct proto_member collection_entry_members[] = {
	TEXT(1, "key"), MESSAGE(2, "value", collection),
};
static const struct proto_type collection_entry = TYPE("CollectionDefEntry", collection_entry_members);

static const struct proto_member signature_entry_members[] = {
	TEXT(1, "key"), MESSAGE(2, "value", signature),
};
static const struct proto_type signature_entry = TYPE("SignatureDefEntry", signature_entry_members);

static const struct proto_member asset_file_members[] = {
	TEXT(2, "filename"),
};
const struct proto_type tf_asset_file = TYPE("AssetFileDef", asset_file_members);

static const struct proto_member object_graph_members[] = {
	MESSAGES(1, "nodes", saved_object),
};
static const struct proto_type object_graph = TYPE("SavedObjectGraph", object_graph_members);

static const struct proto_member any_members[] = {
	TEXT(1, "type_url"), BYTES_FIELD(2, "value"),
};
const struct proto_type tf_any = TYPE("Any", any_members);

static const struct proto_member text_entry_members[] = {
	TEXT(1, "key"), TEXT(2, "value"),
};
static const struct proto_type text_entry = TYPE("FunctionAliasesEntry", text_entry_members);

static const struct proto_member node_members[] = {
	TEXT(1, "name"), TEXT(2, "op"), TEXT(3, "input"), TEXT(4, "device"), MESSAGES(5, "attr", attribute_entry),
	MESSAGE(6, "experimental_debug_info", node_experimental_debug_info), MESSAGE(7, "experimental_type", full_type),
};
const struct proto_type tf_node = TYPE("NodeDef", node_members);

static const struct proto_member library_members[] = {
	MESSAGES(1, "function", tf_function), MESSAGES(2, "gradient", gradient),
	MESSAGES(3, "registered_gradients", registered_gradient),
};
const struct proto_type tf_library = TYPE("FunctionDefLibrary", library_members);

static const struct proto_member version_members[] = {
	INTEGER(1, "producer"), INTEGER(2, "min_consumer"), INTEGER(3, "bad_consumers"),
};
static const struct proto_type version = TYPE("VersionDef", version_members);

static const struct proto_member collection_members[] = {
	MESSAGE(1, "node_list", collection_node_list), MESSAGE(2, "bytes_list", collection_bytes_list),
	MESSAGE(3, "int64_list", collection_int64_list), MESSAGE(4, "float_list", collection_float_list),
	MESSAGE(5, "any_list", collection_any_list),
};
static const struct proto_type collection = TYPE("CollectionDef", collection_members);

static const struct proto_member signature_members[] = {
	MESSAGES(1, "inputs", signature_inputs_entry), MESSAGES(2, "outputs", signature_outputs_entry), TEXT(3, "method_name"),
	MESSAGES(4, "defaults", signature_defaults_entry),
};
static const struct proto_type signature = TYPE("SignatureDef", signature_members);

static const struct proto_member saved_object_members[] = {
	MESSAGE(4, "user_object", tf_saved_user_object), TEXT(13, "registered_name"), MESSAGE(14, "serialized_user_proto", tf_any),
	TEXT(16, "registered_saver"),
};
static const struct proto_type saved_object = TYPE("SavedObject", saved_object_members);

static const struct proto_member attribute_entry_members[] = {
	TEXT(1, "key"), MESSAGE(2, "value", tf_attribute_value),
};
static const struct proto_type attribute_entry = TYPE("AttrEntry", attribute_entry_members);

static const struct proto_member node_experimental_debug_info_members[] = {
	TEXT(1, "original_node_names"), TEXT(2, "original_func_names"),
};
static const struct proto_type node_experimental_debug_info = TYPE("ExperimentalDebugInfo", node_experimental_debug_info_members);

static const struct proto_member full_type_members[] = {
	INTEGER(1, "type_id"), MESSAGES(2, "args", full_type), TEXT(3, "s"), INTEGER(4, "i"),
};
static const struct proto_type full_type = TYPE("FullTypeDef", full_type_members);

static const struct proto_member function_members[] = {
	MESSAGE(1, "signature", operator), MESSAGES(3, "node_def", tf_node), MESSAGES(4, "ret", text_entry),
	MESSAGES(5, "attr", attribute_entry), MESSAGES(6, "control_ret", text_entry),
	MESSAGES(7, "arg_attr", function_arg_attr_entry),
};
const struct proto_type tf_function = TYPE("FunctionDef", function_members);

static const struct proto_member gradient_members[] = {
	TEXT(1, "function_name"), TEXT(2, "gradient_func"),
};
static const struct proto_type gradient = TYPE("GradientDef", gradient_members);

static const struct proto_member registered_gradient_members[] = {
	TEXT(1, "gradient_func"), TEXT(2, "registered_op_type"),
};
static const struct proto_type registered_gradient = TYPE("RegisteredGradient", registered_gradient_members);

static const struct proto_member collection_node_list_members[] = {
	TEXT(1, "value"),
};
static const struct proto_type collection_node_list = TYPE("NodeList", collection_node_list_members);

static const struct proto_member collection_bytes_list_members[] = {
	BYTES_FIELD(1, "value"),
};
static const struct proto_type collection_bytes_list = TYPE("BytesList", collection_bytes_list_members);

static const struct proto_member collection_int64_list_members[] = {
	INTEGER(1, "value"),
};
static const struct proto_type collection_int64_list = TYPE("Int64List", collection_int64_list_members);

static const struct proto_member collection_float_list_members[] = {
	FOUR(1, "value"),
};
static const struct proto_type collection_float_list = TYPE("FloatList", collection_float_list_members);

static const struct proto_member collection_any_list_members[] = {
	MESSAGES(1, "value", tf_any),
};
static const struct proto_type collection_any_list = TYPE("AnyList", collection_any_list_members);

static const struct proto_member signature_inputs_entry_members[] = {
	TEXT(1, "key"),
};
static const struct proto_type signature_inputs_entry = TYPE("InputsEntry", signature_inputs_entry_members);

static const struct proto_member signature_outputs_entry_members[] = {
	TEXT(1, "key"),
};
static const struct proto_type signature_outputs_entry = TYPE("OutputsEntry", signature_outputs_entry_members);

static const struct proto_member signature_defaults_entry_members[] = {
	TEXT(1, "key"), MESSAGE(2, "value", tf_tensor),
};
static const struct proto_type signature_defaults_entry = TYPE("DefaultsEntry", signature_defaults_entry_members);

static const struct proto_member saved_user_object_members[] = {
	TEXT(1, "identifier"), MESSAGE(2, "version", version), TEXT(3, "metadata"),
};
const struct proto_type tf_saved_user_object = TYPE("SavedUserObject", saved_user_object_members);

static const struct proto_member attribute_value_members[] = {
	MESSAGE(1, "list", attribute_list), BYTES_FIELD(2, "s"), INTEGER(3, "i"), FOUR(4, "f"), INTEGER(5, "b"),
	WORD(6, "type", data_types), MESSAGE(7, "shape", tensor_shape), MESSAGE(8, "tensor", tf_tensor), TEXT(9, "placeholder"),
	MESSAGE(10, "func", called_function),
};
const struct proto_type tf_attribute_value = TYPE("AttrValue", attribute_value_members);

static const struct proto_member operator_members[] = {
	TEXT(1, "name"), MESSAGES(2, "input_arg", operator_argument), MESSAGES(3, "output_arg", operator_argument),
	MESSAGES(4, "attr", operator_attribute), TEXT(5, "summary"), TEXT(6, "description"),
	MESSAGE(8, "deprecation", op_deprecation), INTEGER(16, "is_aggregate"), INTEGER(17, "is_stateful"),
	INTEGER(18, "is_commutative"), INTEGER(19, "allows_uninitialized_input"), TEXT(20, "control_output"),
	INTEGER(21, "is_distributed_communication"),
};
static const struct proto_type operator = TYPE("OpDef", operator_members);

static const struct proto_member function_arg_attr_entry_members[] = {
	INTEGER(1, "key"), MESSAGE(2, "value", function_arg_attrs),
};
static const struct proto_type function_arg_attr_entry = TYPE("ArgAttrEntry", function_arg_attr_entry_members);

static const struct proto_member tensor_members[] = {
	WORD(1, "dtype", data_types), MESSAGE(2, "tensor_shape", tensor_shape), INTEGER(3, "version_number"),
	BYTES_FIELD(4, "tensor_content"), FOUR(5, "float_val"), EIGHT(6, "double_val"), INTEGER(7, "int_val"), BYTES_FIELD(8, "string_val"),
	FOUR(9, "scomplex_val"), INTEGER(10, "int64_val"), INTEGER(11, "bool_val"), EIGHT(12, "dcomplex_val"),
	INTEGER(13, "half_val"), MESSAGES(14, "resource_handle_val", resource_handle),
	MESSAGES(15, "variant_val", variant_tensor_data), INTEGER(16, "uint32_val"), INTEGER(17, "uint64_val"),
	BYTES_FIELD(18, "float8_val"),
};
const struct proto_type tf_tensor = TYPE("TensorProto", tensor_members);

static const struct proto_member attribute_list_members[] = {
	BYTES_FIELD(2, "s"), INTEGER(3, "i"), FOUR(4, "f"), INTEGER(5, "b"), WORD(6, "type", data_types),
	MESSAGES(7, "shape", tensor_shape), MESSAGES(8, "tensor", tf_tensor), MESSAGES(9, "func", called_function),
};
static const struct proto_type attribute_list = TYPE("ListValue", attribute_list_members);

static const struct proto_member tensor_shape_members[] = {
	MESSAGES(2, "dim", tensor_shape_dim), INTEGER(3, "unknown_rank"),
};
static const struct proto_type tensor_shape = TYPE("TensorShapeProto", tensor_shape_members);

static const struct proto_member called_function_members[] = {
	TEXT(1, "name"), MESSAGES(2, "attr", attribute_entry),
};
static const struct proto_type called_function = TYPE("NameAttrList", called_function_members);

static const struct proto_member operator_argument_members[] = {
	TEXT(1, "name"), TEXT(2, "description"), WORD(3, "type", data_types), TEXT(4, "type_attr"), TEXT(5, "number_attr"),
	TEXT(6, "type_list_attr"), MESSAGES(7, "handle_data", resource_handle_dtype_and_shape), INTEGER(16, "is_ref"),
	MESSAGE(17, "experimental_full_type", full_type),
};
static const struct proto_type operator_argument = TYPE("ArgDef", operator_argument_members);

static const struct proto_member operator_attribute_members[] = {
	TEXT(1, "name"), TEXT(2, "type"), MESSAGE(3, "default_value", tf_attribute_value), TEXT(4, "description"),
	INTEGER(5, "has_minimum"), INTEGER(6, "minimum"), MESSAGE(7, "allowed_values", tf_attribute_value),
};
static const struct proto_type operator_attribute = TYPE("AttrDef", operator_attribute_members);

static const struct proto_member op_deprecation_members[] = {
	INTEGER(1, "version"), TEXT(2, "explanation"),
};
static const struct proto_type op_deprecation = TYPE("OpDeprecation", op_deprecation_members);

static const struct proto_member function_arg_attrs_members[] = {
	MESSAGES(1, "attr", attribute_entry),
};
static const struct proto_type function_arg_attrs = TYPE("ArgAttrs", function_arg_attrs_members);

static const struct proto_member resource_handle_members[] = {
	TEXT(1, "device"), TEXT(2, "container"), TEXT(3, "name"), INTEGER(4, "hash_code"), TEXT(5, "maybe_type_name"),
	MESSAGES(6, "dtypes_and_shapes", resource_handle_dtype_and_shape),
};
static const struct proto_type resource_handle = TYPE("ResourceHandleProto", resource_handle_members);

static const struct proto_member variant_tensor_data_members[] = {
	TEXT(1, "type_name"), BYTES_FIELD(2, "metadata"), MESSAGES(3, "tensors", tf_tensor),
};
static const struct proto_type variant_tensor_data = TYPE("VariantTensorDataProto", variant_tensor_data_members);

static const struct proto_member tensor_shape_dim_members[] = {
	INTEGER(1, "size"), TEXT(2, "name"),
};
static const struct proto_type tensor_shape_dim = TYPE("Dim", tensor_shape_dim_members);

static const struct proto_member resource_handle_dtype_and_shape_members[] = {
	WORD(1, "dtype", data_types), MESSAGE(2, "shape", tensor_shape),
};
static const struct proto_type resource_handle_dtype_and_shape = TYPE("DtypeAndShape", resource_handle_dtype_and_shape_members);

