#ifndef CONTROLS_PROFILE_H
#define CONTROLS_PROFILE_H

#include "base/arena.h"
#include "ledger/note.h"
#include "types/control.h"

/*
 * What is true of one system, in a file of its owner (schema/profile.schema.json):
 * facts that decide which controls apply, stricter ages, and the people whose
 * signatures count.
 */
struct profile_fact {
	struct bytes name;
	bool truth;
	const char *reason;         /* of a "no" */
};

struct person {
	const char *name, *roles;
	struct note_verifier key;
};

struct stricter_age {
	struct bytes control;
	unsigned days;
};

struct profile {
	const char *name;           /* as the file calls it */
	struct profile_fact *facts;
	size_t fact_count;
	struct person *people;
	size_t person_count;
	struct stricter_age *ages;
	size_t age_count;
	struct digest digest;
};

struct profile_error {
	char why[240];
	unsigned line, column;
};

/* Holds it to the catalogue as well: no fact that no control asks about, no age that is not stricter. */
bool profile_read(struct arena *arena, struct bytes content, const struct catalog *catalog, struct profile *out, struct profile_error *error);

/*
 * Does a predicate ("always", or facts joined by and, or, not) hold?  A fact
 * the profile does not name holds: what nobody has thought about applies.
 * `*reason`: the reason given for the first "no" that made it false.
 */
bool profile_holds(const struct profile *p, const char *predicate, const char **reason);

unsigned profile_max_age(const struct profile *p, const struct control *control);

/* The person whose key signed this note, or NULL. */
const struct person *profile_signer(const struct profile *p, struct bytes note);

#endif
