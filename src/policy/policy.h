#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "base/hash.h"
#include "types/exchange.h"

/* What is to be done about something, from the mildest. */
enum measure { MEASURE_ALLOW, MEASURE_WARN, MEASURE_REDACT, MEASURE_HOLD, MEASURE_DENY };

/* So many persons may have to agree to what is held. */
enum { APPROVALS_MOST = 4 };

const char *measure_name(enum measure measure);
int measure_from_name(struct bytes name);       /* or -1 */

/* A policy as it was read; see docs/POLICY.md for the language. */
struct policy;

const struct digest *policy_digest(const struct policy *policy);
struct bytes policy_name(const struct policy *policy);
/* The most persons that any of its lines asks for. */
unsigned policy_approvals(const struct policy *policy);

#endif
