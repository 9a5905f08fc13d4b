#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

#include "policy/facts.h"

/* The worst that applies decides; of equals the first: how far examined, caller, models, tools, hosts, rules. */
struct decision {
	enum measure measure;
	struct bytes rule, message; /* that decided; empty when nothing had to */
	unsigned approvals;         /* of what is held: the most that a rule which holds it asks for; 0: none says */
	enum measure at_most;       /* worse than `measure` when a fact is missing that could make it so */
	struct bytes missing;       /* the rule that would need it */
	const char *lacks;          /* what is missing: a clause */
};

void policy_decide(const struct policy *policy, const struct facts *facts, struct decision *out);

/* What one find in one place leads to, were it there. `rule` may be NULL. */
enum measure policy_find_measure(const struct policy *policy, const struct facts *facts, size_t find, enum channel channel, unsigned half, const struct rule **rule);

/* The entry that decides about a name, or NULL: then it is denied. */
const struct entry *policy_entry(const struct entry *list, const struct facts *facts, struct bytes name);

/* The same for a tool; `provider`: the model's provider defines it. */
const struct entry *policy_tool_entry(const struct policy *policy, const struct facts *facts, struct bytes name, bool provider);

/*
 * What a tool leads to when it is offered in a list: one that may not be
 * called is taken out, and that is a redaction; one whose calls are held may
 * be known.  `entry`: that decides, or NULL.
 */
enum measure policy_listed_measure(const struct policy *policy, const struct facts *facts, const struct fact_tool *tool, const struct entry **entry);

/* Does the section let every name pass, whatever the circumstances? */
bool policy_allows_any(const struct entry *list);
/* What a host leads to; `fixed`: it stands where nothing can be taken out. */
enum measure policy_host_measure(const struct policy *policy, const struct facts *facts, struct bytes host, bool fixed, const struct entry **entry);

/* How this exchange is treated. */
const struct manner *policy_manner(const struct policy *policy, const struct facts *facts);

#endif
