#ifndef POLICIES_POLICIES_H
#define POLICIES_POLICIES_H

#include "policy/policy.h"
#include "syntax/yaml.h"

/* Reads a policy as people write it (docs/POLICY.md). It lies in the arena. NULL when something is wrong: `error` tells. */
const struct policy *policies_read(struct arena *arena, struct bytes yaml, struct yaml_error *error);

#endif
