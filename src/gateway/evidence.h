#ifndef GATEWAY_EVIDENCE_H
#define GATEWAY_EVIDENCE_H

#include "gateway/turn.h"

/* What the ledger keeps of an exchange: who, what, how it ended; digests with a salt, never the content. */

/* Puts into the journal what is to be on record should this worker die in the middle of it. False: it must not begin. */
bool evidence_begins(struct turn *);

/* Once a turn; later calls do nothing. `outcome`: answered, refused, stopped, left, halted. */
void evidence_of(struct turn *, const char *outcome, const char *why);

#endif
