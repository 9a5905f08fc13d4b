#ifndef POLICY_JUDGE_H
#define POLICY_JUDGE_H

#include "types/assessment.h"

/*
 * Findings to verdict: the worst finding decides.  Which check weighs how
 * much stands in the check; nothing else has a say.
 */

/* The finding that decides about this item for who loads it with `loaders` (0: with any), or NULL when there are none but notes. */
const struct item_finding *judge_reason(const struct item *item, uint32_t loaders);

/* Sets verdict and reason, for who loads it with `loaders`, and what it would be for each loader by itself. */
void judge_item(struct item *item, uint32_t loaders);

/* How a scan ends: 0 all examined and nothing at or above `fail_on`; 1 something is; 2 something was not examined. */
int judge_exit(const struct assessment *assessment, enum severity fail_on);

#endif
