#include "policy/language.h"

#include "base/status.h"

static const char *const names[] = {"allow", "warn", "redact", "hold", "deny"};

const char *measure_name(enum measure measure)
{
	return names[measure];
}

int measure_from_name(struct bytes name)
{
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (bytes_same(name, names[i]))
			return (int)i;
	return -1;
}

const struct digest *policy_digest(const struct policy *policy)
{
	return &policy->digest;
}

struct bytes policy_name(const struct policy *policy)
{
	return policy->name;
}

/* Goes back to the last star only, so it is never slower than the product of both lengths. */
bool name_fits(struct bytes pattern, struct bytes name)
{
	size_t p = 0, n = 0, star = SIZE_MAX, from = 0;

	while (n < name.len) {
		if (p < pattern.len && pattern.at[p] == '*') {
			star = p++;
			from = n;
		} else if (p < pattern.len && pattern.at[p] == name.at[n]) {
			p++;
			n++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			n = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.at[p] == '*')
		p++;
	return p == pattern.len;
}

unsigned policy_approvals(const struct policy *policy)
{
	const struct entry *const lists[] = {policy->models, policy->tools, policy->hosts};
	unsigned most = 0;

	for (size_t i = 0; i < COUNT_OF(lists); i++)
		for (const struct entry *e = lists[i]; e; e = e->next)
			most = e->approvals > most ? e->approvals : most;
	for (const struct rule *r = policy->rules; r; r = r->next)
		most = r->approvals > most ? r->approvals : most;
	return most;
}

bool names_fit(const struct names *patterns, struct bytes name)
{
	for (size_t i = 0; i < patterns->count; i++)
		if (name_fits(patterns->at[i], name))
			return true;
	return false;
}

bool names_any_fits(const struct names *patterns, const struct names *some)
{
	for (size_t i = 0; i < some->count; i++)
		if (names_fit(patterns, some->at[i]))
			return true;
	return false;
}
