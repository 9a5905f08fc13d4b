#ifndef TYPES_FINDING_H
#define TYPES_FINDING_H

#include "types/source.h"
#include "types/verdict.h"
#include "base/text.h"

struct check;

/* Something a check saw. Never changed once added. */
struct finding {
	const struct check *check;
	enum severity severity;
	enum verdict verdict;
	const struct source *source;
	uint64_t offset;            /* in that source */
	uint32_t loaders;           /* whom it concerns, or 0 for all */
	struct bytes message;       /* a clause that completes "FILE ..." */
	struct finding *next;
};

/* Findings of one item; each is added once: the same check, place and message again is left out. */
struct findings {
	struct arena *arena;
	struct finding *first, **last;
	size_t count, most;         /* past `most` they are only counted */
};

void findings_init(struct findings *f, struct arena *arena, size_t most);

/* Severity and verdict are the check's own; change them on the result where one case weighs more or less. NULL past `most`. */
struct finding *findings_add(struct findings *f, const struct check *check, const struct source *source, uint64_t offset, struct bytes message);

/* The same for some loaders: what is known already concerns these as well from now on. */
struct finding *findings_add_for(struct findings *f, uint32_t loaders, const struct check *check, const struct source *source, uint64_t offset, struct bytes message);

#endif
