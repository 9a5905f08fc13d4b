/*
 * {"learner": {"attributes", "feature_names", "feature_types", "gradient_booster": {"model": {"trees": [...]}},
 *  "learner_model_param", "objective"}, "version"}
 *
 * Keys stand in alphabetical order when XGBoost writes them; here they may stand in any.
 */
#include "formats/nested.h"
#include "formats/trees/document.h"
#include "formats/xgboost/model.h"

enum { DART_DEPTH = 2, NOT_SAID = -1 };

struct model {
	struct artifact *art;
	struct document d;
	struct xgboost_tree tree;
	struct numbers numbers;      /* tree_info, iteration_indptr */
	int64_t features, trees_told, weights_told;
	int64_t classes, targets, class_most;    /* what it tells apart, at most; the last one that a tree is for */
	uint64_t trees, tree_info, weights;
	int64_t last_iteration;
	bool learner;
};

void xgboost_note_text(struct artifact *art, uint64_t offset, struct bytes name, struct bytes text)
{
	artifact_add(art, PART_METADATA, offset, name, text);
	nested_look(art, text, offset);
}

static void look_at_text(void *context, struct document *d)
{
	struct model *m = context;

	nested_look(m->art, d->text, d->offset);
}

static void skip(struct model *m)
{
	document_skip(&m->d, look_at_text, m);
}

/* The object whose first token was read, or nothing at all. */
static bool is_object(struct model *m)
{
	if (m->d.token == JSON_OBJECT)
		return true;
	document_fail(&m->d, "has a value where XGBoost expects an object");
	return false;
}

static bool is_array(struct model *m)
{
	if (m->d.token == JSON_ARRAY)
		return true;
	document_fail(&m->d, "has a value where XGBoost expects an array");
	return false;
}

/* ---- numbers ---- */

static int64_t read_number(struct model *m)
{
	int64_t n;

	if (!document_number(&m->d, &n)) {
		document_fail(&m->d, "has something else where XGBoost expects a whole number");
		return 0;
	}
	return n;
}

static void read_column(struct model *m, struct numbers *column)
{
	column->count = 0;
	if (!is_array(m))
		return;
	while (document_item(&m->d))
		numbers_add(m->art->arena, column, read_number(m));
}

/* How many values an array has; what they are does not matter. */
static uint64_t read_length(struct model *m)
{
	uint64_t count = 0;

	if (!is_array(m))
		return 0;
	for (; document_item(&m->d); count++)
		if (m->d.token == JSON_OBJECT || m->d.token == JSON_ARRAY || m->d.token == JSON_STRING)
			document_fail(&m->d, "has something else where XGBoost expects a number");
	return count;
}

/* One number of an object of them; the others are stepped over. */
struct wanted {
	const char *key;
	int64_t *value;
};

static void read_numbers(struct model *m, const struct wanted *wanted, size_t count)
{
	struct bytes key;

	if (!is_object(m))
		return;
	while (document_member(&m->d, &key)) {
		size_t i = 0;
		while (i < count && !bytes_same(key, wanted[i].key))
			i++;
		if (i < count)
			*wanted[i].value = read_number(m);
		else
			skip(m);
	}
}

/* ---- trees ---- */

static const struct list_name columns[] = {
	{"left_children", COLUMN_LEFT}, {"right_children", COLUMN_RIGHT}, {"parents", COLUMN_PARENT}, {"split_indices", COLUMN_SPLIT},
	{"categories_nodes", COLUMN_CATEGORY_NODES}, {"categories_segments", COLUMN_CATEGORY_SEGMENTS}, {"categories_sizes", COLUMN_CATEGORY_SIZES},
};

static const struct list_name lengths[] = {
	{"split_conditions", LENGTH_CONDITIONS}, {"default_left", LENGTH_DEFAULTS}, {"loss_changes", LENGTH_LOSSES}, {"sum_hessian", LENGTH_HESSIANS},
	{"base_weights", LENGTH_WEIGHTS}, {"split_type", LENGTH_TYPES}, {"categories", LENGTH_CATEGORIES},
};

