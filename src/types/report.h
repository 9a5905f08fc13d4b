#ifndef TYPES_REPORT_H
#define TYPES_REPORT_H

#include "types/assessment.h"

struct standing;

/* How a report may look; only for people at a terminal. */
struct report_style {
	bool colour;
	unsigned width;             /* columns */
};

/*
 * A way to say what was found.  src/reports/NAME.c defines `report_NAME`.  A
 * report that has nothing to say about one of the two leaves it NULL.
 */
struct report {
	const char *name, *title, *mime;
	void (*assessment)(const struct assessment *, const struct report_style *, struct text *out);
	void (*standing)(const struct standing *, const struct report_style *, struct text *out);
};

extern const struct report *const reports[];    /* ends with NULL; generated */

const struct report *report_named(const char *name);    /* or NULL */

#endif
