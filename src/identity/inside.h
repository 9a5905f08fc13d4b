#ifndef IDENTITY_INSIDE_H
#define IDENTITY_INSIDE_H

#include <stdatomic.h>

#include "base/hash.h"
#include "identity/identity.h"

/* What the files of this folder share. */

enum {
	NAME_MOST = 200,                /* bytes of any name */
	SECRET_MOST = 512,              /* of a key */
	FILE_MOST = 32 << 20,
	KEY_SET_BYTES_MOST = 256 << 10,
	LIST_MOST = 256,                /* routes, models or tools of a caller */
};

/* Reading what the owner wrote: where things go, and what went wrong. */
struct reader {
	struct arena *arena;
	const char *folder;
	struct yaml_error *error;
	const char *file;               /* the error stands in it; NULL: the configuration itself */
	struct hasher files;            /* over all that reader_file() read */
};

/* False always, so that it can be returned. */
PRINTF_LIKE(3, 4) bool reader_fail(struct reader *r, const struct yaml *at, const char *format, ...);

/* Is `value` a map, and each of its keys among `known`, words between blanks? */
bool reader_check(struct reader *r, const struct yaml *value, const char *known);

/* A scalar of the owner's, printable and not too long; NULL `value` leaves `out` empty. */
bool reader_name(struct reader *r, const struct yaml *value, struct bytes *out);
bool reader_names(struct reader *r, const struct yaml *value, size_t most, struct names *out);
bool reader_time(struct reader *r, const struct yaml *value, int64_t *out);

/* "team", "roles", "purposes", "routes", "models", "tools", "expires" of a map. */
#define SCOPE_FIELDS "team roles purposes routes models tools expires"
bool reader_scope(struct reader *r, const struct yaml *map, struct caller *out);

/* A whole file named in the configuration, kept in the arena; `at` is where it is named. */
bool reader_file(struct reader *r, const struct yaml *at, struct bytes name, size_t most, const char **path, struct bytes *content);

/* Not empty, not too long, valid UTF-8 without control characters. */
bool is_printable(struct bytes b);
/* So that names from different sources never meet: '/' stands between an issuer and its callers. */
bool is_plain_name(struct bytes b);

struct caller *caller_copy(struct arena *arena, const struct caller *caller);

#endif
