#ifndef SCAN_WIRE_H
#define SCAN_WIRE_H

#include "types/assessment.h"

/*
 * An examination on its way from the worker that made it to the process that
 * keeps it.  The worker may be in an attacker's hands: reading trusts nothing.
 */
void wire_write(const struct examination *examination, struct text *out, size_t most);

/* Fills everything of `item` but its path, verdict and reason; false when the bytes are not an examination. */
bool wire_read(struct bytes wire, struct arena *arena, struct item *item);

#endif
