#ifndef FORMATS_GGML_TYPES_H
#define FORMATS_GGML_TYPES_H

#include "formats/gguf/types.h"

/* Blocks lost two bytes of scale each when scales became 16 bits wide (May 2023). */
enum ggml_era { GGML_OLD, GGML_NEW };

/* NULL when there is none of that number. */
const struct gguf_type *ggml_type(enum ggml_era era, uint32_t type);

#endif
