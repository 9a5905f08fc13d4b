#include "tests/unit/test.h"

#include "templates/jinja.h"
#include "templates/template.h"

/* ---- what is a template ---- */

static const char *const good[] = {
	"", "text", "{ {", "{{ 1 }}", "{{- a -}}", "{{+ a }}", "{%- if a +%}{% endif %}", "{# a #}", "{#- a -#}", "{#", "{% raw %}{{ {% }} {% endraw %}",
	"{%raw%}{%endraw%}", "{% raw %}", "{{ {'a': {'b': 1}} }}", "{{ {'a':1}}}", "{{ (1,) }}", "{{ () }}", "{{ 1, 2 }}", "{{ a.0.1 }}", "{{ a[1:2:3, ::] }}",
	"{{ a[] }}", "{{ f(1, *b, k=2, **c) }}", "{{ f(1,) }}", "{{ 'a' \"b\" }}", "{{ 1_000 + 0x_ff + 0b1 + 0o7 + 1e5 + 1.5e-3 }}", "{{ a is not divisibleby 3 }}",
	"{{ a is in [1] }}", "{{ a if b }}", "{{ a if b else c if d else e }}", "{{ not not a }}", "{{ a not in b in c }}", "{{ a|b.c(1)|d }}", "{{ if }}",
	"{% for a, (b, c) in d if e recursive %}{% else %}{% endfor %}", "{% for a in b: %}{% endfor %}", "{% set a, b.c = 1, 2 %}", "{% set a|upper %}{% endset %}",
	"{% macro m(a, b=1) %}{% endmacro %}", "{% call(a) m() %}{% endcall %}", "{% filter a|b %}{% endfilter %}", "{% with %}{% endwith %}",
	"{% with a=1, b=2 %}{% endwith %}", "{% block a scoped required %} {% endblock a %}", "{% include a ignore missing with context %}",
	"{% import a as b without context %}", "{% from a import b as c, d with context %}", "{% extends a %}", "{% autoescape true %}{% endautoescape %}",
	"{% do a.b() %}", "{% break %}{% continue %}", "{% generation %}{% endgeneration %}", "{% print a, b %}", "{% print %}",
	"{% trans a=1, b %}x {{ a }}{% pluralize b %}y{% endtrans %}", "{{ 'a\nb' }}", "{{ a\n}}", "{{ '\\x41\\u0041\\U00000041\\101\\N{LOW LINE}\\q' }}",
};
static const char *const bad[] = {
	"{{", "{{ }}", "{{ a", "{{ a }", "{% %}", "{% if %}{% endif %}", "{% if a %}", "{% endif %}", "{% else %}", "{# a", "{% raw %}a", "{{ 'a }}", "{{ a b }}",
	"{{ 1 + }}", "{{ (1 }}", "{{ 1) }}", "{{ (1] }}", "{{ [1 2] }}", "{{ {1} }}", "{{ {1: } }}", "{{ a. }}", "{{ a.1.5e3.b c }}", "{{ a[1 }}", "{{ a[1,] }}", "{{ f(k=1, 2) }}",
	"{{ f(*a, 2) }}", "{{ f(**a, *b) }}", "{{ f(**a, k=1) }}", "{{ f(,) }}", "{{ a| }}", "{{ a|1 }}", "{{ a is b is c }}", "{{ a is defined if b }}", "{{ 012 }}",
	"{{ 1__0 }}", "{{ a ! b }}", "{{ a ? b }}", "{{ a; b }}", "{{ `a` }}", "{% for a b %}{% endfor %}", "{% for 1 in a %}{% endfor %}", "{% for a.b in c %}{% endfor %}",
	"{% for a ,in b %}{% endfor %}", "{% set 1 = 2 %}", "{% set a.b.c = 2 %}", "{% set true = 1 %}", "{% set a = %}", "{% macro m %}{% endmacro %}",
	"{% macro m(a=1, b) %}{% endmacro %}", "{% call m %}{% endcall %}", "{% filter %}{% endfilter %}", "{% with a %}{% endwith %}", "{% block a-b %}{% endblock %}",
	"{% block a required %}x{% endblock %}", "{% import a %}", "{% from a import _b %}", "{% from a import b c %}", "{% launch %}", "{% if a %}{% endfor %}",
	"{{ '\\x4' }}", "{{ '\\u12' }}", "{{ '\\U00110000' }}", "{{ '\\N{}' }}", "{{ '\\N' }}", "{% trans %}{% if a %}{% endtrans %}", "{% trans %}a{% pluralize %}b{% endtrans %}",
	"{{ \xE2\x80\x9C" "a" "\xE2\x80\x9D }}", "\xff",
};

