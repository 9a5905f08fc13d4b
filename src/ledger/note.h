#ifndef LEDGER_NOTE_H
#define LEDGER_NOTE_H

#include "base/hash.h"
#include "base/text.h"

/*
 * Signed notes (C2SP signed-note) with Ed25519: a text, an empty line, and
 * lines of "— NAME base64(key id || signature)".  Checkpoints (C2SP
 * tlog-checkpoint) are such notes; so are a witness's cosignatures of them
 * (C2SP tlog-cosignature, type 4), whose signature carries a time.
 */

enum note_key_type { NOTE_ED25519 = 1, NOTE_COSIGNATURE = 4 };

struct note_verifier {
	char name[128];
	enum note_key_type type;
	unsigned char id[4];
	unsigned char public_key[32];
};

struct note_signer {
	struct note_verifier verifier;
	unsigned char seed[32];         /* locked in memory; wiped by note_forget() */
};

/* A fresh key of this name (no blanks, no '+'); false when the system has no randomness. */
bool note_make_key(const char *name, struct note_signer *out);
void note_forget(struct note_signer *signer);

/* "NAME+8 hex+base64", as Go's golang.org/x/mod/sumdb/note writes keys. */
void note_write_verifier(const struct note_verifier *v, struct text *out);
bool note_read_verifier(struct bytes text, struct note_verifier *out);
/* "PRIVATE+KEY+NAME+8 hex+base64" */
void note_write_signer(const struct note_signer *s, struct text *out);
bool note_read_signer(struct bytes text, struct note_signer *out);

/* Adds the empty line and one signature line to `text`, which ends in a line end. */
void note_sign(const struct note_signer *signer, struct text *text);

enum note_status { NOTE_GOOD, NOTE_UNKNOWN_KEY, NOTE_BAD };

/* Unknown keys are passed over; a known key's bad signature makes the note bad. `time_s`: of a cosignature, else 0. */
enum note_status note_verify(const struct note_verifier *v, struct bytes note, int64_t *time_s);

/* The text that is signed, its last line end included; empty when this is no note. */
struct bytes note_text(struct bytes note);

struct checkpoint {
	struct bytes origin;
	uint64_t size;
	struct digest root;
};

void checkpoint_write(const struct checkpoint *c, struct text *out);
bool checkpoint_read(struct bytes note_text, struct checkpoint *out);

#endif
