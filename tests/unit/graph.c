#include "tests/unit/test.h"

#include <stdio.h>

#include "base/path.h"
#include "formats/flatbuffer/reader.h"
#include "formats/graph/operators.h"
#include "formats/tflite/flex.h"
#include "rules/rules.h"
#include "syntax/protobuf_text.h"
#include "syntax/protobuf_types.h"

static const struct proto_type inner, outer;
static const struct proto_member inner_members[] = {TEXT(1, "name"), INTEGER(2, "size"), MESSAGE(3, "again", inner)};
static const struct proto_type inner = TYPE("Inner", inner_members);
static const struct proto_word colours[] = {{"RED", 3}, {NULL, 0}};
static const struct proto_member outer_members[] = {
	MESSAGE(1, "one", inner), MESSAGES(2, "many", inner), WORD(3, "colour", colours), FOUR(4, "four"), EIGHT(5, "eight"), BYTES_FIELD(6, "raw"),
};
static const struct proto_type outer = TYPE("Outer", outer_members);

/* ---- the wire format ---- */

static const char *broken(struct bytes b)
{
	struct cursor c = cursor_over(b);
	struct proto_field f;

	while (proto_next(&c, &f))
		continue;
	return c.why;
}

static void wire_format_is_strict(void **state)
{
	(void)state;
	assert_null(broken(BYTES("")));
	assert_null(broken(BYTES("\x08\x01\x12\x01x\x1d\1\2\3\4\x21\1\2\3\4\5\6\7\x08")));
	assert_non_null(broken(BYTES("\x08")));
	assert_non_null(broken(BYTES("\x12\x05x")));
	assert_non_null(broken(BYTES("\x0b\x0c")));             /* a group */
	assert_non_null(broken(BYTES("\x00\x01")));             /* field 0 */
	assert_non_null(broken(BYTES("\x0f")));                 /* a kind that does not exist */
	assert_null(broken(BYTES("\x08\x81\x80\x80\x00")));     /* longer than it needs to be, as readers allow */
	assert_null(broken(BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")));
	assert_non_null(broken(BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02")));
	assert_non_null(broken(BYTES("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00")));
}

static void last_one_counts(void **state)
{
	(void)state;
	struct bytes b, message = BYTES("\x08\x01\x0a\x01" "a\x08\x02\x0a\x01" "b");
	uint64_t v;

	assert_true(proto_integer(message, 1, &v));
	assert_int_equal(v, 2);
	assert_true(proto_bytes(message, 1, &b));
	assert_bytes(b, "b");
	assert_false(proto_bytes(message, 2, &b));
}

/* ---- the walk ---- */

struct seen {
	struct text names;
	unsigned depth, messages;
};

static void note(void *context, const struct proto_place *place)
{
	struct seen *s = context;
	struct bytes name;
	unsigned depth = 0;

	for (const struct proto_place *p = place->above; p; p = p->above)
		depth++;
	s->depth = depth > s->depth ? depth : s->depth;
	s->messages++;
	if (place->type == &inner && proto_bytes(place->message, 1, &name))
		text_add(&s->names, name);
}

static struct proto_walk walk(struct arena *arena, struct bytes message, struct seen *s)
{
	struct proto_walk w = {.arena = arena, .file = message, .enter = note, .context = s};

	*s = (struct seen){0};
	text_init(&s->names, arena);
	proto_walk(&w, &outer, message);
	return w;
}

static void merging(void *arena)
{
	struct seen s;

	/* "one" in two halves is one message, whose name is the later; "many" are two. */
	struct proto_walk w = walk(arena, BYTES("\x0a\x03\x0a\x01" "a\x12\x03\x0a\x01" "x\x0a\x03\x0a\x01" "b\x12\x03\x0a\x01" "y"), &s);
	assert_null(w.why);
	assert_int_equal(s.messages, 4);
	assert_bytes(text_bytes(&s.names), "bxy");
}

static void breaking(void *arena)
{
	struct seen s;
	struct proto_walk w = walk(arena, BYTES("\x12\x03\x0a\x05" "x"), &s);

	assert_non_null(w.why);
	assert_int_equal(w.why_at, 4);
	assert_int_equal(s.messages, 2);
	w = walk(arena, BYTES("\x1a\x01\x80"), &s);             /* a packed list that does not end */
	assert_non_null(w.why);
	w = walk(arena, BYTES("\x22\x03\1\2\3"), &s);           /* three bytes of numbers of four */
	assert_non_null(w.why);
	w = walk(arena, BYTES("\x32\x03\1\2\3\xca\x3e\x01\x80"), &s);   /* bytes, and a field that nobody knows */
	assert_null(w.why);
}

static void nesting(void *arena)
{
	struct text t;
	struct seen s;

	text_init(&t, arena);
	for (unsigned i = 0; i < 200; i++) {
		struct text next;
		text_init(&next, arena);
		text_add_byte(&next, i < 199 ? 0x1a : 0x0a);
		if (t.len >= 128) {
			text_add_byte(&next, (char)(t.len | 0x80));
			text_add_byte(&next, (char)(t.len >> 7));
		} else {
			text_add_byte(&next, (char)t.len);
		}
		text_add(&next, text_bytes(&t));
		t = next;
	}
	struct proto_walk w = walk(arena, text_bytes(&t), &s);
	assert_true(w.too_deep);
	assert_int_equal(s.depth, PROTO_DEPTH_MOST - 1);
}

static void walks_merge_and_stop(void **state)
{
	(void)state;
	with_arena(merging);
	with_arena(breaking);
	with_arena(nesting);
}

/* ---- the text format ---- */

static void texts(void *arena)
{
	struct proto_text t;
	struct bytes one, name;
	uint64_t v;

	proto_text_read(arena, &outer,
			BYTES("# a comment\none { name: \"a\\x62\" 'c' \"\\144\\u0065\", size: 0x10; nobody { knows: [1, 2] } }\n"
			      "many < name: 'x' > many: { again { size: -1 } } colour: RED four: 1.5f raw: \"\\377\\n\""), &t);
	assert_null(t.why);
	one = proto_merged(arena, t.message, 1);
	assert_true(proto_bytes(one, 1, &name));
	assert_bytes(name, "abcde");
	assert_true(proto_integer(one, 2, &v) && v == 16);
	assert_true(proto_integer(t.message, 3, &v) && v == 3);
	assert_true(proto_bytes(t.message, 6, &name));
	assert_bytes(name, "\xff\n");
	proto_text_read(arena, &outer, BYTES("one { name: '\\U0001F600\\UFFFFFFFF' size: 3 }"), &t);
	assert_null(t.why);
	one = proto_merged(arena, t.message, 1);
	assert_true(proto_bytes(one, 1, &name) && proto_integer(one, 2, &v) && v == 3);
	assert_bytes(name, "\xF0\x9F\x98\x80\xEF\xBF\xBD");
	proto_text_read(arena, &outer, BYTES("one { name: 'a' } one { name: 'unfinished\n"), &t);
	assert_non_null(t.why);
	assert_true(proto_bytes(proto_merged(arena, t.message, 1), 1, &name));
	proto_text_read(arena, &outer, BYTES("one { name: 'a'"), &t);
	assert_non_null(t.why);
}

static void text_offsets(void *arena)
{
	struct proto_text t;
	struct bytes in = BYTES("colour: RED many { name: 'x' }");

	proto_text_read(arena, &outer, in, &t);
	struct proto_walk w = {.arena = arena, .file = t.message, .origins = t.origins, .origin_count = t.origin_count};
	struct bytes many = proto_merged(arena, t.message, 2);
	assert_int_equal(proto_offset(&w, many, 0), 12);
}

static void texts_become_messages(void **state)
{
	(void)state;
	with_arena(texts);
	with_arena(text_offsets);
	assert_true(proto_text_begins(&outer, BYTES("# x\n many {")));
	assert_false(proto_text_begins(&outer, BYTES("manyfold {")));
	assert_false(proto_text_begins(&outer, BYTES("many of them")));
}

/* ---- paths and rules ---- */

static void paths_lead_out_or_not(void **state)
{
	(void)state;
	static const char *const out[] = {"/etc/passwd", "\\x", "..", "../x", "a/../../x", "a\\..\\..\\x", "C:x", "c:\\x", "~/x", "~root", "\\\\host\\share",
					  "file:x", "HTTP://x", "a//../../x", "./../x", "s3://b/x"};
	static const char *const in[] = {"", "x", "a/b", "a/../b", "./x", "..x", "a/..b", "x..", "a/b/../../c", "weights.bin", "local://", "ram://x"};

	for (size_t i = 0; i < COUNT_OF(out); i++)
		assert_true(path_leads_out(bytes_of(out[i])));
	for (size_t i = 0; i < COUNT_OF(in); i++)
		assert_false(path_leads_out(bytes_of(in[i])));
}

static enum operator_level level_of(const struct rules *rules, const char *family, const char *name)
{
	const struct operator_rule *r = operators_find(&rules->operators, bytes_of(family), bytes_of(name));

	return r ? r->level : (enum operator_level)99;
}

static void operators_are_ranked(void **state)
{
	(void)state;
	struct rules rules;
	struct rules_error e;

	assert_true(rules_init(&rules, NULL, 0, &e));
	assert_int_equal(level_of(&rules, "tensorflow", "Relu"), OPERATOR_ALLOWED);
	assert_int_equal(level_of(&rules, "tensorflow", "PyFunc"), OPERATOR_DANGEROUS);
	assert_int_equal(level_of(&rules, "tensorflow", "SaveV2"), OPERATOR_PATH);
	assert_int_equal(level_of(&rules, "tensorflow", "GrpcServerResourceHandleOp"), OPERATOR_DANGEROUS);
	assert_int_equal(level_of(&rules, "tensorflow", "relu"), 99);
	assert_int_equal(level_of(&rules, "tflite", "PyFunc"), 99);
	assert_int_equal(level_of(&rules, "onnx", "ai.onnx::Relu"), OPERATOR_ALLOWED);
	assert_int_equal(level_of(&rules, "onnx", "com.microsoft::PythonOp"), OPERATOR_DANGEROUS);
	assert_int_equal(level_of(&rules, "onnx", "ai.onnx.contrib::Relu"), 99);
	rules_finish(&rules);
}

/* ---- names ---- */

static void names(void *arena)
{
	struct name_set set;
	bool added;
	char name[16];

	names_init(&set, arena);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(name, sizeof name, "n%u", i % 2500);
		names_add(&set, arena_copy(arena, bytes_of(name)), i, &added);
		assert_int_equal(added, i < 2500);
	}
	assert_int_equal(set.count, 2500);
	assert_int_equal(names_find(&set, BYTES("n7"))->index, 7);
	assert_null(names_find(&set, BYTES("n2500")));
}

static void names_are_kept_once(void **state)
{
	(void)state;
	with_arena(names);
}

/* ---- FlatBuffers ---- */

static void tables_are_bounded(void **state)
{
	(void)state;
	/* vtable at 4: size 8, table size 12, fields at 4 and 8; table at 12: number 7, string at 24 */
	static const unsigned char good[] = {12, 0, 0, 0, 8, 0, 12, 0, 4, 0, 8, 0, 8, 0, 0, 0, 7, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 'h', 'i', 0, 0};
	struct flat f = {.all = {good, sizeof good}};
	struct flat_table t = flat_root(&f);

	assert_int_equal(flat_number(&f, t, 0, 4, 0), 7);
	assert_bytes(flat_string(&f, t, 1), "hi");
	assert_int_equal(flat_number(&f, t, 2, 4, 5), 5);
	assert_null(f.why);
	for (size_t at = 0; at < sizeof good; at++) {
		for (unsigned value = 0; value < 256; value++) {
			unsigned char bytes[sizeof good];
			memcpy(bytes, good, sizeof good);
			bytes[at] = (unsigned char)value;
			struct flat changed = {.all = {bytes, sizeof bytes}};
			t = flat_root(&changed);
			flat_number(&changed, t, 0, 8, 0);
			flat_item(&changed, flat_list(&changed, t, 1, 4), 0);
			assert_true(changed.end <= sizeof bytes || changed.why);
		}
	}
}

static void flex_options_are_read(void **state)
{
	(void)state;
	static const unsigned char good[] = {1, 'a', 0, 2, 'x', 'y', 0, 2, 7, 5, 20, 20, 4, 40, 1};
	struct bytes node;

	assert_true(flex_node((struct bytes){good, sizeof good}, &node));
	assert_bytes(node, "xy");
	for (size_t len = 0; len < sizeof good; len++)
		flex_node((struct bytes){good, len}, &node);
	for (size_t at = 0; at < sizeof good; at++) {
		unsigned char bytes[sizeof good];
		memcpy(bytes, good, sizeof good);
		bytes[at] = 0xff;
		flex_node((struct bytes){bytes, sizeof bytes}, &node);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wire_format_is_strict), cmocka_unit_test(last_one_counts), cmocka_unit_test(walks_merge_and_stop),
		cmocka_unit_test(texts_become_messages), cmocka_unit_test(paths_lead_out_or_not), cmocka_unit_test(operators_are_ranked),
		cmocka_unit_test(names_are_kept_once), cmocka_unit_test(tables_are_bounded), cmocka_unit_test(flex_options_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