static void tells_templates_from_others(void *arg)
{
	struct jinja_error error;

	for (size_t i = 0; i < COUNT_OF(good); i++)
		if (!jinja_parse(arg, bytes_of(good[i]), &error))
			fail_msg("refused: %s (%s, at %u)", good[i], error.why, error.at);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (jinja_parse(arg, bytes_of(bad[i]), &error))
			fail_msg("accepted: %s", bad[i]);
}

/* No beginning of a template does harm, and what is wrong lies within it. */
static void every_beginning_is_read(void *arg)
{
	struct bytes all = BYTES("{%- macro m(a, b='\\x41') -%}{{ a[b:1]|join('x') ~ {'k': [1, (2,)]}.k is not none }}{% endmacro %}{# c #}{% raw %}x{% endraw %}{{ m(*c, k=1.5) }}");
	struct jinja_error error;

	for (size_t len = 0; len <= all.len; len++)
		if (!jinja_parse(arg, bytes_slice(all, 0, len), &error))
			assert_true(error.why && error.at <= len);
	assert_non_null(jinja_parse(arg, all, &error));
}

static void brackets_have_a_depth(void *arg)
{
	struct jinja_error error;
	struct text t;

	text_init(&t, arg);
	text_add_string(&t, "{{ ");
	for (unsigned i = 0; i < 90; i++)
		text_add_byte(&t, '(');
	text_add_byte(&t, '1');
	for (unsigned i = 0; i < 90; i++)
		text_add_byte(&t, ')');
	text_add_string(&t, " }}");
	assert_non_null(jinja_parse(arg, text_bytes(&t), &error));
	text_clear(&t);
	for (unsigned i = 0; i < 100000; i++)
		text_add_string(&t, "{% if a %}");
	assert_null(jinja_parse(arg, text_bytes(&t), &error));
	assert_string_equal(error.why, "is nested too deep");
}

/* ---- the tree ---- */

static void add_tree(struct text *t, const struct jinja_node *node)
{
	static const char *const names[] = {
		[JINJA_LIST] = "list", [JINJA_TUPLE] = "tuple", [JINJA_DICT] = "dict", [JINJA_ATTRIBUTE] = ".", [JINJA_SUBSCRIPT] = "[]", [JINJA_SLICE] = ":",
		[JINJA_CALL] = "call", [JINJA_FILTER] = "|", [JINJA_TEST] = "is", [JINJA_KEYWORD] = "=", [JINJA_SPREAD] = "spread", [JINJA_NEGATE] = "neg",
		[JINJA_POSITIVE] = "pos", [JINJA_NOT] = "not", [JINJA_ADD] = "+", [JINJA_SUBTRACT] = "-", [JINJA_MULTIPLY] = "*", [JINJA_DIVIDE] = "/",
		[JINJA_FLOOR_DIVIDE] = "//", [JINJA_REMAINDER] = "%", [JINJA_POWER] = "**", [JINJA_CONCAT] = "~", [JINJA_AND] = "and", [JINJA_OR] = "or",
		[JINJA_COMPARE] = "compare", [JINJA_OPERAND] = "", [JINJA_CHOICE] = "if",
	};
	if (node->kind == JINJA_INTEGER) {
		text_addf(t, "%lld", (long long)node->integer);
	} else if (node->kind == JINJA_NAME || node->kind == JINJA_BOOL || node->kind == JINJA_NONE) {
		text_add(t, node->text);
	} else if (node->kind == JINJA_STRING) {
		text_add_byte(t, '"');
		text_add(t, node->text);
		text_add_byte(t, '"');
	} else if (node->kind == JINJA_NOTHING) {
		text_add_byte(t, '_');
	} else {
		text_addf(t, "(%s", names[node->kind]);
		text_add(t, node->text);
		jinja_each(node, it) {
			text_add_byte(t, ' ');
			add_tree(t, it);
		}
		text_add_byte(t, ')');
	}
}

