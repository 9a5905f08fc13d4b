/* The gateway of `make bench-gateway` that keeps no evidence: linked in place of src/gateway/evidence.c, there alone. */
#include "gateway/evidence.h"

bool evidence_begins(struct turn *t)
{
	(void)t;
	return true;
}

void evidence_of(struct turn *t, const char *outcome, const char *why)
{
	(void)outcome;
	(void)why;
	t->recorded = true;
}
