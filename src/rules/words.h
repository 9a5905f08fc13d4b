#ifndef RULES_WORDS_H
#define RULES_WORDS_H

#include "base/bytes.h"

/* The next word of a list separated by blanks or line ends, taken off its front; empty at the end. */
struct bytes rules_word(struct bytes *list);

#endif
