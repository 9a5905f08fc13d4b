#ifndef CONTROLS_STANDING_H
#define CONTROLS_STANDING_H

#include "controls/profile.h"
#include "controls/state.h"
#include "types/standing.h"

/*
 * Evidence to verdicts: f(records, catalogue, profile, time), and nothing else.
 * `state` NULL: the ledger is empty, or does not verify (`fault` then says why,
 * and every control stands as error).
 */
void standing_compute(struct arena *arena, const struct catalog *catalog, const struct state *state, const struct profile *profile,
		      const char *fault, int64_t at_ms, struct standing *out);

/* 0 when every applicable control passes; 1 when one fails; 2 else. */
int standing_exit(const struct standing *s);

#endif
