#ifndef FORMATS_KERAS_INSIDE_H
#define FORMATS_KERAS_INSIDE_H

#include "formats/keras/config.h"
#include "syntax/json.h"

/* For the files of this folder alone. */

struct keras_walk {
	struct artifact *art;
	const struct keras_document *document;
	uint64_t inside_at;         /* of the string whose content is being walked, or 0 */
	unsigned strings;           /* JSON inside strings inside JSON: how deep */
	struct import **imports;    /* open addressing, by name */
	size_t import_count, import_room;
};

/* Where a value stands in the source, as near as can be told. */
uint64_t keras_offset(const struct keras_walk *w, const struct json *value);

/* One JSON object: what it makes a loader do, what is in it apart. */
void keras_look_at(struct keras_walk *w, const struct json *object);

/* The values of Python code that a configuration carries: reported when it is some. */
void keras_look_for_code(struct keras_walk *w, const struct json *object, struct bytes class_name);

/*
 * JSON as Python's json module takes it, made strict (RFC 8259) with every byte
 * where it was: NaN and infinities become numbers, lone surrogates U+FFFD.  UTF-16,
 * UTF-32 and a byte order mark, which it takes too, become plain UTF-8.
 */
struct bytes keras_strict_json(struct arena *arena, struct bytes text);

/* Base64 as Python decodes it: what is not of the alphabet is passed over. */
bool keras_decode_base64(struct arena *arena, struct bytes text, struct bytes *out);

#endif
