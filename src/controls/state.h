#ifndef CONTROLS_STATE_H
#define CONTROLS_STATE_H

#include "base/arena.h"
#include "ledger/ledger.h"

/*
 * What the ledger's records come to: of every file the last word, and what
 * people attested.  A later scan of a folder replaces all that was said before
 * about files in it, so that a file that was removed is forgotten.
 */
struct state_finding {
	struct bytes check;
	bool inconclusive, counts;      /* something was not examined; suspicious or dangerous */
	uint64_t number;
	struct state_finding *next;
};

struct state_item {
	struct bytes path;
	uint64_t number;                /* of its coverage record */
	int64_t at_ms;
	bool model;                     /* of a format that a model loader reads */
	bool inconclusive;
	bool gone;                      /* replaced by a later scan */
	struct state_finding *findings;
};

struct state_attestation {
	struct bytes note;
	uint64_t number;
	struct state_attestation *next;
};

struct state {
	struct state_item **items;      /* in the order of their last records */
	size_t item_count;
	struct state_attestation *attestations;     /* newest first */
	uint64_t records;
};

/* Everything in `out` lies in the arena. False when a record is not what docs/LEDGER.md says. */
bool state_read(struct arena *arena, struct ledger *l, struct state *out, char *why, size_t room);

#endif
