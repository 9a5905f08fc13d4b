#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/arena.h"

/*
 * Reads base64 with padding (RFC 4648, section 4), one spelling for each value,
 * the one that text_add_base64() writes: blanks, letters of the other alphabet,
 * an impossible length and bits left over are refused.
 */
bool base64_read(struct arena *arena, struct bytes in, struct bytes *out);

/* The same for base64url without padding, as JOSE has it (RFC 7515, section 2). */
bool base64url_read(struct arena *arena, struct bytes in, struct bytes *out);

#endif
