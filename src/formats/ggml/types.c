#include "formats/ggml/types.h"

#include <stddef.h>

static const struct gguf_type old_types[] = {
	[0] = {1, 4}, [1] = {1, 2}, [2] = {32, 20}, [3] = {32, 24}, [4] = {16, 10}, [5] = {16, 12}, [6] = {32, 22}, [7] = {32, 24}, [8] = {32, 36},
};

const struct gguf_type *ggml_type(enum ggml_era era, uint32_t type)
{
	if (era == GGML_NEW)
		return gguf_type(type);
	return type < sizeof old_types / sizeof *old_types ? &old_types[type] : NULL;
}
