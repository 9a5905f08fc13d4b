#include "tests/unit/test.h"

#include "formats/trees/document.h"
#include "formats/trees/numbers.h"
#include "formats/xgboost/tree.h"
#include "formats/yaml/spelling.h"
#include "syntax/ubjson.h"
#include "syntax/xml.h"

/* ---- Universal Binary JSON ---- */

static const char *broken_ubjson(struct bytes b, unsigned *tokens)
{
	struct ubjson_reader r;
	enum json_token t;

	*tokens = 0;
	ubjson_begin(&r, b);
	while ((t = ubjson_next(&r)) > JSON_ERROR)
		++*tokens;
	return t == JSON_END ? NULL : r.c.why;
}

static void ubjson_is_strict(void **state)
{
	(void)state;
	unsigned tokens;

	assert_null(broken_ubjson(BYTES("{}"), &tokens));
	assert_null(broken_ubjson(BYTES("{U\1ai\xff}"), &tokens));
	assert_int_equal(tokens, 4);
	assert_null(broken_ubjson(BYTES("[$U#U\3\1\2\3"), &tokens));
	assert_int_equal(tokens, 5);
	assert_null(broken_ubjson(BYTES("[#U\2ZT"), &tokens));
	assert_non_null(broken_ubjson(BYTES("[N ]"), &tokens));
	assert_null(broken_ubjson(BYTES("[NN]"), &tokens));
	assert_null(broken_ubjson(BYTES("{$U#U\1U\1a\7"), &tokens));
	assert_null(broken_ubjson(BYTES("HU\3" "1.5"), &tokens));
	assert_non_null(broken_ubjson(BYTES(""), &tokens));
	assert_non_null(broken_ubjson(BYTES("{"), &tokens));
	assert_non_null(broken_ubjson(BYTES("{U\1a"), &tokens));
	assert_non_null(broken_ubjson(BYTES("{U\1a}"), &tokens));
	assert_non_null(broken_ubjson(BYTES("[}"), &tokens));
	assert_non_null(broken_ubjson(BYTES("{}x"), &tokens));
	assert_non_null(broken_ubjson(BYTES("[$U]"), &tokens));
	assert_non_null(broken_ubjson(BYTES("[$x#U\1\1"), &tokens));
	assert_non_null(broken_ubjson(BYTES("[$U#i\xff"), &tokens));
	assert_non_null(broken_ubjson(BYTES("[$L#U\2\0\0\0\0\0\0\0\0"), &tokens));
	assert_non_null(broken_ubjson(BYTES("[$Z#L\x40\0\0\0\0\0\0\0"), &tokens));
	assert_non_null(broken_ubjson(BYTES("SU\5a"), &tokens));
	assert_non_null(broken_ubjson(BYTES("Sd\0\0\0\1a"), &tokens));
}

/* ---- one document, two forms ---- */

static uint64_t sum_of(void *arena, struct bytes in)
{
	struct document d;
	struct bytes key;
	uint64_t sum = 0;

	document_begin(&d, arena, in);
	assert_int_equal(document_next(&d), JSON_OBJECT);
	while (document_member(&d, &key)) {
		int64_t n = 0;
		if (bytes_same(key, "skipped"))
			document_skip(&d, NULL, NULL);
		else if (document_number(&d, &n))
			sum += (uint64_t)n;
	}
	assert_null(d.why);
	assert_int_equal(document_next(&d), JSON_END);
	return sum;
}

static void read_documents(void *arena)
{
	assert_int_equal(sum_of(arena, BYTES(" {\"a\": 3, \"skipped\": [{\"b\": [1, NaN]}, \"x\"], \"c\": \"4\", \"d\": 0.5, \"e\": -Infinity} ")), 7);
	assert_int_equal(sum_of(arena, BYTES("{U\1aU\3U\7skipped[$l#U\2\0\0\0\1\0\0\0\2U\1cSU\1" "4U\1dd\0\0\0\0}")), 7);
	assert_true(document_begins(BYTES("\n{ \"a\"")));
	assert_true(document_begins(BYTES("{L")));
	assert_false(document_begins(BYTES("{a")));
	assert_false(document_begins(BYTES("")));
}

static void both_forms_read_alike(void **state)
{
	(void)state;
	with_arena(read_documents);
}

/* ---- trees ---- */

static void fill(void *arena, struct numbers *list, const int64_t *values, size_t count)
{
	list->count = 0;
	for (size_t i = 0; i < count; i++)
		numbers_add(arena, list, values[i]);
}

static const char *check_tree(void *arena, const int64_t *left, const int64_t *right, const int64_t *parent, const int64_t *split)
{
	static struct xgboost_tree t;

	t = (struct xgboost_tree){.nodes = 5, .features = 2};
	fill(arena, &t.columns[COLUMN_LEFT], left, 5);
	fill(arena, &t.columns[COLUMN_RIGHT], right, 5);
	fill(arena, &t.columns[COLUMN_PARENT], parent, 5);
	fill(arena, &t.columns[COLUMN_SPLIT], split, 5);
	return xgboost_tree_check(arena, &t);
}

