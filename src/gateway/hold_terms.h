#ifndef GATEWAY_HOLD_TERMS_H
#define GATEWAY_HOLD_TERMS_H

#include "gateway/holds.h"
#include "gateway/settings.h"
#include "ledger/note.h"

/* One who may agree to what is held. */
struct approver {
	struct note_verifier key;
	struct names callers;       /* that are theirs: what those ask for, they do not agree to */
};

/* How what a policy holds is put before a person. */
struct hold_terms {
	int64_t wait_ms;            /* 0: nobody is asked, it is refused */
	unsigned most;              /* that wait at once, in each worker */
	unsigned most_of_one;       /* of these, of one caller */
	unsigned approvals;         /* so many persons have to agree, unless the policy asks for more */
	struct approver *approvers; /* who sign; none: whoever may open the socket */
	size_t approver_count;
};

/* As it is where nothing is said. */
struct hold_terms hold_terms_usual(void);
/* The member "holds" of a configuration, or NULL. */
void hold_terms_read(struct settings *s, const struct yaml *map, struct hold_terms *out);
/* A policy wants that many persons to agree: are there so many, where anybody is asked? */
void hold_terms_check(struct settings *s, const struct yaml *where, const struct hold_terms *h, unsigned approvals);

#endif
