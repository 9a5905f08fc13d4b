#ifndef GATEWAY_SETTINGS_H
#define GATEWAY_SETTINGS_H

#include "base/arena.h"
#include "syntax/yaml.h"
#include "types/circumstances.h"

/* Reads what people write in a configuration: the first mistake stays, and says where it is and how to mend it. */
struct settings {
	struct arena *arena;
	struct yaml_error error;
	bool failed;
};

PRINTF_LIKE(3, 4) void settings_fail(struct settings *s, const struct yaml *where, const char *format, ...);

/* `map` is a map, and holds none but these words (separated by blanks). */
bool settings_know(struct settings *s, const struct yaml *map, const char *what, const char *words);

/* The value of a member, or what is given when it is not there. */
const char *settings_string(struct settings *s, const struct yaml *map, const char *name, const char *otherwise);
uint64_t settings_number(struct settings *s, const struct yaml *map, const char *name, uint64_t otherwise, uint64_t least, uint64_t most);
bool settings_bool(struct settings *s, const struct yaml *map, const char *name, bool otherwise);
/* "250ms", "5s", "2m", "1h", "30d" */
int64_t settings_duration(struct settings *s, const struct yaml *map, const char *name, int64_t otherwise_ms);
/* "64KiB", "16MiB", "1GiB", or bytes */
uint64_t settings_size(struct settings *s, const struct yaml *map, const char *name, uint64_t otherwise);
/* One of the words of `words`: its place, from 0. */
unsigned settings_choice(struct settings *s, const struct yaml *map, const char *name, const char *words, unsigned otherwise);
/* A list of texts, or one text. */
struct names settings_names(struct settings *s, const struct yaml *map, const char *name);

/* A path as given, or under `folder` when it is relative. */
const char *settings_path(struct settings *s, const char *folder, const char *path);

#endif
