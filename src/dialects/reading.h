#ifndef DIALECTS_READING_H
#define DIALECTS_READING_H

#include "syntax/json.h"
#include "types/dialect.h"

/* What the dialects share: bodies of JSON, read strictly, so that what was examined is what the upstream reads. */

/* NULL when it is no such JSON: the exchange then says why. A key that stands twice counts as that. */
const struct json *reading_parse(struct exchange *x, struct bytes body);

/* A string becomes a piece; what is no string is left alone, and NULL comes back. */
struct piece *reading_text(struct exchange *x, const struct json *value, enum channel channel, unsigned trust);
/* Every string below, whatever it means. */
void reading_all(struct exchange *x, const struct json *value, enum channel channel, unsigned trust);
/* Every member of `object` that is not among the words of `known` (separated by blanks). */
void reading_rest(struct exchange *x, const struct json *object, const char *known, enum channel channel, unsigned trust);
void reading_opaque(struct exchange *x, const struct json *value, const char *what);
/* A value that spells out other pieces again, or none. */
void reading_echo(struct exchange *x, const struct json *value);

/* `arguments` is JSON in a string, or JSON itself: that counts as one text, as written. */
struct piece *reading_call(struct exchange *x, const struct json *name, const struct json *arguments);
/* A tool's definition: its name, and everything said about it. */
void reading_definition(struct exchange *x, struct bytes name, const struct json *tool);

/* The name of a thread: "2/content", "2/tool/1". */
PRINTF_LIKE(2, 3) struct bytes reading_thread(struct exchange *x, const char *format, ...);
/* Says of which thread a piece is a part; nothing when there is no piece. */
void reading_carries_on(struct piece *piece, struct bytes thread);
/* The thread is over: a piece without text says so. */
void reading_ends(struct exchange *x, enum channel channel, unsigned trust, struct bytes thread);

/* Numbers that are not there are 0. */
uint64_t reading_number(const struct json *object, const char *name);

/* Text that a template of a reply holds: "%s" of a JSON string. */
void reading_add_string(struct text *out, const char *key, const char *value);

#endif