static void walk_trees(void *arena)
{
	const int64_t left[] = {1, 3, -1, -1, -1}, right[] = {2, 4, -1, -1, -1}, parent[] = {-1, 0, 0, 1, 1}, split[] = {1, 0, 0, 0, 0};
	const int64_t circle[] = {1, 0, -1, -1, -1}, far[] = {1, 900, -1, -1, -1}, stranger[] = {-1, 0, 0, 2, 1}, feature[] = {1, 2, 0, 0, 0};

	assert_null(check_tree(arena, left, right, parent, split));
	assert_non_null(check_tree(arena, circle, right, parent, split));
	assert_non_null(check_tree(arena, far, right, parent, split));
	assert_non_null(check_tree(arena, left, left, parent, split));
	assert_non_null(check_tree(arena, left, right, stranger, split));
	assert_non_null(check_tree(arena, left, right, parent, feature));
}

static void trees_are_trees(void **state)
{
	(void)state;
	with_arena(walk_trees);
}

/* ---- XML ---- */

static const char *broken_xml(void *arena, struct bytes in)
{
	struct xml_reader *r = arena_new(arena, struct xml_reader);

	xml_begin(r, arena, in);
	enum xml_token t;
	while ((t = xml_next(r)) > XML_END)
		continue;
	return t == XML_END ? NULL : r->c.why;
}

static void read_xml(void *arena)
{
	static const char *const good[] = {
		"<a/>", "<a></a>", "<?xml version='1.0' encoding='utf-8'?><a b='1' c=\"&lt;&#65;\"/>", "<a><!-- <b> --><b/>x<![CDATA[<&]]></a>\n", "\xef\xbb\xbf<a/>",
		"<!DOCTYPE a [<!ENTITY x 'y'><!ELEMENT a ANY> %p; <!-- ] -->]><a>&x;</a>", "<a:b xmlns:a='u'/>",
	};
	static const char *const bad[] = {
		"", "x", "<", "<a", "<a>", "<a></b>", "</a>", "<a/><b/>", "<a/>x", "<a b/>", "<a b=1/>", "<a b='1'c='2'/>", "<a b='1' b='2'/>", "<a b='<'/>", "<a>&</a>",
		"<a>&x</a>", "<a>]]></a>", "<a>\x01</a>", "<a>\xff</a>", "<1/>", "<a/><!DOCTYPE a>", "<!DOCTYPE a [<!ENTITY x 'y'>", "<a><![CDATA[x</a>", "<a><!-- x</a>", "<!--<!--x",
		" <?xml version='1.0'?><a/>", "<?xml version='1.0' encoding='utf-7'?><a/>",
	};
	struct bytes name, text = BYTES("&a; &b & &amp;");

	for (size_t i = 0; i < COUNT_OF(good); i++)
		if (broken_xml(arena, bytes_of(good[i])))
			fail_msg("refused: %s (%s)", good[i], broken_xml(arena, bytes_of(good[i])));
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (!broken_xml(arena, bytes_of(bad[i])))
			fail_msg("taken: %s", bad[i]);
	assert_null(broken_xml(arena, BYTES("\xff\xfe<\0a\0/\0>\0")));
	assert_null(broken_xml(arena, BYTES("\0<\0a\0/\0>")));
	assert_non_null(broken_xml(arena, BYTES("\xff\xfe<\0a\0/\0>")));
	assert_non_null(broken_xml(arena, BYTES("\xff\xfe<\0a\0/\0>\0\0\xd8")));
	assert_true(xml_reference(&text, '&', &name));
	assert_bytes(name, "a");
	assert_true(xml_reference(&text, '&', &name));
	assert_bytes(name, "amp");
	assert_false(xml_reference(&text, '&', &name));
	assert_bytes(xml_plain(arena, BYTES("&lt;&#x41;&#66;&x;&")), "<AB&x;&");
}

static void xml_is_strict(void **state)
{
	(void)state;
	with_arena(read_xml);
}

/* ---- YAML ---- */

static void spell(void *arena)
{
	struct yaml_line line = {0};
	struct bytes value, text = BYTES("a:\n  - b: 1\r\n    c: 2");

	assert_bytes(yaml_unescape(arena, BYTES("\\x5ft\\u0061\\\n   r\\q")), "_tar\\q");
	assert_true(yaml_next_line(text, &line));
	assert_bytes(line.text, "a:");
	assert_true(yaml_next_line(text, &line));
	assert_bytes(line.text, "b: 1");
	assert_int_equal(line.indent, 4);
	assert_true(yaml_is_key(BYTES("{'k' : v}"), 2, 1, &value));
	assert_bytes(value, "v}");
	assert_false(yaml_is_key(BYTES("xk: v"), 1, 1, &value));
	assert_false(yaml_is_key(BYTES("- k"), 2, 1, &value));
	assert_true(yaml_scalar(BYTES("\"a.b\" # c"), &value));
	assert_bytes(value, "a.b");
	assert_true(yaml_scalar(BYTES("a.b, c: d}"), &value));
	assert_bytes(value, "a.b");
	assert_false(yaml_scalar(BYTES("*a"), &value));
	assert_false(yaml_scalar(BYTES("a b"), &value));
	assert_false(yaml_scalar(BYTES("${a}.b"), &value));
	assert_false(yaml_scalar(BYTES(""), &value));
}

static void yaml_spellings(void **state)
{
	(void)state;
	with_arena(spell);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ubjson_is_strict), cmocka_unit_test(both_forms_read_alike), cmocka_unit_test(trees_are_trees),
		cmocka_unit_test(xml_is_strict), cmocka_unit_test(yaml_spellings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
