#ifndef DIALECTS_WORDS_H
#define DIALECTS_WORDS_H

#include "base/bytes.h"

/*
 * The keys that the dialects themselves are made of, and those of JSON Schema:
 * they say nothing by standing there.  Every other key is text, which a model
 * may read.  A word that is missing here costs time, never sight.
 */
extern const struct bytes dialect_words[];
extern const size_t dialect_word_count;

bool words_have(struct bytes key);

#endif
