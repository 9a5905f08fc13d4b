#include "types/source.h"

void source_looked(const struct source *source, uint64_t head, uint64_t tail)
{
	if (!source->looked)
		return;
	if (head > source->looked->head)
		source->looked->head = head;
	if (tail > source->looked->tail)
		source->looked->tail = tail;
}

struct bytes source_extension(const struct source *source)
{
	struct bytes file = bytes_after_last(bytes_of(source->name), '/');
	struct bytes extension = bytes_after_last(file, '.');

	return extension.len == file.len ? BYTES("") : extension;
}
