#ifndef TYPES_CIRCUMSTANCES_H
#define TYPES_CIRCUMSTANCES_H

#include "base/bytes.h"

/*
 * What is known of an exchange besides its words: who asks, by which way in,
 * and who is to answer.  Together with the words it is all a policy judges by.
 * Views borrow; lists are sorted by nobody.
 */

enum { ROLES_MOST = 16, PURPOSES_MOST = 8 };

struct names {
	struct bytes *at;
	size_t count;
};

struct caller {
	struct bytes name;          /* unique; what the ledger calls it */
	struct bytes team;          /* empty when it has none */
	struct names roles;
	struct names purposes;      /* what its data may be used for, where its key or token says so */
	const char *proof;          /* how it showed who it is: "key", "token", "certificate" */
	/* What it may reach at most, whatever the policy says; an empty list of a kind means nothing is left out. */
	struct names routes, models, tools;
	int64_t expires_ms;         /* since 1970; 0: never */
};

struct circumstances {
	const struct caller *caller;
	struct bytes route;         /* of the configuration */
	struct bytes upstream;      /* chosen last; empty before */
	struct bytes method, path;
	struct names purposes;      /* what the data in it may be used for: "care", "billing"; none: untagged */
	int64_t at_ms;              /* since 1970 */
};

#endif
