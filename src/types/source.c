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

struct bytes source_copy(const struct source *source, struct bytes part, unsigned char *buffer, size_t room)
{
	const struct mapped *m = source->mapped;

	part = bytes_slice(part, 0, room);
	if (!m || part.at < m->content.at || part.at - m->content.at > (ptrdiff_t)(m->content.len - part.len))
		return part;
	return m->read(m, (uint64_t)(part.at - m->content.at), buffer, part.len) ? (struct bytes){buffer, part.len} : part;
}

bool source_may_be_text(const struct source *source)
{
	unsigned char byte = source->first.len ? source->first.at[0] : 0;

	return (byte >= ' ' && byte < 0x7F) || (byte >= '\t' && byte <= '\r') || byte == 0xEF || byte == 0xFE || byte == 0xFF;
}

bool source_begins_as_zip(const struct source *source)
{
	return bytes_start_with(source->first, BYTES("PK\3\4"));
}

struct bytes source_extension(const struct source *source)
{
	struct bytes file = bytes_after_last(bytes_of(source->name), '/');
	struct bytes extension = bytes_after_last(file, '.');

	return extension.len == file.len ? BYTES("") : extension;
}
