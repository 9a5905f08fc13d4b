#ifndef TYPES_VERDICT_H
#define TYPES_VERDICT_H

/* What is said of one item. When several apply the greatest wins. */
enum verdict {
	VERDICT_CLEAN,          /* every program byte was followed, and every event is allowed */
	VERDICT_SUSPICIOUS,     /* understood, but somebody has to decide */
	VERDICT_INCONCLUSIVE,   /* part of it was not examined; never the same as clean */
	VERDICT_DANGEROUS,      /* loading it runs, reads or writes something outside the model */
	VERDICT_COUNT
};

enum severity { SEVERITY_NOTE, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_COUNT };

const char *verdict_name(enum verdict v);
const char *severity_name(enum severity s);

/* The index of the name, or -1. */
int verdict_from_name(const char *name);
int severity_from_name(const char *name);

#endif
