#include "types/artifact.h"

#include <stdio.h>
#include <string.h>

void artifact_init(struct artifact *art, struct arena *arena, const struct source *source, const struct format *format)
{
	enum { UNPACK_MOST = 16 << 20 };

	*art = (struct artifact){.arena = arena, .source = source, .format = format, .unpack_most = UNPACK_MOST};
	art->last_part = &art->parts;
	art->last_oddity = &art->oddities;
	art->last_event = &art->events;
}

struct part *artifact_add(struct artifact *art, enum part_kind kind, uint64_t offset, struct bytes name, struct bytes value)
{
	struct part *p = arena_new(art->arena, struct part);

	*p = (struct part){.kind = kind, .offset = offset, .name = name, .value = value};
	*art->last_part = p;
	art->last_part = &p->next;
	return p;
}

struct event *artifact_add_event(struct artifact *art, enum event_kind kind, uint64_t offset, const char *how)
{
	struct event *e = arena_new(art->arena, struct event);

	*e = (struct event){.kind = kind, .offset = offset, .how = how};
	*art->last_event = e;
	art->last_event = &e->next;
	return e;
}

struct oddity *artifact_note(struct artifact *art, const char *id, uint64_t offset, const char *format, ...)
{
	struct oddity *o = arena_new(art->arena, struct oddity);
	char what[512];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	*o = (struct oddity){.id = id, .offset = offset, .what = arena_string(art->arena, bytes_of(what))};
	*art->last_oddity = o;
	art->last_oddity = &o->next;
	return o;
}

void artifact_take(struct artifact *art, struct artifact *from)
{
	*art->last_part = from->parts;
	art->last_part = from->parts ? from->last_part : art->last_part;
	*art->last_oddity = from->oddities;
	art->last_oddity = from->oddities ? from->last_oddity : art->last_oddity;
	art->bytes_read += from->bytes_read;
	artifact_init(from, from->arena, from->source, from->format);
}

bool artifact_has(const struct artifact *art, const char *id)
{
	for (const struct oddity *o = art->oddities; o; o = o->next)
		if (strcmp(o->id, id) == 0)
			return true;
	return false;
}
