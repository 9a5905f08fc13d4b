#include "types/verdict.h"

#include <string.h>

static const char *const verdict_names[VERDICT_COUNT] = {"clean", "suspicious", "inconclusive", "dangerous"};
static const char *const severity_names[SEVERITY_COUNT] = {"note", "low", "medium", "high"};

static int find(const char *const *names, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

const char *verdict_name(enum verdict v)
{
	return verdict_names[v];
}

const char *severity_name(enum severity s)
{
	return severity_names[s];
}

int verdict_from_name(const char *name)
{
	return find(verdict_names, VERDICT_COUNT, name);
}

int severity_from_name(const char *name)
{
	return find(severity_names, SEVERITY_COUNT, name);
}
