#ifndef TEMPLATES_TEMPLATE_H
#define TEMPLATES_TEMPLATE_H

#include "types/artifact.h"

/*
 * Follows a template as rendering would, with every message unknown and every
 * constant folded, and notes what it reaches.  Nothing is rendered.
 */
const struct template *template_read(struct arena *arena, struct bytes text);

/* Does it hold a tag, so that some reader may render it? */
bool template_is_likely(struct bytes text);

/* A part of kind PART_TEMPLATE, read. */
struct part *template_add(struct artifact *art, uint64_t offset, struct bytes name, struct bytes text);

#endif
