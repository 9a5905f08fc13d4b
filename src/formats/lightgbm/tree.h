#ifndef FORMATS_LIGHTGBM_TREE_H
#define FORMATS_LIGHTGBM_TREE_H

#include "formats/trees/numbers.h"

enum {
	NUMBERS_SPLIT, NUMBERS_DECISION, NUMBERS_LEFT, NUMBERS_RIGHT, NUMBERS_BOUNDARIES, NUMBERS_LINEAR_COUNTS, NUMBERS_LINEAR_FEATURES,
	NUMBERS_THRESHOLD,          /* read as whole numbers where the split is one by category */
	NUMBERS_COUNT
};

/* Lines of which only the number of values matters. */
enum { WORDS_LEAF_VALUE, WORDS_CATEGORIES, WORDS_LINEAR_CONSTANTS, WORDS_LINEAR_FACTORS, WORDS_COUNT };

struct lightgbm_tree {
	int64_t features;           /* of the model */
	int64_t leaves, categories;
	bool linear;
	struct numbers numbers[NUMBERS_COUNT];
	uint64_t words[WORDS_COUNT];
	struct numbers stack, seen;    /* of the walk */
};

/* Blank-separated whole numbers; false when one of them is none. */
bool lightgbm_numbers_read(struct arena *arena, struct bytes text, struct numbers *out);

void lightgbm_tree_clear(struct lightgbm_tree *tree);
/* One "key=value" line; false when a number in it is none. */
bool lightgbm_tree_line(struct arena *arena, struct lightgbm_tree *tree, struct bytes key, struct bytes value);
/* Why its numbers make no tree, as a clause that completes "FILE ...", or NULL. */
const char *lightgbm_tree_check(struct arena *arena, struct lightgbm_tree *tree);

#endif
