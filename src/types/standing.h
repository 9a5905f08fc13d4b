#ifndef TYPES_STANDING_H
#define TYPES_STANDING_H

#include "types/control.h"

/* Where a control stands: computed from evidence, never declared. */
enum standing_verdict {
	STANDING_PASS,
	STANDING_NOT_APPLICABLE,    /* somebody signed why */
	STANDING_NO_EVIDENCE,       /* never counts as pass, never leaves the denominator */
	STANDING_STALE,             /* there was evidence; it is too old */
	STANDING_ERROR,             /* there is evidence, but something could not be examined */
	STANDING_FAIL,
	STANDING_COUNT
};

const char *standing_name(enum standing_verdict v);

enum { EVIDENCE_SHOWN = 8 };

/* One kind of evidence a control needs, and what there is of it. */
struct need_standing {
	const struct evidence_need *need;
	enum standing_verdict verdict;
	const char *why;
	uint64_t evidence[EVIDENCE_SHOWN];  /* numbers of records that decide it */
	size_t evidence_count;              /* all of them; the first EVIDENCE_SHOWN are named */
	int64_t oldest_ms;                  /* of the evidence; 0 when there is none */
};

struct control_standing {
	const struct control *control;
	enum standing_verdict verdict;      /* the worst of its needs */
	const char *why;
	const struct need_standing *needs;
	unsigned max_age_days;              /* the control's, or the stricter one of the profile */
};

struct standing {
	const struct catalog *catalog;
	const struct control_standing *items;
	size_t item_count;
	size_t counts[STANDING_COUNT];
	int64_t at_ms, oldest_ms;
	const char *ledger, *profile;
	uint64_t records;
	const char *ledger_fault;           /* what is wrong with the ledger, or NULL */
	const char *group;                  /* "guideline", "role" or "framework": how people want it sorted */
};

#endif
