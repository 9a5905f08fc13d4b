#ifndef REPORTS_STANDING_TEXT_H
#define REPORTS_STANDING_TEXT_H

#include "types/report.h"
#include "types/standing.h"

/* What the text and HTML reports of a standing have in common. */

/* The guideline, principle or part of the workshop a control belongs to: "G4", "Supply chain and data security". */
struct standing_group {
	const char *prefix, *title;
};

extern const struct standing_group standing_groups[];   /* ends with a NULL prefix */

bool standing_in_group(const struct control *control, const struct standing_group *group);

/* "G4.5" counts by verdict: "1 fail, 6 no-evidence". */
void text_add_counts(struct text *t, const size_t *counts);

/* Grades of the controls that pass, and what is missing: never a score alone. */
void text_add_posture(struct text *t, const struct standing *s);

#endif
