#ifndef FORMATS_YAML_SPELLING_H
#define FORMATS_YAML_SPELLING_H

#include "base/arena.h"

/* YAML line by line, without its structure. */
struct yaml_line {
	struct bytes text;          /* without what it is indented by */
	size_t indent, next;        /* where the next one begins */
};

/* Escapes of double quotes undone everywhere, "\" at the end of a line too: more than a reader would, never less. */
struct bytes yaml_unescape(struct arena *arena, struct bytes in);

/* The first line when `line` is new; false at the end. */
bool yaml_next_line(struct bytes text, struct yaml_line *line);

/* Is what stands at `at`, `len` bytes long, a key, in quotes or not? Then `*value` is the rest of the line behind its colon. */
bool yaml_is_key(struct bytes line, size_t at, size_t len, struct bytes *value);

/* "key: value", or "- key: value" */
bool yaml_pair(struct bytes line, struct bytes *key, struct bytes *value);

/* A value that is one plain or quoted text and ends on its line; no alias, no tag, no block, nothing to be put in. */
bool yaml_scalar(struct bytes value, struct bytes *out);

/* The name in a tag, up to what ends it. */
struct bytes yaml_tag_rest(struct bytes rest);

#endif
