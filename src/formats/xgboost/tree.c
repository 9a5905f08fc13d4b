/*
 * A tree whose nodes point outside of it, or in a circle, makes its reader read what is not
 * there, or never end: readers before 2.0 follow whatever the file says.
 */
#include "formats/xgboost/tree.h"

#include <string.h>

void xgboost_tree_clear(struct xgboost_tree *tree)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		tree->columns[i].count = 0;
	memset(tree->lengths, 0, sizeof tree->lengths);
	tree->nodes = tree->features = tree->vector = tree->deleted = tree->given = 0;
}

static bool has_wrong_length(const struct xgboost_tree *t)
{
	uint64_t nodes = (uint64_t)t->nodes, vector = t->vector > 1 ? (uint64_t)t->vector : 1, all;

	for (size_t i = COLUMN_LEFT; i <= COLUMN_SPLIT; i++)
		if (t->columns[i].count != nodes)
			return true;
	for (unsigned i = LENGTH_CONDITIONS; i <= LENGTH_TYPES; i++)
		if (t->given & 1u << i && i != LENGTH_WEIGHTS && t->lengths[i] != nodes)
			return true;
	if (__builtin_mul_overflow(nodes, vector, &all))
		return true;
	return t->given & 1u << LENGTH_WEIGHTS && t->lengths[LENGTH_WEIGHTS] != all && t->lengths[LENGTH_WEIGHTS] != nodes;
}

/* Each categorical split owns a run of the list of categories. */
static bool has_wrong_categories(const struct xgboost_tree *t)
{
	const struct numbers *nodes = &t->columns[COLUMN_CATEGORY_NODES], *segments = &t->columns[COLUMN_CATEGORY_SEGMENTS];
	const struct numbers *sizes = &t->columns[COLUMN_CATEGORY_SIZES];
	uint64_t all = t->lengths[LENGTH_CATEGORIES];

	if (nodes->count != segments->count || nodes->count != sizes->count)
		return true;
	for (size_t i = 0; i < nodes->count; i++) {
		int64_t node = nodes->at[i], from = segments->at[i], size = sizes->at[i];
		if (node < 0 || node >= t->nodes || from < 0 || size < 0 || (uint64_t)from > all || (uint64_t)size > all - (uint64_t)from)
			return true;
	}
	return false;
}

/* A child that exists, that knows its parent, and that nobody reached before. */
static bool take_child(struct arena *arena, struct xgboost_tree *t, int64_t parent, int64_t child)
{
	if (child <= 0 || child >= t->nodes || t->columns[COLUMN_PARENT].at[child] != parent || t->seen.at[child])
		return false;
	t->seen.at[child] = 1;
	numbers_add(arena, &t->stack, child);
	return true;
}

static const char *walk(struct arena *arena, struct xgboost_tree *t)
{
	t->stack.count = t->seen.count = 0;
	for (int64_t i = 0; i < t->nodes; i++)
		numbers_add(arena, &t->seen, i == 0);
	numbers_add(arena, &t->stack, 0);
	while (t->stack.count > 0) {
		int64_t node = t->stack.at[--t->stack.count], left = t->columns[COLUMN_LEFT].at[node], right = t->columns[COLUMN_RIGHT].at[node];
		int64_t split = t->columns[COLUMN_SPLIT].at[node];
		if (left == -1)
			continue;       /* a leaf; its other child may be the place of its values */
		if (!take_child(arena, t, node, left) || !take_child(arena, t, node, right))
			return "has a tree whose nodes point outside of it, or in a circle";
		if (split < 0 || (t->features > 0 && split >= t->features))
			return "has a tree that asks for a feature the model does not have";
		if (split > t->split_most)
			t->split_most = split;
	}
	return NULL;
}

const char *xgboost_tree_check(struct arena *arena, struct xgboost_tree *t)
{
	if (t->nodes < 1 || t->deleted < 0 || t->deleted >= t->nodes || t->vector < 0 || has_wrong_length(t))
		return "has a tree whose arrays are not as long as it says";
	if (has_wrong_categories(t))
		return "has a tree whose categories lie outside of its list";
	return walk(arena, t);
}