static void read_tree_member(struct model *m, struct bytes key)
{
	struct xgboost_tree *t = &m->tree;
	const struct wanted wanted[] = {{"num_nodes", &t->nodes}, {"num_feature", &t->features}, {"size_leaf_vector", &t->vector}, {"num_deleted", &t->deleted}};
	const struct list_name *column = list_named(columns, COUNT_OF(columns), key), *length = list_named(lengths, COUNT_OF(lengths), key);

	if (column) {
		read_column(m, &t->columns[column->index]);
	} else if (length) {
		t->lengths[length->index] = read_length(m);
		t->given |= 1u << length->index;
	} else if (bytes_same(key, "tree_param")) {
		read_numbers(m, wanted, COUNT_OF(wanted));
	} else {
		skip(m);
	}
}

static void read_tree(struct model *m)
{
	uint64_t at = m->d.offset;
	struct bytes key;

	xgboost_tree_clear(&m->tree);
	m->trees++;
	if (!is_object(m))
		return;
	while (document_member(&m->d, &key))
		read_tree_member(m, key);
	const char *why = m->d.why ? NULL : xgboost_tree_check(m->art->arena, &m->tree);
	if (why) {
		document_fail(&m->d, why);
		m->d.why_at = at;
	}
}

static void read_trees(struct model *m)
{
	if (!is_array(m))
		return;
	while (document_item(&m->d))
		read_tree(m);
}

/* Where the trees of each round begin: from none to all, never back. */
static void read_iterations(struct model *m)
{
	read_column(m, &m->numbers);
	for (size_t i = 0; i < m->numbers.count; i++)
		if (m->numbers.at[i] < (i ? m->numbers.at[i - 1] : 0))
			document_fail(&m->d, "has rounds of training that go backwards");
	if (m->numbers.count > 0)
		m->last_iteration = m->numbers.at[m->numbers.count - 1];
}

static void read_tree_groups(struct model *m)
{
	read_column(m, &m->numbers);
	m->tree_info = m->numbers.count;
	for (size_t i = 0; i < m->numbers.count; i++) {
		if (m->numbers.at[i] < 0)
			document_fail(&m->d, "has a tree of a class that does not exist");
		else if (m->numbers.at[i] > m->class_most)
			m->class_most = m->numbers.at[i];
	}
}

static void read_forest(struct model *m)
{
	const struct wanted wanted[] = {{"num_trees", &m->trees_told}};
	struct bytes key;

	if (!is_object(m))
		return;
	while (document_member(&m->d, &key)) {
		if (bytes_same(key, "trees"))
			read_trees(m);
		else if (bytes_same(key, "tree_info"))
			read_tree_groups(m);
		else if (bytes_same(key, "iteration_indptr"))
			read_iterations(m);
		else if (bytes_same(key, "gbtree_model_param"))
			read_numbers(m, wanted, COUNT_OF(wanted));
		else
			skip(m);
	}
}

static void read_booster(struct model *m, unsigned depth)
{
	struct bytes key;

	if (!is_object(m))
		return;
	while (document_member(&m->d, &key)) {
		if (bytes_same(key, "model"))
			read_forest(m);
		else if (bytes_same(key, "gbtree") && depth < DART_DEPTH)
			read_booster(m, depth + 1);
		else if (bytes_same(key, "weight_drop"))
			m->weights_told = (int64_t)read_length(m);
		else
			skip(m);
	}
}

/* ---- the learner ---- */

static void read_texts(struct model *m)
{
	struct bytes key;

	if (!is_object(m))
		return;
	while (document_member(&m->d, &key)) {
		uint64_t at = m->d.offset;
		if (m->d.token == JSON_STRING)
			xgboost_note_text(m->art, at, key, m->d.text);
		else
			skip(m);
	}
}

static void read_feature_types(struct model *m)
{
	static const char *const known[] = {"int", "float", "i", "q", "c"};

	if (!is_array(m))
		return;
	while (document_item(&m->d)) {
		bool good = false;
		for (size_t i = 0; i < COUNT_OF(known) && m->d.token == JSON_STRING; i++)
			good |= bytes_same(m->d.text, known[i]);
		if (!good)
			document_fail(&m->d, "has a feature of a type that XGBoost does not have");
	}
}

