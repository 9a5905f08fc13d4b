#ifndef POLICIES_POLICIES_H
#define POLICIES_POLICIES_H

#include "policy/policy.h"
#include "syntax/yaml.h"

/* Reads a policy as people write it (docs/POLICY.md). It lies in the arena. NULL when something is wrong: `error` tells. */
const struct policy *policies_read(struct arena *arena, struct bytes yaml, struct yaml_error *error);

/* The one that is built in: what a gateway without a policy of its own goes by. */
const struct policy *policies_default(struct arena *arena);

#endif
