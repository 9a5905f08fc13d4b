#ifndef FORMATS_GGUF_TYPES_H
#define FORMATS_GGUF_TYPES_H

#include <stdint.h>

/* A tensor type of ggml: `block` elements take `size` bytes (ggml/src/ggml.c, type_traits). */
struct gguf_type {
	uint16_t block;     /* 0: the type was removed */
	uint16_t size;
};

/* NULL for types newer than this table. */
const struct gguf_type *gguf_type(uint32_t type);

#endif
