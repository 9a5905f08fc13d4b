#include "types/standing.h"

const char *standing_name(enum standing_verdict v)
{
	static const char *const names[STANDING_COUNT] = {"pass", "not-applicable", "no-evidence", "stale", "error", "fail"};

	return names[v];
}
