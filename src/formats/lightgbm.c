/*
 * LightGBM (src/boosting/gbdt_model_text.cpp, src/io/tree.cpp): boosted trees as text.
 *
 *   tree | key=value lines, tree_sizes among them | Tree=0, its lines | ... | end of trees | importances | parameters
 *
 * Nothing in it runs, but readers trust the sizes and the numbers of nodes.
 */
#include "base/cursor.h"
#include "formats/lightgbm/tree.h"
#include "formats/nested.h"
#include "syntax/json.h"
#include "types/format.h"

enum { FEATURES_MOST = 1 << 28 };

struct reading {
	struct artifact *art;
	struct cursor c;
	struct lightgbm_tree tree;
	struct numbers sizes;
	uint64_t trees_at, trees, size_sum;
	uint64_t classes;           /* told apart: each has a tree a round, and room in every answer */
	bool sized, over;
};

static bool may_claim(const struct source *source)
{
	return bytes_start_with(source->first, BYTES("tree"));
}

static int probe(const struct source *source, struct arena *arena)
{
	enum { WINDOW = 4096 };
	struct bytes first = bytes_slice(source->content, 0, WINDOW);
	bool begins = bytes_start_with(first, BYTES("tree\n")) || bytes_start_with(first, BYTES("tree\r\n"));

	(void)arena;
	return begins && (bytes_contain(first, BYTES("\nversion=v")) || bytes_contain(first, BYTES("\nnum_class="))) ? 95 : 0;
}

/* ---- lines ---- */

static struct bytes take_line(struct cursor *c)
{
	size_t len = bytes_find_byte(bytes_from(c->all, c->pos), '\n');
	struct bytes line = cursor_take(c, len < cursor_left(c) ? len : cursor_left(c));

	if (cursor_left(c) > 0)
		cursor_u8(c);
	return line.len > 0 && line.at[line.len - 1] == '\r' ? bytes_slice(line, 0, line.len - 1) : line;
}

static bool split_line(struct bytes line, struct bytes *key, struct bytes *value)
{
	size_t equals = bytes_find_byte(line, '=');

	*key = bytes_slice(line, 0, equals);
	*value = bytes_from(line, equals + 1);
	return equals < line.len;
}

static uint64_t offset_of(const struct reading *r, struct bytes b)
{
	return b.len ? (uint64_t)(b.at - r->c.all.at) : r->c.pos;
}

/* A text somebody may have hidden something in, word by word. */
static void look_inside(struct reading *r, struct bytes text)
{
	while (text.len > 0) {
		size_t blank = bytes_find_byte(text, ' ');
		struct bytes word = bytes_slice(text, 0, blank);
		nested_look(r->art, word, offset_of(r, word));
		text = bytes_from(text, blank + 1);
	}
}

/* ---- header ---- */

static void read_header_line(struct reading *r, struct bytes key, struct bytes value)
{
	uint64_t n = 0;

	if (bytes_same(key, "max_feature_idx")) {
		if (!bytes_to_u64(value, &n) || n > FEATURES_MOST)
			cursor_fail(&r->c, "has a number of features that is none");
		r->tree.features = (int64_t)n + 1;
	} else if (bytes_same(key, "tree_sizes")) {
		r->sized = true;
		if (!lightgbm_numbers_read(r->art->arena, value, &r->sizes))
			cursor_fail(&r->c, "has sizes of trees that are no numbers");
	} else {
		bool classes = bytes_same(key, "num_class") || bytes_same(key, "num_tree_per_iteration");
		if (classes && bytes_to_u64(value, &n) && n > r->classes)
			r->classes = n;
		artifact_add(r->art, PART_METADATA, offset_of(r, key), key, value);
		look_inside(r, value);
	}
}

static void read_header(struct reading *r)
{
	struct bytes key, value;

	take_line(&r->c);
	while (cursor_ok(&r->c) && cursor_left(&r->c) > 0) {
		size_t at = r->c.pos;
		struct bytes line = take_line(&r->c);
		if (bytes_start_with(line, BYTES("Tree=")) || bytes_same(line, "end of trees")) {
			cursor_seek(&r->c, at);
			r->trees_at = at;
			return;
		}
		if (split_line(line, &key, &value))
			read_header_line(r, key, value);
	}
	cursor_fail(&r->c, "ends before its trees do");
}

/* ---- trees ---- */

