#ifndef POLICY_ARGUMENTS_H
#define POLICY_ARGUMENTS_H

#include "policy/decide.h"

/*
 * The arguments of a tool call, as text, under the conditions of an entry.
 * True when they fit; else `*failed` is the first argument that does not, or
 * in parentheses what is wrong with all of them.
 */
bool arguments_fit(const struct policy *policy, const struct facts *facts, const struct entry *entry, struct arena *arena, struct bytes text, struct bytes *failed);

#endif
