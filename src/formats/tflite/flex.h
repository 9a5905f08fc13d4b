#ifndef FORMATS_TFLITE_FLEX_H
#define FORMATS_TFLITE_FLEX_H

#include "base/bytes.h"

/*
 * The options of a Flex operator are a FlexBuffer of two strings: a name, and
 * the NodeDef that TensorFlow runs.  Gives the second; false when they are not
 * of that form.
 */
bool flex_node(struct bytes options, struct bytes *node);

#endif
