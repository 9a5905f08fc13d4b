#ifndef GATEWAY_APPROVAL_H
#define GATEWAY_APPROVAL_H

#include "gateway/holds.h"
#include "ledger/note.h"

/*
 * A person's word on an exchange that waits, as a text that may be signed
 * (a note of ledger/note.h):
 *
 *   merlon approval v1
 *   exchange 5f0c...                 its id
 *   says approve                     or: refuse, show, show whole
 *   half request                     or: answer
 *   digest 81ab...                   of the body that goes on, with the exchange's salt
 *   shown 07d3...                    of approve: of what they were shown, all of it, likewise; else: -
 *   caller ward-robot
 *   expires 2026-11-22T10:00:00.000Z
 *   at 2026-11-22T09:59:12.000Z
 *   by NAME
 *   reason TEXT
 *
 * It counts for that exchange, that body, that caller, until then, and once;
 * an approval only from one who was shown what they approve.  Asking to be shown
 * it is written in the same way.
 */
enum approval_word { APPROVAL_APPROVES, APPROVAL_REFUSES, APPROVAL_SHOWS, APPROVAL_SHOWS_WHOLE };

struct approval {
	struct bytes exchange, by, reason;
	enum approval_word says;
	struct bytes shown;         /* in hexadecimal digits, or "-" */
	int64_t at_ms;
};

/* The answer to a question, without its signature. Line ends in the fields become blanks. */
void approval_write(const struct hold_question *q, const struct approval *a, struct text *out);

/* What it says of itself; false when it is none. Whether it answers a question is told by approval_fits(). */
bool approval_read(struct bytes text, struct approval *out);
bool approval_fits(struct bytes text, const struct hold_question *q);

#endif
