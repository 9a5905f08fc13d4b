#ifndef BUDGETS_BUDGETS_H
#define BUDGETS_BUDGETS_H

#include "base/arena.h"
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
void budgets_destroy(struct budgets *budgets);

/* All budgets that apply, or none. False: `why` completes "the budget ..." and `retry_s` says when to come again. */
bool budgets_reserve(struct budgets *budgets, unsigned worker, const struct budget_request *request, int64_t now_ms, struct reservation *out, char why[160], unsigned *retry_s);
/* Once; a second time does nothing. Tokens as reported, or counted. */
void budgets_settle(struct budgets *budgets, struct reservation *reservation, uint64_t input_tokens, uint64_t output_tokens, int64_t now_ms);
/* That process has died: what it had reserved is settled as reserved. */
void budgets_worker_died(struct budgets *budgets, unsigned worker, int64_t now_ms);

/* What is used and left, as Prometheus metrics. */
void budgets_write_metrics(const struct budgets *budgets, struct text *out, int64_t now_ms);

#endif
