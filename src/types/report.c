#include "types/report.h"

#include <string.h>

const struct report *report_named(const char *name)
{
	for (const struct report *const *r = reports; *r; r++)
		if (strcmp((*r)->name, name) == 0)
			return *r;
	return NULL;
}
