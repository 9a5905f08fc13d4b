/*
 *   ["binf"] | parameters: 136 bytes | string objective | string booster | the booster | texts by name | metrics
 *   gbtree: parameters: 160 bytes | trees: parameters 148, nodes of 20, statistics of 16 | a class for each tree
 *   string, list: u64 length before it
 */
#include "base/cursor.h"
#include "formats/xgboost/model.h"

enum {
	PARAMETERS = 136, FOREST = 160, TREE = 148, LINEAR = 136, NODE = 20, STATISTICS = 16,
	VERSION_MOST = 100, NAME_MOST = 64, LEAF_MASK = 0x7FFFFFFF, NO_PARENT = -1,
};

struct reading {
	struct artifact *art;
	struct cursor c;
	uint32_t features, attributes, metrics, major;
	uint32_t columns;           /* classes or targets it tells apart, at least 1 */
	struct xgboost_tree tree;
};

static struct bytes take_string(struct cursor *c)
{
	return cursor_take(c, cursor_u64le(c));
}

static bool is_booster(struct bytes name)
{
	return bytes_same(name, "gbtree") || bytes_same(name, "dart") || bytes_same(name, "gblinear");
}

bool xgboost_binary_claims(struct bytes in)
{
	struct cursor c = cursor_over(in);

	if (bytes_start_with(in, BYTES("binf")))
		return true;
	cursor_take(&c, PARAMETERS);
	struct bytes objective = take_string(&c), booster = take_string(&c);
	return cursor_ok(&c) && objective.len > 0 && objective.len < NAME_MOST && is_booster(booster);
}

bool xgboost_binary_may_begin(struct bytes first)
{
	struct cursor c = cursor_over(first);

	if (bytes_start_with(first, BYTES("binf")))
		return true;
	cursor_take(&c, PARAMETERS);
	uint64_t len = cursor_u64le(&c);
	return cursor_ok(&c) && len > 0 && len < NAME_MOST;
}

/* The list a length stands before: it must fit, at `size` bytes an entry. */
static uint64_t take_count(struct cursor *c, uint64_t size)
{
	uint64_t count = cursor_u64le(c);

	if (cursor_ok(c) && count > cursor_left(c) / size)
		cursor_fail(c, "promises more than fits in it");
	return cursor_ok(c) ? count : 0;
}

/* ---- trees ---- */

static void read_node(struct reading *r)
{
	int32_t parent = (int32_t)cursor_u32le(&r->c), left = (int32_t)cursor_u32le(&r->c), right = (int32_t)cursor_u32le(&r->c);
	uint32_t split = cursor_u32le(&r->c);
	struct arena *arena = r->art->arena;

	cursor_u32le(&r->c);
	/* The highest bit tells which child a node is. */
	numbers_add(arena, &r->tree.columns[COLUMN_PARENT], parent == NO_PARENT ? NO_PARENT : parent & LEAF_MASK);
	numbers_add(arena, &r->tree.columns[COLUMN_LEFT], left);
	numbers_add(arena, &r->tree.columns[COLUMN_RIGHT], right);
	numbers_add(arena, &r->tree.columns[COLUMN_SPLIT], split & LEAF_MASK);
}

static void read_tree(struct reading *r)
{
	struct cursor p = cursor_over(cursor_take(&r->c, TREE));

	xgboost_tree_clear(&r->tree);
	cursor_u32le(&p);
	r->tree.nodes = (int32_t)cursor_u32le(&p);
	r->tree.deleted = (int32_t)cursor_u32le(&p);
	cursor_u32le(&p);
	r->tree.features = (int32_t)cursor_u32le(&p);
	uint32_t vector = cursor_u32le(&p);
	if (cursor_ok(&r->c) && (r->tree.nodes < 1 || (uint64_t)r->tree.nodes > cursor_left(&r->c) / (NODE + STATISTICS)))
		cursor_fail(&r->c, "promises more than fits in it");
	for (int64_t i = 0; i < r->tree.nodes && cursor_ok(&r->c); i++)
		read_node(r);
	cursor_take(&r->c, (uint64_t)r->tree.nodes * STATISTICS);
	if (vector != 0)
		cursor_take(&r->c, 4 * take_count(&r->c, 4));
	const char *why = cursor_ok(&r->c) ? xgboost_tree_check(r->art->arena, &r->tree) : NULL;
	if (why)
		cursor_fail(&r->c, why);
}

static void read_classes(struct reading *r, uint32_t trees)
{
	for (uint32_t i = 0; i < trees && cursor_ok(&r->c); i++)
		if (cursor_u32le(&r->c) >= r->columns && cursor_ok(&r->c))
			cursor_fail(&r->c, "has a tree of a class that does not exist");
}

