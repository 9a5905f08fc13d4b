#ifndef CODECS_ENCODING_H
#define CODECS_ENCODING_H

#include "base/arena.h"

/*
 * Text back to bytes; false when it is not such text.  Base64 takes both
 * alphabets (RFC 4648, sections 4 and 5), with or without padding.
 */
bool decode_base64(struct arena *arena, struct bytes text, struct bytes *out);
bool decode_hex(struct arena *arena, struct bytes text, struct bytes *out);

#endif