static const struct { const char *expression, *tree; } trees[] = {
	{"1 + 2 * 3", "(+ 1 (* 2 3))"},
	{"1 * 2 + 3", "(+ (* 1 2) 3)"},
	{"1 - 2 - 3", "(- (- 1 2) 3)"},
	{"a ~ b + c ~ d", "(+ (~ a b) (~ c d))"},
	{"a ~ b * c", "(~ a (* b c))"},
	{"-a.b|c", "(|c (neg (.b a)))"},
	{"-2 ** 2", "(** (neg 2) 2)"},
	{"2 ** 3 ** 4", "(** (** 2 3) 4)"},
	{"not a == b and c or d", "(or (and (not (compare a (== b))) c) d)"},
	{"a < b <= c not in d", "(compare a (< b) (<= c) (not in d))"},
	{"a if b else c if d else e", "(if b a (if d c e))"},
	{"a if b", "(if b a _)"},
	{"a or b if c else d", "(if c (or a b) d)"},
	{"a is b", "(isb a)"},
	{"a is not b 1", "(not (isb a 1))"},
	{"a is b(1)(2)", "(call (isb a 1) 2)"},
	{"a|b(1)|c + d", "(+ (|c (|b a 1)) d)"},
	{"a.b[c](d).e", "(.e (call ([] (.b a) c) d))"},
	{"a[1:-1]", "([] a (: 1 (neg 1) _))"},
	{"a[::-1]", "([] a (: _ _ (neg 1)))"},
	{"a[b, c:]", "([] a (tuple b (: c _ _)))"},
	{"a.1", "([] a 1)"},
	{"f(a, *b, k=c, **d)", "(call f a (spread b) (=k c) (spread d))"},
	{"(a)", "a"},
	{"(a,)", "(tuple a)"},
	{"a, b", "(tuple a b)"},
	{"[a, {b: c}]", "(list a (dict b c))"},
	{"'a' 'b' \"c\"", "\"abc\""},
	{"0x1F + 0b11 + 0o17 + 1_000", "(+ (+ (+ 31 3) 15) 1000)"},
	{"True and none", "(and True none)"},
	{"'\\x5f\\137\\u005f\\U0000005f\\N{LOW LINE}'", "\"_____\""},
	{"'\\q\\'\\\n\\t'", "\"\\q'\t\""},
	{"'\\\xC3\xA9'", "\"\\xe9\""},
};

static void operators_bind_as_in_jinja(void *arg)
{
	for (size_t i = 0; i < COUNT_OF(trees); i++) {
		struct jinja_error error;
		struct text source, tree;
		text_init(&source, arg);
		text_init(&tree, arg);
		text_addf(&source, "{{ %s }}", trees[i].expression);
		struct jinja_node *root = jinja_parse(arg, text_bytes(&source), &error);
		if (!root)
			fail_msg("refused: %s (%s)", trees[i].expression, error.why);
		add_tree(&tree, root->first->first);
		assert_string_equal(text_string(&tree), trees[i].tree);
	}
}

