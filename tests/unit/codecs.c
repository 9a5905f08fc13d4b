#include "tests/unit/test.h"

#include "codecs/encoding.h"
#include "codecs/seven_zip.h"
#include "codecs/unpack.h"
#include "recipes/recipe.h"
#include "types/dtype.h"

static struct bytes cook(struct text *t, const char *recipe)
{
	struct recipe_error e;

	text_clear(t);
	if (!recipe_build(bytes_of(recipe), t, &e))
		fail_msg("line %u: %s", e.line, e.why);
	return text_bytes(t);
}

struct packed {
	const char *recipe;
	enum packing packing;
};

static void unpack_all(void *arena)
{
	static const struct packed all[] = {
		{"deflate\nrepeat 1000\ntext hello\nend\nend\n", PACKING_DEFLATE}, {"zlib\nrepeat 1000\ntext hello\nend\nend\n", PACKING_ZLIB},
		{"gzip\nrepeat 1000\ntext hello\nend\nend\n", PACKING_GZIP}, {"bzip2\nrepeat 1000\ntext hello\nend\nend\n", PACKING_BZIP2},
		{"xz\nrepeat 1000\ntext hello\nend\nend\n", PACKING_XZ},
	};
	struct text t;

	text_init(&t, NULL);
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct bytes in = cook(&t, all[i].recipe);
		struct unpacked u = unpack(arena, all[i].packing, in, 0, 1 << 20);
		assert_int_equal(u.end, UNPACK_WHOLE);
		assert_int_equal(u.content.len, 5000);
		assert_int_equal(u.used, in.len);
		u = unpack(arena, all[i].packing, in, 0, 99);
		assert_int_equal(u.end, UNPACK_LIMIT);
		assert_int_equal(u.content.len, 99);
		u = unpack(arena, all[i].packing, bytes_slice(in, 0, in.len - 5), 0, 1 << 20);
		assert_int_equal(u.end, UNPACK_CORRUPT);
		for (size_t cut = 0; cut < in.len; cut++)
			assert_int_not_equal(unpack(arena, all[i].packing, bytes_slice(in, 0, cut), 0, 1 << 20).end, UNPACK_WHOLE);
	}
	text_finish(&t);
}

static void unpacks_what_was_packed(void **state)
{
	(void)state;
	with_arena(unpack_all);
}

static void lie(void *arena)
{
	struct text t;

	text_init(&t, NULL);
	struct bytes in = cook(&t, "deflate\nrepeat 1000\ntext hello\nend\nend\n");
	assert_int_equal(unpack(arena, PACKING_DEFLATE, in, 5000, 1 << 20).content.len, 5000);
	assert_int_equal(unpack(arena, PACKING_DEFLATE, in, 10, 1 << 20).content.len, 5000);
	assert_int_equal(unpack(arena, PACKING_DEFLATE, in, 9000, 1 << 20).content.len, 5000);
	assert_int_equal(unpack(arena, PACKING_UNKNOWN, in, 0, 1 << 20).end, UNPACK_UNKNOWN);
	text_finish(&t);
}

static void believes_no_claimed_size(void **state)
{
	(void)state;
	with_arena(lie);
}

static void encodings(void *arena)
{
	struct bytes b;

	assert_true(decode_base64(arena, BYTES("Zm9vYg=="), &b));
	assert_bytes(b, "foob");
	assert_true(decode_base64(arena, BYTES("-_-_"), &b));
	assert_false(decode_base64(arena, BYTES("Zm9v!"), &b));
	assert_false(decode_base64(arena, BYTES("Z"), &b));
	assert_true(decode_hex(arena, BYTES("00fFa0"), &b));
	assert_bytes(b, "\x00\xff\xa0");
	assert_false(decode_hex(arena, BYTES("0"), &b));
	assert_false(decode_hex(arena, BYTES("0g"), &b));
}

static void text_comes_back(void **state)
{
	(void)state;
	with_arena(encodings);
}

static void dtypes(void **state)
{
	(void)state;
	struct dtype d;

	assert_true(dtype_parse(BYTES("<f4"), &d) && d.size == 4 && d.kind == 'f');
	assert_true(dtype_parse(BYTES("U10"), &d) && d.size == 40);
	assert_true(dtype_parse(BYTES("M8[ns]"), &d) && d.size == 8);
	assert_true(dtype_parse(BYTES("|O"), &d) && d.objects);
	assert_true(dtype_parse(BYTES("O8"), &d) && d.objects);
	assert_true(dtype_parse(BYTES("float32"), &d) && d.size == 4);
	assert_false(dtype_parse(BYTES("f"), &d) && d.size != 4);
	assert_false(dtype_parse(BYTES("x4"), &d));
	assert_false(dtype_parse(BYTES("U9999999999999999999"), &d));
	assert_false(dtype_parse(BYTES(""), &d));
}

static void archives(void *arg)
{
	struct arena *arena = arg;
	struct text t;

	text_init(&t, NULL);
	struct bytes in = cook(&t, "7z method=lzma2\nmember a\nzeros 100000\nend\nmember d folder\nend\nmember b\ntext hello\nend\nend\n");
	struct archive_content c = seven_zip_unpack(arena, in, 1 << 20, 10);
	assert_int_equal(c.end, UNPACK_WHOLE);
	assert_int_equal(c.count, 3);
	assert_int_equal(c.unpacked, 100005);
	assert_int_equal(c.members[1].kind, ARCHIVE_FOLDER);
	assert_bytes(c.members[2].name, "b");
	assert_bytes(c.members[2].content, "hello");
	c = seven_zip_unpack(arena, in, 70000, 10);
	assert_int_equal(c.end, UNPACK_LIMIT);
	assert_int_equal(c.unpacked, 70000);
	c = seven_zip_unpack(arena, in, 1 << 20, 2);
	assert_int_equal(c.end, UNPACK_LIMIT);
	assert_int_equal(c.count, 2);
	c = seven_zip_unpack(arena, bytes_slice(in, 0, in.len / 2), 1 << 20, 10);
	assert_int_not_equal(c.end, UNPACK_WHOLE);
	text_finish(&t);
}

static void archives_stay_within_their_budget(void **state)
{
	(void)state;
	with_arena(archives);
}

static void recipes(void **state)
{
	(void)state;
	struct text t;
	struct recipe_error e;

	text_init(&t, NULL);
	assert_bytes(cook(&t, "# x\n  u16 258\nbe16 258\nsized u8\ntext a\\x00b\nend\nset 0 ff\ncut 1\n"), "\xff\x01\x01\x02\x03" "a\0");
	assert_bytes(cook(&t, "PROTO 2\nGLOBAL os system\nSHORT_BINUNICODE a\nSTOP\n"), "\x80\x02" "cos\nsystem\n\x8c\x01" "a.");
	text_clear(&t);
	assert_false(recipe_build(BYTES("text a\nnonsense 1\n"), &t, &e));
	assert_int_equal(e.line, 2);
	assert_false(recipe_build(BYTES("gzip\ntext a\n"), &t, &e));
	text_finish(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unpacks_what_was_packed), cmocka_unit_test(believes_no_claimed_size), cmocka_unit_test(text_comes_back),
		cmocka_unit_test(dtypes), cmocka_unit_test(recipes), cmocka_unit_test(archives_stay_within_their_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
