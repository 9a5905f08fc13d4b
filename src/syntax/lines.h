#ifndef SYNTAX_LINES_H
#define SYNTAX_LINES_H

#include "base/cursor.h"
#include "base/text.h"

/* Texts that people sign and can read: lines of "KEY VALUE", in a fixed order. */

/* Control characters of the value become blanks. */
void lines_add(struct text *t, const char *key, struct bytes value);
void lines_add_time(struct text *t, const char *key, int64_t at_ms);

/* The value of the next line; fails the cursor when another key stands there. */
struct bytes lines_take(struct cursor *c, const char *key);

#endif
