#ifndef FORMATS_GRAPH_OPERATORS_H
#define FORMATS_GRAPH_OPERATORS_H

#include "types/artifact.h"

/* A set of names; what is in it is borrowed. */
struct name_set {
	struct arena *arena;
	struct name_entry **slots;
	size_t room, count;
};

struct name_entry {
	uint64_t hash;
	struct bytes name;
	size_t index;               /* what the caller gave with it */
	struct name_entry *next;
};

void names_init(struct name_set *set, struct arena *arena);
/* The entry of that name; `*added` tells whether it was new, and then `index` is kept with it. */
struct name_entry *names_add(struct name_set *set, struct bytes name, size_t index, bool *added);
const struct name_entry *names_find(const struct name_set *set, struct bytes name);

/*
 * The operators of one file, each noted as an event the first time it is used
 * with these arguments: graphs use few operators, and use them often.
 */
struct operator_log {
	struct artifact *art;
	const char *family;         /* "tensorflow" */
	struct name_set seen;
};

void operators_begin(struct operator_log *log, struct artifact *art, const char *family);
void operators_note(struct operator_log *log, uint64_t offset, struct bytes name, bool defined, struct value arguments);

/* Arguments while they are put together: name, text, name, text. What is empty or past the last place is left out. */
struct operator_pairs {
	struct bytes list[24];
	size_t count;
};

/* The text of an argument that is only known when the graph runs. */
extern const struct bytes operators_made_up;

void operators_pair(struct operator_pairs *p, struct bytes name, struct bytes text);

/* A dict of texts by name, for operators_note(); `pairs` are name, text, name, text. */
struct value operators_arguments(struct arena *arena, const struct bytes *pairs, size_t count);

#endif