static uint32_t read_forest(struct reading *r)
{
	struct cursor p = cursor_over(cursor_take(&r->c, FOREST));
	uint32_t trees = cursor_u32le(&p);

	if (cursor_ok(&r->c) && trees > cursor_left(&r->c) / TREE)
		cursor_fail(&r->c, "promises more than fits in it");
	for (uint32_t i = 0; i < trees && cursor_ok(&r->c); i++)
		read_tree(r);
	read_classes(r, trees);
	return trees;
}

static void read_booster(struct reading *r, struct bytes name)
{
	if (bytes_same(name, "gblinear")) {
		cursor_take(&r->c, LINEAR);
		cursor_take(&r->c, 4 * take_count(&r->c, 4));
		return;
	}
	uint32_t trees = read_forest(r);
	if (bytes_same(name, "dart") && trees > 0 && take_count(&r->c, 4) != trees)
		cursor_fail(&r->c, "has weights for another number of trees");
	else if (bytes_same(name, "dart") && trees > 0)
		cursor_take(&r->c, 4 * (uint64_t)trees);
}

/* ---- the learner ---- */

static void read_attributes(struct reading *r)
{
	uint64_t count = take_count(&r->c, 16);

	for (uint64_t i = 0; i < count && cursor_ok(&r->c); i++) {
		struct bytes name = take_string(&r->c), text = take_string(&r->c);
		if (cursor_ok(&r->c))
			xgboost_note_text(r->art, r->c.pos - text.len, name, text);
	}
}

static void read_names(struct reading *r)
{
	uint64_t count = take_count(&r->c, 8);

	for (uint64_t i = 0; i < count && cursor_ok(&r->c); i++) {
		struct bytes name = take_string(&r->c);
		artifact_add(r->art, PART_METADATA, r->c.pos - name.len, BYTES("metric"), name);
	}
}

static void read_parameters(struct reading *r)
{
	struct cursor p = cursor_over(cursor_take(&r->c, PARAMETERS));

	cursor_u32le(&p);
	r->features = cursor_u32le(&p);
	uint32_t classes = cursor_u32le(&p);
	r->attributes = cursor_u32le(&p);
	r->metrics = cursor_u32le(&p);
	r->major = cursor_u32le(&p);
	cursor_u32le(&p);
	uint32_t targets = cursor_u32le(&p);
	r->columns = classes > targets ? classes : targets;
	r->columns = r->columns > 1 ? r->columns : 1;
	if (cursor_ok(&r->c) && (r->attributes > 1 || r->metrics > 1 || r->major > VERSION_MOST))
		cursor_fail(&r->c, "has parameters that XGBoost does not write");
}

static void read_learner(struct reading *r)
{
	read_parameters(r);
	struct bytes objective = take_string(&r->c), booster = take_string(&r->c);
	if (cursor_ok(&r->c) && !is_booster(booster))
		cursor_fail(&r->c, "has a booster that XGBoost does not have");
	if (!cursor_ok(&r->c))
		return;
	artifact_add(r->art, PART_METADATA, r->c.pos, BYTES("objective"), objective);
	artifact_add(r->art, PART_METADATA, r->c.pos, BYTES("booster"), booster);
	read_booster(r, booster);
	if (cursor_ok(&r->c) && r->features > 0 && r->tree.split_most >= r->features)
		cursor_fail(&r->c, "has a tree that asks for a feature the model does not have");
	if (r->attributes)
		read_attributes(r);
	/* Before version 1, a parameter of this one objective stood here. */
	if (r->major == 0 && bytes_same(objective, "count:poisson") && cursor_left(&r->c) > 0)
		take_string(&r->c);
	if (r->metrics)
		read_names(r);
}

void xgboost_binary_read(struct artifact *art, struct bytes in)
{
	struct reading r = {.art = art, .c = cursor_over(in)};

	if (bytes_start_with(in, BYTES("binf")))
		cursor_take(&r.c, 4);
	read_learner(&r);
	art->bytes_read += r.c.pos;
	if (!cursor_ok(&r.c)) {
		artifact_note(art, "file.malformed", r.c.why_at, "%s", r.c.why);
		return;
	}
	if (cursor_left(&r.c) == 0)
		return;
	artifact_note(art, "file.tail", r.c.pos, "goes on behind its last tree");
	artifact_add(art, PART_EMBEDDED, r.c.pos, BYTES(""), cursor_rest(&r.c))->guessed = true;
}
