#ifndef LEDGER_ERASURE_H
#define LEDGER_ERASURE_H

#include "ledger/ledger.h"

/*
 * Erasure: the salts of exchanges are overwritten, so that their digests say
 * nothing any more, and that this was done goes on record.  The records stay
 * as they are, and the tree with them.
 */
struct erasure {
	const char *directory;      /* of the ledger */
	struct bytes caller;        /* all exchanges on record of this one; or */
	char **ids;                 /* these */
	size_t id_count;
	struct bytes reason;
	struct bytes user;          /* who does it */
	uint64_t uid;
};

struct erasure_outcome {
	size_t erased;
	size_t before;              /* so many of the exchanges were erased already: nothing of them is recorded again */
	size_t missing;             /* of so many no salt lies there: nothing is recorded of them */
};

/* `l` is open to append. False with `why`, and nothing is erased where an id is of no exchange on record, or a caller has none. */
bool ledger_erase(struct ledger *l, const struct erasure *e, struct erasure_outcome *out, char *why, size_t room);

#endif
