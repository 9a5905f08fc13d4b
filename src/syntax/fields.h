#ifndef SYNTAX_FIELDS_H
#define SYNTAX_FIELDS_H

#include "syntax/yaml.h"

/* What readers of files that people write have in common: which fields a map may have, and saying where a mistake is. */

/* False always, so that it can be returned. `at` NULL: nowhere in particular. */
PRINTF_LIKE(3, 4) bool fields_fail(struct yaml_error *error, const struct yaml *at, const char *format, ...);
bool fields_fail_list(struct yaml_error *error, const struct yaml *at, const char *format, va_list list);

/* The place of a word among those that stand in `words` with a blank between them; -1 when it is none of them. */
int fields_place(const char *words, struct bytes word);

/* Is it a map, and each of its keys among `words`? */
bool fields_check(struct yaml_error *error, const struct yaml *map, const char *words);

/* Text that can be shown on a line: not empty, at most `most` bytes of UTF-8, no control characters of ASCII. */
bool fields_printable(struct bytes b, size_t most);

#endif
