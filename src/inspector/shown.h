#ifndef INSPECTOR_SHOWN_H
#define INSPECTOR_SHOWN_H

#include "policy/policy.h"
#include "types/dialect.h"

/*
 * An exchange as a person reads it who is to decide about it: each text by its
 * channel, trust and place with what the policy finds in it, calls of tools
 * with their arguments as JSON, and the body around them.  In the whole of it
 * every value of the body stands, but for what is opaque and long: that has
 * its length and digest.  Safe for a terminal (base/visible.h).
 */
struct shown {
	struct arena *arena;
	const struct exchange *exchange;    /* read from the very bytes that go on */
	const struct policy *policy;
	bool whole;                 /* else long texts by their beginning, and not all of many */
	uint64_t left_out;          /* bytes of texts and body that do not stand in it */
};

void shown_write(struct shown *s, struct text *out);

#endif
