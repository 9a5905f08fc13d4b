#ifndef DIALECTS_LISTS_H
#define DIALECTS_LISTS_H

#include "dialects/reading.h"

/* What the dialects' lists of models have in common; see dialect.list. */
size_t lists_filter(struct exchange *answer, struct bytes body, const struct list_reader *reader, struct text *out);

#endif
