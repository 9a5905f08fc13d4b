#ifndef POLICY_RECORDED_H
#define POLICY_RECORDED_H

#include "policy/decide.h"

/* The member "policy" of an exchange's record: a verdict, and the facts it follows from. */
struct recorded {
	const struct facts *facts;
	enum measure decision, done;
	struct bytes by;            /* the rule that decided */
	struct bytes name, digest;  /* of the policy; the digest in hexadecimal */
	bool observe;
};

void recorded_write(const struct policy *policy, const struct facts *facts, const struct said *said, bool observe, enum measure done, struct text *out);
/* `exchange`: the body of the record. False when it holds none of ours. */
bool recorded_read(struct arena *arena, const struct json *exchange, struct recorded *out);

#endif
