#ifndef CMD_RECORDED_H
#define CMD_RECORDED_H

#include "policies/policies.h"
#include "policy/recorded.h"

/* A policy from a file, or the one that is built in (`path` NULL); NULL with a message. */
const struct policy *load_policy(struct arena *arena, const char *path);

/* One exchange of a ledger, and what was recorded of its verdict. */
struct recorded_exchange {
	uint64_t number;            /* of the record */
	struct bytes id;
	bool judged;                /* `recorded` holds something */
	struct recorded recorded;
};

/* Every exchange, in order; the callback's false ends it. False, with a message, when the ledger cannot be read. */
typedef bool exchange_row(void *context, const struct recorded_exchange *exchange);
bool each_exchange(const char *directory, exchange_row *row, void *context);

#endif
