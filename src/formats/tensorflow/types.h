#ifndef FORMATS_TENSORFLOW_TYPES_H
#define FORMATS_TENSORFLOW_TYPES_H

#include "syntax/protobuf.h"

/* The messages of TensorFlow's graphs; those that somebody asks for by name. */
extern const struct proto_type tf_saved_model, tf_meta_graph, tf_graph, tf_library, tf_function, tf_node, tf_attribute_value, tf_tensor, tf_saved_user_object,
	tf_asset_file, tf_any;

#endif
