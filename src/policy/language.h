#ifndef POLICY_LANGUAGE_H
#define POLICY_LANGUAGE_H

#include "policy/finder.h"
#include "policy/policy.h"
#include "types/circumstances.h"

/* The language as values: what src/policies reads and src/policy judges by. docs/POLICY.md describes it. */

enum { FINDS_MOST = 128 };

enum { HALF_REQUEST = 1, HALF_ANSWER = 2 };

/* Which exchanges: every list that is not empty has to fit. */
struct selector {
	struct names callers, roles, teams, routes, upstreams, dialects, models, purposes;
	unsigned from_minute, until_minute;     /* of the day, UTC; equal: all day */
};

struct scope {
	struct selector only, unless;
	bool has_unless;
};

/* A condition on one argument. */
enum argument_type { ARGUMENT_ANY, ARGUMENT_STRING, ARGUMENT_NUMBER, ARGUMENT_INTEGER, ARGUMENT_BOOLEAN, ARGUMENT_ADDRESS };

struct argument {
	struct bytes name;
	enum argument_type type;
	struct names one_of;        /* texts, or numbers as written; none: any */
	struct finder *shape;       /* of strings; or NULL */
	uint64_t longest;           /* bytes; 0: no limit */
	bool has_least, has_most, required;
	double least, most;
	struct names hosts;         /* of addresses; none: those of the policy */
	struct argument *next;
};

/* Tools that the model's provider defines, others, or both. */
enum whose { WHOSE_ANY, WHOSE_OTHERS, WHOSE_PROVIDER };

/* A line of models, tools or hosts: the first that fits decides; what none fits is denied. */
struct entry {
	struct bytes rule;          /* what the record calls it */
	struct names names;         /* "*" stands for any run of characters */
	struct scope scope;
	enum measure measure;
	unsigned approvals;         /* of MEASURE_HOLD; 0: not said */
	struct bytes message;
	enum whose whose;           /* of tools, and so is what follows */
	struct argument *arguments;
	bool typed, others;         /* arguments are judged; such as are not named may stand too */
	struct digest conditions;   /* over what the arguments have to fit */
	struct entry *next;
};

struct find {
	struct bytes name;
	struct digest digest;       /* over what it looks for */
};

struct rule {
	struct bytes name;
	unsigned char finds[FINDS_MOST / 8];
	bool has_finds;
	unsigned channels;          /* set of 1 << enum channel */
	unsigned halves;
	struct scope scope;
	enum measure measure;
	unsigned approvals;         /* of MEASURE_HOLD; 0: not said */
	struct bytes message, placeholder;
	struct rule *next;
};

/* How a route is treated, where it differs; the first that fits counts. */
struct manner {
	struct bytes rule;
	struct scope scope;
	bool observe;
	enum measure unexamined, partly, overload;
	struct bytes disclose;
	struct manner *next;
};

struct policy {
	struct bytes name;
	struct digest digest;
	struct manner manner, *manners;         /* for all; and exceptions */
	struct entry *models, *tools, *hosts;
	struct find finds[FINDS_MOST];
	size_t find_count;
	struct finder *finder;
	struct rule *rules;
};

static inline bool rule_names_find(const struct rule *r, size_t find)
{
	return r->finds[find >> 3] >> (find & 7) & 1;
}

/* "*" stands for any run of characters; hosts and names of callers alike. */
bool name_fits(struct bytes pattern, struct bytes name);
bool names_fit(const struct names *patterns, struct bytes name);
bool names_any_fits(const struct names *patterns, const struct names *some);

#endif
