#ifndef BUDGETS_BUDGETS_H
#define BUDGETS_BUDGETS_H

#include "base/arena.h"
#include "base/text.h"
#include "budgets/store.h"
#include "syntax/yaml.h"

/*
 * How much may be used, by whom, in what time: requests, tokens, cost,
 * exchanges at once.  What an exchange may use at most is reserved before it
 * begins and settled when it is over, in memory that all processes of a
 * gateway share.  Whole numbers only: tokens, and millionths of the currency.
 */
struct budgets;

/* What an exchange is about to use. */
struct budget_request {
	struct bytes caller, team, route, model;
	uint64_t input_tokens, output_tokens;       /* estimated, and at most */
};

struct reservation {
	uint64_t number;            /* 0: none */
};

/*
 * The section `budgets` of a gateway's configuration.  The memory is shared
 * with processes forked later; call it before them.  `workers`: how many.
 * NULL when something is wrong.
 */
struct budgets *budgets_load(const struct yaml *section, unsigned workers, struct yaml_error *error);
/* What may be used, in words. */
void budgets_explain(const struct budgets *budgets, struct text *out);
void budgets_destroy(struct budgets *budgets);
/*
 * From `old`, whose accounts these become, so that what is under way goes on in
 * them; before forking.  A budget of the same name and window goes on with what
 * was used, however much may be.
 */
void budgets_take_over(struct budgets *budgets, struct budgets *old);
/* Quotas from elsewhere than this machine: see store.h. Before forking. */
void budgets_use_store(struct budgets *budgets, const struct quota_store *store);

/* All budgets that apply, or none (it is a reservation all the same, to be settled). False: `why` completes "the budget ..." and `retry_s` says when to
   come again; 0: never. */
bool budgets_reserve(struct budgets *budgets, unsigned worker, const struct budget_request *request, int64_t now_ms, struct reservation *out, char why[160], unsigned *retry_s);
/* Once; a second time does nothing. Tokens as reported, or counted. */
void budgets_settle(struct budgets *budgets, struct reservation *reservation, uint64_t input_tokens, uint64_t output_tokens, int64_t now_ms);
/* That process has died: what it had reserved is settled as reserved. */
void budgets_worker_died(struct budgets *budgets, unsigned worker, int64_t now_ms);

/*
 * What was used, to a file (mode 0600) and back, so that a restart does not make a day's budget anew.  What is
 * reserved is saved as used.  Restore before anything is reserved; counters of budgets that are no longer
 * configured, or have another window, are passed over.  A file that is not there is an empty one.
 * False: `why` completes "PATH ...".
 */
bool budgets_save(const struct budgets *budgets, const char *path, int64_t now_ms, char why[160]);
bool budgets_restore(struct budgets *budgets, const char *path, char why[160]);

/* What is used, reserved and allowed, as Prometheus metrics: of a thousand counters at most. */
void budgets_write_metrics(const struct budgets *budgets, struct text *out, int64_t now_ms);

#endif