static const struct { const char *template, *text; } texts[] = {
	{" a {{ b }} c ", " a | c "},
	{" a {{- b -}} c ", " a|c "},
	{"a\n  {% set x = 1 %}\n  b", "a\n|  b"},
	{"a\n  {%+ set x = 1 +%}\n  b", "a\n  |\n  b"},
	{"a\n  {%- set x = 1 -%}\n  b", "a|b"},
	{"a\n  {# c #}\nb\n", "a\n|b"},
	{"{% raw -%}  {{ a }} {%- endraw %}\nb", "{{ a }}|b"},
	{"\r\n {% set x = 1 %}\r\nb", "\r\n|b"},
};

static void white_space_goes_as_transformers_has_it(void *arg)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct jinja_error error;
		struct text t;
		text_init(&t, arg);
		struct jinja_node *root = jinja_parse(arg, bytes_of(texts[i].template), &error);
		assert_non_null(root);
		jinja_each(root, it) {
			if (it->kind == JINJA_TEXT && t.len > 0)
				text_add_byte(&t, '|');
			if (it->kind == JINJA_TEXT)
				text_add(&t, it->text);
		}
		assert_string_equal(text_string(&t), texts[i].text);
	}
}

/* ---- folding ---- */

static const struct { const char *expression, *value; } folds[] = {
	{"'a' ~ 'b' ~ 1 ~ true ~ none", "ab1TrueNone"},
	{"'a' + 'b'", "ab"},
	{"'ab' * 3", "ababab"},
	{"'%s-%d-%c-%x' % ('a', 7, 95, 255)", "a-7-_-ff"},
	{"'%(k)s%%' % {'k': 'v'}", "v%"},
	{"'%s' % 'one'", "one"},
	{"'{}{1}{k}{{}}'.format('a', 'b', k='c')", "abc{}"},
	{"'{:c}{!s}'.format(95, 'x')", "_x"},
	{"'%s%s'|format('a', 'b')", "ab"},
	{"'{a}'.format_map({'a': 'z'})", "z"},
	{"['a', 'b']|join('-')", "a-b"},
	{"'-'.join(['a', 'b'])", "a-b"},
	{"{'a': 1, 'b': 2}|join", "ab"},
	{"dict(x=1, y=2)|join('.')", "x.y"},
	{"'abcabc'|replace('b', 'X')", "aXcaXc"},
	{"'abcabc'.replace('b', 'X', 1)", "aXcabc"},
	{"'ab'|replace('', '-')", "-a-b-"},
	{"'AbC'|lower ~ 'AbC'|upper ~ 'AbC'.swapcase()", "abcABCaBc"},
	{"'ab cd'|title ~ 'abC'|capitalize", "Ab CdAbc"},
	{"'abc'|reverse", "cba"},
	{"'abcdef'[1:-1:2]", "bd"},
	{"'abcdef'[::-1]", "fedcba"},
	{"'abcdef'[-2]", "e"},
	{"'\xC3\xA9" "a'[::-1]", "a\xC3\xA9"},
	{"'abc'|list|last ~ 'abc'|first", "ca"},
	{"(1, 'b')[1]", "b"},
	{"{'k': 'v'}['k'] ~ {'k': 'w'}.k ~ {'k': 'x'}.get('k') ~ {}.get('k', 'y')", "vwxy"},
	{"['b', 'a']|map('upper')|join", "BA"},
	{"[{'n': 'a'}, {'n': 'b'}]|map(attribute='n')|join", "ab"},
	{"' a '|trim ~ 'xax'.strip('x') ~ 'ab'.removeprefix('a')", "aab"},
	{"'a,b'.split(',')[1] ~ ' a  b '.split()|join('+')", "ba+b"},
	{"'<b>a</b>b'|striptags", "ab"},
	{"none|default('x') ~ ''|default('y', true) ~ 'z'|default('w')", "Noneyz"},
	{"'a' if 1 < 2 else 'b'", "a"},
	{"'' or 'b'", "b"},
	{"'a' and 'b'", "b"},
	{"'a' if 'x' in 'xyz' and 3 not in [1, 2] else 'b'", "a"},
	{"(7 // 2) ~ (-7 // 2) ~ (-7 % 3) ~ 2 ** 10 ~ (3 - 5)", "3-421024-2"},
	{"[1, 'a', (2,)]|string", "[1, 'a', (2,)]"},
	{"range(3)|list|join", "012"},
	{"'abc'|length ~ [1, 2]|count", "32"},
	{"'5f'|upper ~ ('7'|int + 1)", "5F8"},
	{"([1] + [2])|join ~ ([0] * 3)|join", "12000"},
};

