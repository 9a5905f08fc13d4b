#ifndef TYPES_CHECK_H
#define TYPES_CHECK_H

#include "types/artifact.h"
#include "types/finding.h"

struct rules;

enum subject_kind { SUBJECT_ARTIFACT = 1, SUBJECT_REQUEST = 2, SUBJECT_RESPONSE = 4 };

/* What a check is shown. */
struct subject {
	enum subject_kind kind;
	const struct artifact *artifact;
	const struct rules *rules;
};

/*
 * A question we ask of a subject.  src/checks/NAME.c defines `check_NAME`.
 * `id` is for ever: ledgers and waivers refer to it.  A check without `run`
 * reports the oddities that carry its id.
 */
struct check {
	const char *id, *title, *why, *fix;
	const char *supports;       /* control ids, separated by blanks; the hub that laws map to */
	const char *limits;         /* what it misses, and when it is wrong */
	enum severity severity;
	enum verdict verdict;       /* what a finding of it makes of the item */
	unsigned looks_at;          /* set of subject_kind */
	void (*run)(const struct check *self, const struct subject *, struct findings *out);
};

extern const struct check *const checks[];     /* ends with NULL; generated */

const struct check *check_with_id(const char *id);      /* or NULL */
void check_run(const struct check *self, const struct subject *, struct findings *out);

/* For checks with `run` that report the oddities of their id as well. */
void check_report_oddities(const struct check *self, const struct artifact *art, struct findings *out);

#endif
