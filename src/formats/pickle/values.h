#ifndef FORMATS_PICKLE_VALUES_H
#define FORMATS_PICKLE_VALUES_H

#include "formats/pickle/machine.h"

/* A container or result of these items; a dict's stand as key, value, key, value. */
struct value values_make(struct machine *m, enum value_kind kind, const struct value *items, size_t count);

/* Adds items to a list, dict or set. */
void values_add(struct machine *m, struct value container, const struct value *items, size_t count);

bool values_are_ascii(struct bytes b);

/* Python's escapes of byte strings (\n, \x41, \101) and of raw-unicode-escape (\u0041); false on a broken one. */
bool values_unescape(struct arena *arena, struct bytes b, struct bytes *out);
bool values_unescape_unicode(struct arena *arena, struct bytes b, struct bytes *out);

/*
 * A constant may hold a file: a pickle, an archive, either of them in base64
 * or hex.  What looks like one is added to the artifact as an embedded part.
 */
void values_look_inside(struct machine *m, struct bytes constant);

/* What joblib's NumpyArrayWrapper says of the array that follows it in the file. */
struct raw_array {
	bool objects;           /* a pickle follows */
	bool padded;            /* one byte, and as many bytes as it says, stand before the data */
	uint64_t bytes;
};

bool values_read_wrapper(struct machine *m, struct value state, struct raw_array *out);

#endif
