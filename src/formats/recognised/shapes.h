#ifndef FORMATS_RECOGNISED_SHAPES_H
#define FORMATS_RECOGNISED_SHAPES_H

#include "types/source.h"

/* Formats that no first bytes tell: each looks at the structure, and says no to what only resembles it. */

bool looks_like_coreml(struct bytes in);            /* protocol buffers */
bool looks_like_paddle_program(struct bytes in);
bool looks_like_paddle_weights(struct bytes in);
bool looks_like_caffe_weights(struct bytes in);
bool looks_like_sentencepiece(struct bytes in);
bool looks_like_java_class(struct bytes in);
bool looks_like_flax(struct bytes in);              /* MessagePack */
bool looks_like_r_values(struct bytes in);
bool looks_like_windows_program(struct bytes in);
bool looks_like_mac_program(struct bytes in);
bool looks_like_parquet(struct bytes in);

/* May one of them that is neither protocol buffers nor begins with a letter begin so? */
bool binary_may_begin(struct bytes first);

bool looks_like_darknet(struct bytes in);
bool looks_like_tensorflow_js(struct bytes in);
bool looks_like_openvino(struct bytes in);          /* texts */
bool looks_like_caffe_network(struct bytes in);
bool looks_like_coreml_program(struct bytes in);

/* JSON, told by the names at its top. */
bool looks_like_mxnet_symbol(struct bytes in);
bool looks_like_coreml_package(struct bytes in);
bool looks_like_image_layout(struct bytes in);
bool looks_like_image_index(struct bytes in);

#endif
