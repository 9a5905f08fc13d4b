#ifndef CONTROLS_CATALOG_H
#define CONTROLS_CATALOG_H

#include "base/arena.h"
#include "types/control.h"

struct catalog_error {
	char file[200], why[240];
	unsigned line, column;
};

/*
 * Reads the built-in catalogue into the arena and holds it to its own rules: no
 * id twice, no clause, sentence or check that does not exist, no framework
 * without an edition.  False with the first error.
 */
bool catalog_load(struct arena *arena, struct catalog *out, struct catalog_error *error);

#endif
