#ifndef FORMATS_KERAS_CONFIG_H
#define FORMATS_KERAS_CONFIG_H

#include "types/artifact.h"

/*
 * The configuration of a Keras model: JSON whose objects name the classes and
 * functions that loading makes instances of.  What loading would import, call
 * and read becomes events, oddities and parts; nothing is looked up here.
 */
struct keras_document {
	struct bytes text;
	uint64_t offset;            /* in the source */
	bool stored;                /* it stands there as it is, so that its own offsets count from that one */
	bool legacy;                /* of an HDF5 model: Keras before 3.11.3 runs the code in it even in safe mode */
	bool demanded;              /* the loader wants it to be JSON, and so is it reported when it is not */
};

void keras_judge(struct artifact *art, const struct keras_document *document);

/* Does it begin like JSON that may hold an object? */
bool keras_is_likely(struct bytes text);

/* Does an object in it say what class it is of, as far as it is JSON? */
bool keras_names_class(struct arena *arena, struct bytes text);

#endif
