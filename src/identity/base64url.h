#ifndef IDENTITY_BASE64URL_H
#define IDENTITY_BASE64URL_H

#include "base/arena.h"

/*
 * Base64url without padding, as JOSE has it (RFC 7515, section 2), one spelling
 * for each value: padding, blanks, letters of the other alphabet, an impossible
 * length and bits left over are refused.
 */
bool base64url_read(struct arena *arena, struct bytes in, struct bytes *out);

#endif
