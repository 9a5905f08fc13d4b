#include "gateway/usage.h"

#include <stdio.h>

#include "base/log.h"
#include "base/time.h"

void usage_save(const struct config *c)
{
	char path[4096], why[160];

	snprintf(path, sizeof path, "%s/budgets", c->ledger);
	if (c->budgets && !budgets_save(c->budgets, path, time_now_ms(), why))
		log_error("%s: %s", path, why);
}

bool usage_restore(const struct config *c)
{
	char path[4096], why[160];

	snprintf(path, sizeof path, "%s/budgets", c->ledger);
	if (!c->budgets || budgets_restore(c->budgets, path, why))
		return true;
	log_error("%s: %s", path, why);
	return false;
}

void usage_hand_over(const struct config *old, const struct config *fresh)
{
	usage_save(old);
	if (old->budgets && fresh->budgets)
		budgets_take_over(fresh->budgets, old->budgets);
	else
		usage_restore(fresh);
}
