#include "tests/unit/test.h"

#include "base/embedded.h"
#include "rules/rules.h"
#include "rules/shape.h"
#include "rules/words.h"
#include "syntax/yaml.h"

static struct rules rules;

static int load(void **state)
{
	(void)state;
	struct rules_error error;

	return !rules_init(&rules, NULL, 0, &error);
}

static int unload(void **state)
{
	(void)state;
	rules_finish(&rules);
	return 0;
}

static struct import named(const char *module, const char *name)
{
	return (struct import){.module = bytes_of(module), .name = bytes_of(name), .written_module = bytes_of(module), .written_name = bytes_of(name)};
}

static bool listed(const char *module, const char *name)
{
	struct import i = named(module, name);

	return imports_listed(&rules.imports, &i) != NULL;
}

static bool dangerous(const char *module, const char *name)
{
	struct import i = named(module, name);

	return imports_dangerous(&rules.imports, &i) != NULL;
}

static void a_module_blesses_nothing_in_it(void **state)
{
	(void)state;
	assert_true(listed("collections", "OrderedDict"));
	assert_false(listed("collections", "OrderedDict.fromkeys"));
	assert_false(listed("collections", "namedtuple"));
	assert_true(listed("torch.nn.modules.linear", "Linear"));
	assert_false(listed("torch.nn.modules.linear", "Linear.forward"));
	assert_false(listed("torch.nn.modules.linear", "init"));
	assert_false(listed("torch.nn.modulesque", "Linear"));
}

static void danger_reaches_down_and_through(void **state)
{
	(void)state;
	assert_true(dangerous("os", "system"));
	assert_true(dangerous("asyncio.unix_events", "anything"));
	assert_true(dangerous("torch", "serialization.os.system"));
	assert_true(dangerous("collections", "OrderedDict.__init__.__globals__"));
	assert_false(dangerous("oscar", "system"));
	assert_false(dangerous("clinic.os", "Model"));
	assert_false(dangerous("collections", "OrderedDict"));
}

static void shapes(void *arena)
{
	const struct shape *s = shape_parse(arena, BYTES("storage, int, ints|none, 'latin1', plain*"));

	assert_non_null(s);
	assert_int_equal(s->count, 5);
	assert_true(s->arguments[4].rest);
	assert_bytes(s->arguments[3].literal, "latin1");
	assert_int_equal(shape_parse(arena, BYTES(""))->count, 0);
	assert_null(shape_parse(arena, BYTES("int,,int")));
	assert_null(shape_parse(arena, BYTES("integer")));
}

static void shapes_are_read(void **state)
{
	(void)state;
	with_arena(shapes);
}

static void yaml(void *arena)
{
	struct yaml_error e;

	assert_non_null(yaml_parse(arena, BYTES("a: 1\nb: [x, y]\nc:\n  d: >-\n    long\n    text\n"), &e));
	assert_null(yaml_parse(arena, BYTES("a: &x 1\nb: *x\n"), &e));
	assert_null(yaml_parse(arena, BYTES("a: *x\n"), &e));
	assert_int_equal(e.line, 1);
	assert_null(yaml_parse(arena, BYTES("a: 1\na: 2\n"), &e));
	assert_int_equal(e.line, 2);
	assert_null(yaml_parse(arena, BYTES("a: !!python/object:os.system x\n"), &e));
	assert_null(yaml_parse(arena, BYTES("a: 1\n---\nb: 2\n"), &e));
	assert_null(yaml_parse(arena, BYTES("[a]: 1\n"), &e));
	assert_null(yaml_parse(arena, BYTES(""), &e));
	const struct yaml *root = yaml_parse(arena, BYTES("a: 1\nb: [x, y]\n"), &e);
	assert_int_equal(yaml_member(root, "b")->count, 2);
	assert_bytes(yaml_string(root, "a"), "1");
	assert_int_equal(yaml_member(root, "b")->line, 2);
}

static void yaml_is_plain(void **state)
{
	(void)state;
	with_arena(yaml);
}

static void wrong_files_are_named(void **state)
{
	(void)state;
	struct rules own;
	struct rules_error e;
	const char *const missing[] = {"/nonexistent/rules.yaml"};

	assert_false(rules_init(&own, missing, 1, &e));
	assert_string_equal(e.file, "/nonexistent/rules.yaml");
	rules_finish(&own);
}

/* ---- names hashed while building against the same names read at the start ---- */

static struct rules as_own;

static void compare_import(struct bytes name)
{
	size_t dot = bytes_find_last(name, BYTES("."));
	struct import i = {.module = bytes_slice(name, 0, dot), .name = bytes_from(name, dot + 1)};
	const struct import_rule *a = imports_listed(&rules.imports, &i), *b = imports_listed(&as_own.imports, &i);
	const struct danger_rule *c = imports_dangerous(&rules.imports, &i), *d = imports_dangerous(&as_own.imports, &i);

	assert_true(!a == !b && !c == !d);
	if (a)
		assert_true(bytes_equal(a->family, b->family) && a->uses == b->uses && !a->shape == !b->shape);
	if (a && a->shape)
		assert_memory_equal(a->shape->arguments, b->shape->arguments, sizeof a->shape->arguments[0].words);
	if (c)
		assert_true(bytes_equal(c->does, d->does));
}

static void compare_operator(struct bytes family, struct bytes name)
{
	const struct operator_rule *a = operators_find(&rules.operators, family, name), *b = operators_find(&as_own.operators, family, name);

	assert_true(a && b && a->level == b->level && bytes_equal(a->does, b->does) && bytes_equal(a->paths, b->paths) && bytes_equal(a->family, b->family));
}

static size_t compare_file(const struct yaml *root)
{
	static const char *const lists[] = {"allow", "dangerous", "operators"};
	size_t compared = 0;

	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		yaml_each(yaml_member(root, lists[i]), item) {
			struct bytes names = yaml_string(item, "names"), name;
			for (; (name = rules_word(&names)).len > 0; compared++)
				if (i == 2)
					compare_operator(yaml_string(root, "family"), name);
				else
					compare_import(name);
		}
	}
	return compared;
}

static void compare_all(void *arena)
{
	size_t compared = 0;

	for (const struct embedded_file *f = embedded_next("rules/", NULL); f; f = embedded_next("rules/", f))
		compared += compare_file(yaml_unpack(arena, f->tree));
	assert_true(compared > 3000);
}

static void built_names_are_those_of_the_files(void **state)
{
	(void)state;
	const char *paths[64];
	struct rules_error e;
	size_t count = 0;

	for (const struct embedded_file *f = embedded_next("rules/", NULL); f; f = embedded_next("rules/", f))
		paths[count++] = f->path;
	assert_true(rules_init(&as_own, paths, count, &e));
	with_arena(compare_all);
	rules_finish(&as_own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_module_blesses_nothing_in_it), cmocka_unit_test(danger_reaches_down_and_through),
		cmocka_unit_test(shapes_are_read), cmocka_unit_test(yaml_is_plain), cmocka_unit_test(wrong_files_are_named),
		cmocka_unit_test(built_names_are_those_of_the_files),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