/* What |attr(EXPRESSION) takes is what the expression folds to. */
static struct bytes fold(struct arena *arena, const char *before, const char *expression)
{
	struct text t;

	text_init(&t, arena);
	text_addf(&t, "%s{{ zzz|attr(%s) }}", before, expression);
	const struct template *read = template_read(arena, text_bytes(&t));
	for (const struct reach *r = read->reaches; r; r = r->next)
		if (r->kind == REACH_NAME && r->attribute && bytes_same(r->owner, "zzz"))
			return r->name;
	return BYTES("(not known)");
}

static void constants_are_folded(void *arg)
{
	for (size_t i = 0; i < COUNT_OF(folds); i++) {
		struct bytes got = fold(arg, "", folds[i].expression);
		if (!bytes_same(got, folds[i].value))
			fail_msg("%s is %.*s, not %s", folds[i].expression, (int)got.len, (const char *)got.at, folds[i].value);
	}
}

static const struct { const char *before, *expression, *value; } flows[] = {
	{"{% set a = 'x' %}", "a", "x"},
	{"{% set a, b = 'x', 'y' %}", "b ~ a", "yx"},
	{"{% set ns = namespace(a='x') %}{% set ns.a = ns.a ~ 'y' %}", "ns.a", "xy"},
	{"{% set ns = namespace(a='') %}{% for c in 'abc' %}{% set ns.a = c ~ ns.a %}{% endfor %}", "ns.a", "cba"},
	{"{% for c in ['p', 'q'] %}{% set k = c %}{% endfor %}{% set k = 'z' %}", "k", "z"},
	{"{% macro m(a, b='y') %}{{ a }}{{ b }}{% endmacro %}", "m('x')", "xy"},
	{"{% macro m() %}{{ caller('x') }}{% endmacro %}{% set a %}{% call(v) m() %}<{{ v }}>{% endcall %}{% endset %}", "a", "<x>"},
	{"{% set a %}x{{ 'y' }}{% endset %}", "a", "xy"},
	{"{% set a | upper | replace('X', 'z') %}xy{% endset %}", "a", "zY"},
	{"{% set a %}{% filter upper %}x{% endfilter %}{% endset %}", "a", "X"},
	{"{% with b = 'x' %}{% set a = 'y' %}{% endwith %}{% set a = 'z' %}", "a", "z"},
	{"{% if true %}{% set a = 'x' %}{% endif %}{% set b = a %}", "b", "x"},
	{"{% set l = ['a'] %}{% do l.append('b') %}", "l|join", "ab"},
	{"{% for k, v in {'a': 'b'}.items() %}{% set ns = namespace(s=k ~ v) %}{% endfor %}{% set ns = namespace(s='q') %}", "ns.s", "q"},
	{"{% macro r(n) %}{% if n > 0 %}a{{ r(n - 1) }}{% endif %}{% endmacro %}", "'x' ~ r(0)", "(not known)"},
	{"{% if messages %}{% set a = 'x' %}{% endif %}", "a ~ messages", "(not known)"},
	{"", "messages[0].content", "(not known)"},
	{"", "eos_token", "(not known)"},
	{"", "'\\N{DEGREE SIGN}'", "(not known)"},
};

