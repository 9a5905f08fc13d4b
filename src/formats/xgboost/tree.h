#ifndef FORMATS_XGBOOST_TREE_H
#define FORMATS_XGBOOST_TREE_H

#include "formats/trees/numbers.h"

enum {
	COLUMN_LEFT, COLUMN_RIGHT, COLUMN_PARENT, COLUMN_SPLIT,
	COLUMN_CATEGORY_NODES, COLUMN_CATEGORY_SEGMENTS, COLUMN_CATEGORY_SIZES,
	COLUMN_COUNT
};

/* Arrays of which only the length matters. */
enum { LENGTH_CONDITIONS, LENGTH_DEFAULTS, LENGTH_LOSSES, LENGTH_HESSIANS, LENGTH_WEIGHTS, LENGTH_TYPES, LENGTH_CATEGORIES, LENGTH_COUNT };

/* One tree as XGBoost writes it (src/tree/tree_model.cc): node 0 is the root, -1 no child. */
struct xgboost_tree {
	int64_t nodes, features, vector, deleted;
	struct numbers columns[COLUMN_COUNT];
	uint64_t lengths[LENGTH_COUNT];
	unsigned given;             /* set of 1 << LENGTH_...: older writers leave some out */
	int64_t split_most;         /* of all trees: the highest feature asked for */
	struct numbers stack, seen;  /* of the walk */
};

/* Makes ready for the next tree. */
void xgboost_tree_clear(struct xgboost_tree *tree);

/* Why its numbers make no tree, as a clause that completes "FILE ...", or NULL. */
const char *xgboost_tree_check(struct arena *arena, struct xgboost_tree *tree);

#endif
