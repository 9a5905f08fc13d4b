#ifndef SCAN_EVIDENCE_H
#define SCAN_EVIDENCE_H

#include "ledger/ledger.h"
#include "types/assessment.h"

/*
 * What a scan leaves in the ledger: one record when it begins, one for each
 * item and each finding, one when it ends.  Each returns false when the
 * ledger could not take it.
 */
bool evidence_begin(struct ledger *l, const struct assessment *a, const char *const *paths, size_t path_count);
bool evidence_item(struct ledger *l, const struct item *item);
bool evidence_end(struct ledger *l, const struct assessment *a);

#endif