static void values_flow(void *arg)
{
	for (size_t i = 0; i < COUNT_OF(flows); i++) {
		struct bytes got = fold(arg, flows[i].before, flows[i].expression);
		if (!bytes_same(got, flows[i].value))
			fail_msg("%s%s is %.*s, not %s", flows[i].before, flows[i].expression, (int)got.len, (const char *)got.at, flows[i].value);
	}
}

/* ---- what is reached ---- */

static const struct reach *find(const struct template *t, enum reach_kind kind, const char *name)
{
	for (const struct reach *r = t->reaches; r; r = r->next)
		if (r->kind == kind && bytes_same(r->name, name))
			return r;
	return NULL;
}

static void reaches_are_told(void *arg)
{
	const struct template *t = template_read(arg, BYTES("ab {{ x.y['z'](1)|f }}{% include 'n' %}{{ g(messages[k]) }}{{ w[v ~ 'u'] }}"));
	const struct reach *r = find(t, REACH_NAME, "y");

	assert_null(t->why);
	assert_non_null(r);
	assert_int_equal(r->at, 6);
	assert_bytes(bytes_slice(t->text, r->at, r->end - r->at), "x.y['z'](1)|f");
	assert_bytes(r->owner, "x");
	assert_false(r->called);
	assert_true(find(t, REACH_NAME, "z")->called);
	assert_non_null(find(t, REACH_FILTER, "f"));
	assert_bytes(find(t, REACH_FILE, "n")->owner, "include");
	assert_non_null(find(t, REACH_CALL, "g"));
	r = find(t, REACH_COMPUTED, "");
	assert_true(r->plain_key && !r->next->plain_key);
	assert_non_null(find(template_read(arg, BYTES("{{ range(10**9) }}")), REACH_COST, "counts # numbers"));
	r = find(template_read(arg, BYTES("{% for m in messages %}{% if 'a word' in m.content %}one{% else %}two{% endif %}{% endfor %}")), REACH_HIDDEN, "one");
	assert_bytes(r->owner, "a word");
}

/* A template that is made to take for ever is given up, and says so. */
static void following_ends(void *arg)
{
	struct text t;

	text_init(&t, arg);
	for (unsigned i = 0; i < 12; i++)
		text_addf(&t, "{%% macro m%u(a) %%}{{ m%u(a ~ '1') }}{{ m%u(a ~ '2') }}{{ m%u(a ~ '3') }}{%% endmacro %%}", i, i + 1, i + 1, i + 1);
	text_add_string(&t, "{{ m0('') }}");
	const struct template *read = template_read(arg, text_bytes(&t));
	assert_true(!read->why || read->parsed);
}

static void run_accepts(void **state) { (void)state; with_arena(tells_templates_from_others); }
static void run_beginnings(void **state) { (void)state; with_arena(every_beginning_is_read); }
static void run_depth(void **state) { (void)state; with_arena(brackets_have_a_depth); }
static void run_operators(void **state) { (void)state; with_arena(operators_bind_as_in_jinja); }
static void run_space(void **state) { (void)state; with_arena(white_space_goes_as_transformers_has_it); }
static void run_folding(void **state) { (void)state; with_arena(constants_are_folded); }
static void run_flows(void **state) { (void)state; with_arena(values_flow); }
static void run_reaches(void **state) { (void)state; with_arena(reaches_are_told); }

static void run_end(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 1u << 30);
	assert_true(arena_run(&arena, following_ends, &arena));
	arena_finish(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(run_accepts), cmocka_unit_test(run_beginnings), cmocka_unit_test(run_depth), cmocka_unit_test(run_operators),
		cmocka_unit_test(run_space), cmocka_unit_test(run_folding), cmocka_unit_test(run_flows), cmocka_unit_test(run_reaches), cmocka_unit_test(run_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
