#ifndef FORMATS_KERAS_INSIDE_H
#define FORMATS_KERAS_INSIDE_H

#include "formats/config/config.h"
#include "formats/keras/config.h"

/* For the files of this folder alone. */

struct keras_walk {
	struct artifact *art;
	const struct keras_document *document;
	uint64_t inside_at;         /* of the string whose content is being walked, or 0 */
	unsigned strings;           /* JSON inside strings inside JSON: how deep */
	struct config_program program;
};

/* Where a value stands in the source, as near as can be told. */
uint64_t keras_offset(const struct keras_walk *w, const struct json *value);

/* One JSON object: what it makes a loader do, what is in it apart. */
void keras_look_at(struct keras_walk *w, const struct json *object);

/* The values of Python code that a configuration carries: reported when it is some. */
void keras_look_for_code(struct keras_walk *w, const struct json *object, struct bytes class_name);

#endif
