#ifndef SYNTAX_YAML_H
#define SYNTAX_YAML_H

#include "base/arena.h"
#include "base/text.h"

/*
 * YAML as people write rules, controls and policies in it: maps, lists and
 * scalars, by libyaml.  Anchors, aliases, tags and a second document are
 * refused: no file of ours needs them, and each has been an attack somewhere.
 */

enum yaml_kind { YAML_IS_SCALAR, YAML_IS_LIST, YAML_IS_MAP };

struct yaml {
	enum yaml_kind kind;
	struct bytes key;           /* inside a map */
	struct bytes text;          /* of scalars */
	bool plain;                 /* a scalar without quotes: 1, true, null */
	unsigned line, column;      /* from 1 */
	size_t count;
	struct yaml *first, *next;
};

struct yaml_error {
	char why[160];
	unsigned line, column;
};

/* NULL when it is not such YAML; a key twice in one map is an error. */
struct yaml *yaml_parse(struct arena *arena, struct bytes in, struct yaml_error *error);

/* A tree as bytes, for a file that is built into the program, and back: texts then lie where the bytes do. */
void yaml_pack(const struct yaml *tree, struct text *out);
struct yaml *yaml_unpack(struct arena *arena, struct bytes packed);

/* NULL when it is not there, or `map` is NULL or no map. */
const struct yaml *yaml_member(const struct yaml *map, const char *name);
struct bytes yaml_string(const struct yaml *map, const char *name);    /* empty when it is not there */

#define yaml_each(value, it) for (const struct yaml *it = (value) ? (value)->first : NULL; it; it = it->next)

#endif
