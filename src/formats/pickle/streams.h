#ifndef FORMATS_PICKLE_STREAMS_H
#define FORMATS_PICKLE_STREAMS_H

#include "formats/pickle/machine.h"

/* Does a loader that unpickles these bytes import, call or fetch anything before it stops? Cheap for ordinary text. */
bool pickle_has_import(struct arena *arena, struct bytes b);

/* How far some loader gets with these bytes as a pickle. */
struct pickle_glance {
	bool whole;             /* it reaches STOP */
	uint64_t events, imports, calls, opcodes;
	uint64_t end;           /* after the STOP, or where the last loader stopped */
	struct value result;    /* of a whole one; valid until the arena is rewound */
};

struct pickle_glance pickle_glance(struct arena *arena, struct bytes b);

bool pickle_is_opcode(unsigned char byte);
/* May_claim of the formats that are pickles from their first byte on. */
bool pickle_may_claim(const struct source *source);

/* Is there any opcode behind the header of protocol 2 and later?  Its two bytes begin other files too. */
bool pickle_goes_on(struct arena *arena, struct bytes b);

/*
 * Is this a pickle without a header, as far as its first part tells?  Text files can begin
 * like one, so more is asked of it unless its name or its container says `expected`.
 */
bool pickle_probe(struct arena *arena, struct bytes b, bool expected);

/*
 * Walks every pickle in `in` from `from` on, with every loader and every view of its
 * frames, adds what happens to `art`, and says what keeps it from being whole.
 * Returns where the last pickle ends.
 */
uint64_t pickle_walk(struct artifact *art, struct bytes in, uint64_t from);

/* Looks for pickles that do something behind bytes that are none, and walks them. */
void pickle_walk_tail(struct artifact *art, struct bytes in, uint64_t from);

#endif