/* Readers jump by the sizes: a tree must begin where they say. */
static void check_place(struct reading *r, uint64_t at)
{
	if (r->sized && (r->trees >= r->sizes.count || r->size_sum != at - r->trees_at))
		cursor_fail(&r->c, "has trees that do not begin where their sizes say");
	else if (r->sized && (r->sizes.at[r->trees] < 0 || (uint64_t)r->sizes.at[r->trees] > r->c.all.len))
		cursor_fail(&r->c, "has sizes of trees that go beyond its end");
	else if (r->sized)
		r->size_sum += (uint64_t)r->sizes.at[r->trees];
	r->trees++;
}

static void read_tree(struct reading *r, uint64_t at)
{
	struct bytes key, value;
	bool good = true;

	check_place(r, at);
	lightgbm_tree_clear(&r->tree);
	while (good && cursor_ok(&r->c) && cursor_left(&r->c) > 0) {
		struct bytes line = take_line(&r->c);
		if (line.len == 0)
			break;
		good = split_line(line, &key, &value) && lightgbm_tree_line(r->art->arena, &r->tree, key, value);
	}
	const char *why = good ? lightgbm_tree_check(r->art->arena, &r->tree) : "has a tree with a line that is none of its fields";
	if (why && cursor_ok(&r->c)) {
		cursor_fail(&r->c, why);
		r->c.why_at = at;
	}
}

static void read_trees(struct reading *r)
{
	while (cursor_ok(&r->c) && cursor_left(&r->c) > 0) {
		uint64_t at = r->c.pos;
		struct bytes line = take_line(&r->c);
		if (bytes_same(line, "end of trees")) {
			r->over = true;
			if (r->sized && r->size_sum != at - r->trees_at)
				cursor_fail(&r->c, "has trees that do not end where their sizes say");
			break;
		}
		if (bytes_start_with(line, BYTES("Tree=")))
			read_tree(r, at);
		else if (line.len > 0)
			cursor_fail(&r->c, "has something else between its trees");
	}
	if (cursor_ok(&r->c) && !r->over)
		cursor_fail(&r->c, "ends before its trees do");
	if (cursor_ok(&r->c) && r->sized && r->trees != r->sizes.count)
		cursor_fail(&r->c, "has another number of trees than it has sizes of");
}

/* ---- what stands behind the trees ---- */

static void look_at_categories(struct reading *r, struct bytes text)
{
	struct json_reader j;
	enum json_token t;

	json_begin(&j, text);
	j.not_numbers = true;
	while ((t = json_next(&j)) > JSON_ERROR)
		if (t == JSON_STRING)
			nested_look(r->art, json_text(r->art->arena, j.text, NULL), offset_of(r, j.text));
	if (t != JSON_END)
		cursor_fail(&r->c, "has names of categories that are no JSON");
}

static void read_rest(struct reading *r)
{
	static const struct bytes categories = BYTES("pandas_categorical:");
	bool parameters = false;

	while (cursor_ok(&r->c) && cursor_left(&r->c) > 0) {
		struct bytes line = take_line(&r->c);
		if (bytes_same(line, "parameters:"))
			parameters = true;
		else if (bytes_same(line, "end of parameters"))
			parameters = false;
		else if (bytes_start_with(line, categories))
			look_at_categories(r, bytes_from(line, categories.len));
		else
			look_inside(r, line);
	}
	if (cursor_ok(&r->c) && parameters)
		cursor_fail(&r->c, "ends before its parameters do");
}

static void parse(const struct source *source, struct artifact *art)
{
	struct reading *r = arena_new(art->arena, struct reading);

	*r = (struct reading){.art = art, .c = cursor_over(source->content)};
	read_header(r);
	if (cursor_ok(&r->c))
		read_trees(r);
	if (cursor_ok(&r->c) && r->trees > 0 && r->classes > r->trees)
		cursor_fail(&r->c, "tells more classes apart than it has trees");
	if (cursor_ok(&r->c))
		read_rest(r);
	art->bytes_read += r->c.pos;
	if (!cursor_ok(&r->c))
		artifact_note(art, "file.malformed", r->c.why_at, "%s", r->c.why);
}

const struct format format_lightgbm = {
	.name = "lightgbm",
	.title = "LightGBM model",
	.spec = "LightGBM src/boosting/gbdt_model_text.cpp, src/io/tree.cpp",
	.extensions = "lgb lgbm txt",
	.may_claim = may_claim,
	.probe = probe,
	.parse = parse,
};
