#ifndef LEDGER_VERIFY_H
#define LEDGER_VERIFY_H

#include "ledger/ledger.h"

/* What is wrong with a ledger, and where. */
struct ledger_fault {
	bool found;
	uint64_t number;            /* the first bad record, or where the bad stretch begins */
	char what[240];             /* a clause that completes "record N ..." */
};

struct ledger_outcome {
	uint64_t records, checkpoints;
	uint64_t signed_size;       /* of the newest checkpoint */
	struct digest root;
	uint64_t beyond;            /* bytes behind the last record, of a write that is under way or was never finished: no records */
	bool witnessed;             /* an outside checkpoint was given, and it fits */
	struct ledger_fault fault;
};

/*
 * Reads every record again: its form, its number, its hash in the tree, the
 * tree's own levels, and every signed checkpoint.  `outside`: a checkpoint
 * kept elsewhere (empty: none), signed by this ledger or by one of
 * `witnesses`; only such a one shows that the end was not cut off or the
 * whole rewritten.  False when the ledger cannot be read.
 */
bool ledger_verify(struct ledger *l, struct bytes outside, const struct note_verifier *witnesses, size_t witness_count,
		   struct ledger_outcome *out);

#endif
