#ifndef POLICIES_READING_H
#define POLICIES_READING_H

#include "policies/policies.h"
#include "policy/language.h"

/* What the readers of the sections share. The first thing that is wrong stays. */
struct reading {
	struct arena *arena;
	struct yaml_error *error;
	struct policy *policy;
	bool failed;
};

void reading_fail(struct reading *r, const struct yaml *at, const char *why);
/* Every key of a map is among the words of `known`, separated by blanks. */
void reading_keys(struct reading *r, const struct yaml *map, const char *known);
/* The place of a text in a list of words, which ends with NULL; `otherwise` when there is none. */
unsigned reading_word(struct reading *r, const struct yaml *value, const char *const *words, unsigned otherwise);
bool reading_yes(struct reading *r, const struct yaml *value);
/* A text, or a list of texts. */
struct names reading_names(struct reading *r, const struct yaml *value);
struct bytes reading_string(struct reading *r, const struct yaml *value, size_t most);
uint64_t reading_count(struct reading *r, const struct yaml *value);
double reading_decimal(struct reading *r, const struct yaml *value);
enum measure reading_measure(struct reading *r, const struct yaml *value, enum measure otherwise);
/* How many persons have to agree to what that line of the policy holds; 0 when it does not say. */
unsigned reading_approvals(struct reading *r, const struct yaml *item, enum measure measure);
struct scope reading_scope(struct reading *r, const struct yaml *map);

/* The sections. */
struct entry *read_entries(struct reading *r, const struct yaml *section, const char *what);
void read_finds(struct reading *r, const struct yaml *section);
void read_rules(struct reading *r, const struct yaml *section);

#endif
