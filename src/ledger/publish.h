#ifndef LEDGER_PUBLISH_H
#define LEDGER_PUBLISH_H

#include "ledger/ledger.h"

/*
 * What strangers verify with tools that are not ours: the tree as files (C2SP
 * tlog-tiles) and proofs for single records (C2SP tlog-proof).
 */

/*
 * Writes DIR/checkpoint, DIR/tile/... and DIR/tile/entries/..., and DIR/ledger.pub.
 * False: `why` (of `room` bytes) tells, as a clause that completes "DIR ...".
 */
bool ledger_export(struct ledger *l, const char *directory, char *why, size_t room);

/* The proof that record `number` is in the tree of the newest checkpoint. False when it is not, or cannot be read. */
bool ledger_prove(struct ledger *l, uint64_t number, struct text *out);

#endif