static void read_learner(struct model *m)
{
	const struct wanted wanted[] = {{"num_feature", &m->features}, {"num_class", &m->classes}, {"num_target", &m->targets}};
	struct bytes key;

	m->learner = true;
	if (!is_object(m))
		return;
	while (document_member(&m->d, &key)) {
		if (bytes_same(key, "attributes"))
			read_texts(m);
		else if (bytes_same(key, "feature_types"))
			read_feature_types(m);
		else if (bytes_same(key, "gradient_booster"))
			read_booster(m, 0);
		else if (bytes_same(key, "learner_model_param"))
			read_numbers(m, wanted, COUNT_OF(wanted));
		else
			skip(m);
	}
}

/* What the parts say of each other, once all of them are known. */
static void compare(struct model *m)
{
	uint64_t told = (uint64_t)m->trees_told;
	int64_t told_apart = m->classes > m->targets ? m->classes : m->targets;

	if (!m->learner)
		document_fail(&m->d, "has no learner");
	else if (m->trees_told != NOT_SAID && (told != m->trees || told != m->tree_info))
		document_fail(&m->d, "says that it has another number of trees than it has");
	else if (m->trees_told == NOT_SAID && m->trees > 0)
		document_fail(&m->d, "does not say how many trees it has");
	else if (m->last_iteration != NOT_SAID && m->last_iteration != m->trees_told)
		document_fail(&m->d, "has rounds of training for another number of trees");
	else if (m->weights_told != NOT_SAID && (uint64_t)m->weights_told != m->trees)
		document_fail(&m->d, "has weights for another number of trees");
	else if (m->trees > 0 && m->tree.vector <= 1 && told_apart > (int64_t)m->trees)
		document_fail(&m->d, "tells more classes apart than it has trees");
	else if (m->class_most >= (told_apart > 1 ? told_apart : 1))
		document_fail(&m->d, "has a tree of a class that does not exist");
	else if (m->features > 0 && m->tree.split_most >= m->features)
		document_fail(&m->d, "has a tree that asks for a feature the model does not have");
}

static void read_root(struct model *m, unsigned depth)
{
	struct bytes key;

	if (!is_object(m))
		return;
	while (document_member(&m->d, &key)) {
		if (bytes_same(key, "learner") && !m->learner)
			read_learner(m);
		else if (bytes_same(key, "learner"))
			document_fail(&m->d, "has two learners; which one is read depends on the reader");
		else if (bytes_same(key, "Model") && depth == 0)
			read_root(m, depth + 1);
		else
			skip(m);
	}
}

void xgboost_document_read(struct artifact *art, struct bytes in)
{
	struct model *m = arena_new(art->arena, struct model);

	*m = (struct model){.art = art, .trees_told = NOT_SAID, .weights_told = NOT_SAID, .last_iteration = NOT_SAID};
	document_begin(&m->d, art->arena, in);
	document_next(&m->d);
	read_root(m, 0);
	if (!m->d.why && document_next(&m->d) != JSON_END)
		document_fail(&m->d, "goes on after its model");
	if (!m->d.why)
		compare(m);
	if (m->d.why)
		artifact_note(art, "file.malformed", m->d.why_at, "%s", m->d.why);
	art->bytes_read += in.len;
}

/* ---- is it one? ---- */

bool xgboost_document_claims(struct bytes in, struct arena *arena)
{
	static const char *const inside[] = {"attributes", "feature_names", "feature_types", "gradient_booster", "learner_model_param", "objective", "learner"};
	enum { TOKENS = 4096 };
	bool outer = false;
	unsigned depth = 0;

	if (!document_begins(in))
		return false;
	struct document *d = arena_new(arena, struct document);
	document_begin(d, arena, in);
	for (unsigned i = 0; i < TOKENS && document_next(d) > JSON_ERROR; i++) {
		depth += d->token == JSON_OBJECT || d->token == JSON_ARRAY;
		depth -= d->token == JSON_OBJECT_END || d->token == JSON_ARRAY_END;
		if (d->token != JSON_KEY)
			continue;
		if (depth == 1)
			outer = bytes_same(d->text, "learner") || bytes_same(d->text, "Model") || bytes_same(d->text, "Config");
		for (size_t k = 0; k < COUNT_OF(inside) && outer && depth == 2; k++)
			if (bytes_same(d->text, inside[k]))
				return true;
	}
	return false;
}
