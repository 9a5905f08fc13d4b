#ifndef FORMATS_NESTED_H
#define FORMATS_NESTED_H

#include "types/artifact.h"

/*
 * Is this value of a file a file itself, as it is, in hexadecimal or in base64?
 * If so it becomes a part to look at in case it is.  `offset`: of the value.
 */
void nested_look(struct artifact *art, struct bytes value, uint64_t offset);

#endif
