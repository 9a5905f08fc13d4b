#include "types/source.h"

struct bytes source_extension(const struct source *source)
{
	struct bytes file = bytes_after_last(bytes_of(source->name), '/');
	struct bytes extension = bytes_after_last(file, '.');

	return extension.len == file.len ? BYTES("") : extension;
}
