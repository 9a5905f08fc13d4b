#ifndef CONTROLS_ATTESTATION_H
#define CONTROLS_ATTESTATION_H

#include "base/text.h"
#include "ledger/note.h"

/*
 * What a named person says about a control, as a signed note:
 *
 *   merlon attestation v1
 *   control G1.1
 *   says attested                  or: not-applicable
 *   by NAME
 *   signed 2026-11-21T10:00:00.000Z
 *   expires 2027-11-21T00:00:00.000Z
 *   statement TEXT
 *
 * Software checks form, signature and freshness; whether it is true is up to
 * the person.
 */
struct attestation {
	struct bytes control, says, by, statement;
	int64_t signed_ms, expires_ms;
};

/* The text, without its signature. Line ends in the fields become blanks. */
void attestation_write(const struct attestation *a, struct text *out);

/* False when the note's text is none. */
bool attestation_read(struct bytes note, struct attestation *out);

#endif
