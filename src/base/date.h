#ifndef BASE_DATE_H
#define BASE_DATE_H

#include <stdint.h>

#include "base/text.h"

/* "2026-11-21T10:00:00.000Z" (RFC 3339, UTC). */
void text_add_time(struct text *t, int64_t at_ms);

/* Reads that form, with or without the milliseconds, or a date alone; false on anything else. */
bool time_parse(struct bytes b, int64_t *at_ms);

/* As configurations write it, in the largest unit that says it whole: "700ms", "10s", "2m", "1h", "30d". */
void text_add_duration(struct text *t, int64_t ms);

#endif
