#ifndef TYPES_ARTIFACT_H
#define TYPES_ARTIFACT_H

#include "types/packing.h"
#include "types/program.h"
#include "types/source.h"
#include "types/template.h"

enum part_kind {
	PART_METADATA,      /* a key and its text */
	PART_TENSOR,        /* a name and its bytes */
	PART_TEMPLATE,      /* a text that a loader renders as a Jinja template */
	PART_EMBEDDED,      /* a file within the file */
};


/* One fact a parser found, in words no format owns. */
struct part {
	enum part_kind kind;
	uint64_t offset;
	struct bytes name, value;
	enum packing packing;       /* of PART_EMBEDDED */
	uint64_t unpacked;          /* size it claims, or 0 when it does not say */
	uint32_t crc;               /* CRC-32 it claims, if it has one */
	bool has_crc;
	enum reader reader;
	const struct template *template;    /* of PART_TEMPLATE */
	bool guessed;               /* nothing says that it is a file, or a template: look at it only in case it is */
	struct part *next;
};

/*
 * Something about the file that a reader should know: its `id` is that of the
 * check that explains it.  "file.malformed" and "file.unexamined" are the two
 * that say why the rest was not examined.
 */
struct oddity {
	const char *id;
	uint64_t offset;
	const char *what;           /* a clause that completes "FILE ..." */
	uint32_t loaders;           /* whom it concerns, or 0 for all */
	struct oddity *next;
};

/* What a source turned out to be. Owned by the arena of the scan. */
struct artifact {
	struct arena *arena;
	const struct source *source;
	const struct format *format;
	struct part *parts, **last_part;
	struct oddity *oddities, **last_oddity;
	struct event *events, **last_event;
	uint64_t bytes_read;        /* of the source, by the parser: what was examined, not what was skipped */
	uint64_t unpack_most, unpacked;     /* bytes a parser may unpack by itself, and what it did */
};

void artifact_init(struct artifact *art, struct arena *arena, const struct source *source, const struct format *format);

struct part *artifact_add(struct artifact *art, enum part_kind kind, uint64_t offset, struct bytes name, struct bytes value);
struct event *artifact_add_event(struct artifact *art, enum event_kind kind, uint64_t offset, const char *how);

/* `id` and the text of `format` live on: the first is constant, the second is copied. */
PRINTF_LIKE(4, 5) struct oddity *artifact_note(struct artifact *art, const char *id, uint64_t offset, const char *format, ...);

/* Parts and oddities that were found before it was known whose they are: `from` keeps none. */
void artifact_take(struct artifact *art, struct artifact *from);

/* Has an oddity of this id been noted? */
bool artifact_has(const struct artifact *art, const char *id);

#define artifact_each(art, p) for (const struct part *p = (art)->parts; p; p = p->next)

#endif
