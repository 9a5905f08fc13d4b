/* Tags, as jinja2/parser.py reads them. */
#include "templates/inside.h"

static struct jinja_node *parse_body(struct parser *p, const char *const *ends);

static void expect_tag_end(struct parser *p)
{
	if (parser_token(p)->kind == TOKEN_TAG_END)
		parser_take(p);
	else
		parser_fail(p, parser_token(p)->at, "has a tag that goes on where it should end");
}

/* The rest of the opening tag, then everything up to one of `ends`, whose tag is left at its word. */
static struct jinja_node *parse_block_body(struct parser *p, const char *const *ends)
{
	parser_skip(p, ":");
	expect_tag_end(p);
	struct jinja_node *body = parse_body(p, ends);
	if (parser_token(p)->kind == TOKEN_END)
		parser_fail(p, parser_token(p)->at, "ends before a block is closed");
	return body;
}

static struct jinja_node *parse_whole_body(struct parser *p, const char *end)
{
	const char *const ends[] = {end, NULL};
	struct jinja_node *body = parse_block_body(p, ends);

	parser_take(p);
	return body;
}

static struct jinja_node *begin(struct parser *p, enum jinja_kind kind)
{
	return node_new(p, kind, parser_take(p)->at);
}

/* ---- one function a tag ---- */

static struct jinja_node *parse_set(struct parser *p)
{
	struct jinja_node *node = begin(p, JINJA_SET);

	node_add(node, parse_target(p, true));
	if (parser_skip(p, "=")) {
		node_add(node, parse_tuple(p, true));
		return node;
	}
	node->kind = JINJA_SET_BLOCK;
	node_add(node, parse_filters(p, node_nothing(p), false));
	node_add(node, parse_whole_body(p, "endset"));
	return node;
}

static struct jinja_node *parse_for(struct parser *p)
{
	static const char *const ends[] = {"endfor", "else", NULL};
	struct jinja_node *node = begin(p, JINJA_FOR);

	node_add(node, parse_target(p, false));
	parser_expect_word(p, "in", "has a loop without \"in\"");
	node_add(node, parse_tuple(p, false));
	node_add(node, parser_skip_word(p, "if") ? parse_expression(p) : node_nothing(p));
	node->recursive = parser_skip_word(p, "recursive");
	node_add(node, parse_block_body(p, ends));
	bool otherwise = parser_at_word(p, "else");
	parser_take(p);
	node_add(node, otherwise ? parse_whole_body(p, "endfor") : node_nothing(p));
	return node;
}

/* Each elif is an if in the place of the else. */
static struct jinja_node *parse_if(struct parser *p)
{
	static const char *const ends[] = {"elif", "else", "endif", NULL};
	struct jinja_node *result = begin(p, JINJA_IF), *node = result;

	for (;;) {
		node_add(node, parse_tuple(p, false));
		node_add(node, parse_block_body(p, ends));
		const struct token *t = parser_take(p);
		if (token_is_word(p, t, "elif")) {
			node = node_add(node, node_new(p, JINJA_IF, t->at));
			continue;
		}
		node_add(node, token_is_word(p, t, "else") ? parse_whole_body(p, "endif") : node_nothing(p));
		return result;
	}
}

static struct jinja_node *parse_with(struct parser *p)
{
	struct jinja_node *node = begin(p, JINJA_WITH);

	while (!p->why && parser_token(p)->kind != TOKEN_TAG_END) {
		if (node->first)
			parser_expect(p, ",", "has a with without a comma where one belongs");
		node_add(node, parse_target(p, false));
		parser_expect(p, "=", "has a with without a value");
		node_add(node, parse_expression(p));
	}
	node_add(node, parse_whole_body(p, "endwith"));
	return node;
}

static struct jinja_node *parse_autoescape(struct parser *p)
{
	struct jinja_node *node = begin(p, JINJA_SCOPE);

	node->text = BYTES("autoescape");
	node_add(node, parse_expression(p));
	node_add(node, parse_whole_body(p, "endautoescape"));
	return node;
}

static struct jinja_node *parse_generation(struct parser *p)
{
	struct jinja_node *node = begin(p, JINJA_SCOPE);

	node->text = BYTES("generation");
	node_add(node, node_nothing(p));
	node_add(node, parse_whole_body(p, "endgeneration"));
	return node;
}

static bool is_blank(struct bytes b)
{
	size_t step;

	while (b.len > 0 && (step = jinja_space(b)) > 0)
		b = bytes_from(b, step);
	return b.len == 0;
}

static struct jinja_node *parse_block(struct parser *p)
{
	struct jinja_node *node = begin(p, JINJA_BLOCK);

	node->text = parser_expect_name(p);
	parser_skip_word(p, "scoped");
	bool required = parser_skip_word(p, "required");
	struct jinja_node *body = node_add(node, parse_whole_body(p, "endblock"));
	jinja_each(body, it)
		if (required && !p->why && (it->kind != JINJA_TEXT || !is_blank(it->text)))
			parser_fail(p, it->at, "has a required block that is not empty");
	if (parser_token(p)->kind == TOKEN_NAME && bytes_equal(token_text(p, parser_token(p)), node->text))
		parser_take(p);
	return node;
}

/* "with context", "without context" */
static bool skip_context(struct parser *p)
{
	bool there = (parser_at_word(p, "with") || parser_at_word(p, "without")) && token_is_word(p, parser_next_token(p), "context");

	if (there) {
		parser_take(p);
		parser_take(p);
	}
	return there;
}

static struct jinja_node *begin_load(struct parser *p)
{
	struct bytes tag = token_text(p, parser_token(p));
	struct jinja_node *node = begin(p, JINJA_LOAD);

	node->text = tag;
	node_add(node, parse_expression(p));
	return node;
}

static struct jinja_node *parse_include(struct parser *p)
{
	struct jinja_node *node = begin_load(p);

	if (parser_at_word(p, "ignore") && token_is_word(p, parser_next_token(p), "missing")) {
		parser_take(p);
		parser_take(p);
	}
	skip_context(p);
	return node;
}

static struct jinja_node *parse_bound_name(struct parser *p)
{
	struct jinja_node *node = node_new(p, JINJA_NAME, parser_token(p)->at);

	node->text = parser_expect_name(p);
	bool reserved = bytes_same(node->text, "true") || bytes_same(node->text, "false") || bytes_same(node->text, "none") ||
			bytes_same(node->text, "True") || bytes_same(node->text, "False") || bytes_same(node->text, "None");
	if (reserved)
		parser_fail(p, node->at, "assigns to something that is no name");
	return node_done(p, node);
}

static struct jinja_node *parse_import(struct parser *p)
{
	struct jinja_node *node = begin_load(p);

	parser_expect_word(p, "as", "has an import without \"as\"");
	node_add(node, parse_bound_name(p));
	skip_context(p);
	return node;
}

static struct jinja_node *parse_from(struct parser *p)
{
	struct jinja_node *node = begin_load(p);

	parser_expect_word(p, "import", "has a from without \"import\"");
	for (bool first = true; !p->why; first = false) {
		if (!first)
			parser_expect(p, ",", "has an import without a comma where one belongs");
		if (skip_context(p))
			break;
		struct jinja_node *name = parse_bound_name(p);
		if (bytes_start_with(name->text, BYTES("_")))
			parser_fail(p, name->at, "imports a name that begins with an underscore");
		node_add(node, parser_skip_word(p, "as") ? parse_bound_name(p) : name);
		if (skip_context(p) || !parser_at(p, ","))
			break;
	}
	return node;
}

static struct jinja_node *parse_parameters(struct parser *p)
{
	struct jinja_node *list = node_new(p, JINJA_PARAMETERS, parser_token(p)->at);
	bool defaults = false;

	parser_expect(p, "(", "lacks an opening bracket");
	while (!p->why && !parser_at(p, ")")) {
		if (list->first)
			parser_expect(p, ",", "has parameters without a comma where one belongs");
		struct jinja_node *parameter = node_add(list, parse_bound_name(p));
		parameter->kind = JINJA_PARAMETER;
		bool given = parser_skip(p, "=");
		if (defaults && !given)
			parser_fail(p, parameter->at, "has a parameter without a default after one with it");
		defaults |= given;
		node_add(parameter, given ? parse_expression(p) : node_nothing(p));
	}
	parser_expect(p, ")", "has parameters that are not closed");
	return list;
}

static struct jinja_node *parse_macro(struct parser *p)
{
	struct jinja_node *node = begin(p, JINJA_MACRO);

	node->text = parse_bound_name(p)->text;
	node_add(node, parse_parameters(p));
	node_add(node, parse_whole_body(p, "endmacro"));
	return node;
}

static struct jinja_node *parse_call_block(struct parser *p)
{
	struct jinja_node *node = begin(p, JINJA_CALL_BLOCK);

	node_add(node, parser_at(p, "(") ? parse_parameters(p) : node_new(p, JINJA_PARAMETERS, node->at));
	struct jinja_node *call = node_add(node, parse_expression(p));
	if (call->kind != JINJA_CALL)
		parser_fail(p, node->at, "has a call block that calls nothing");
	node_add(node, parse_whole_body(p, "endcall"));
	return node;
}

static struct jinja_node *parse_filter_block(struct parser *p)
{
	struct jinja_node *node = begin(p, JINJA_FILTER_BLOCK);

	node_add(node, parse_filters(p, node_nothing(p), true));
	node_add(node, parse_whole_body(p, "endfilter"));
	return node;
}

static struct jinja_node *parse_print(struct parser *p)
{
	struct jinja_node *node = begin(p, JINJA_OUTPUT);

	while (!p->why && parser_token(p)->kind != TOKEN_TAG_END) {
		if (node->first)
			parser_expect(p, ",", "has a print without a comma where one belongs");
		node_add(node, parse_expression(p));
	}
	return node;
}

static struct jinja_node *parse_do(struct parser *p)
{
	struct jinja_node *node = begin(p, JINJA_DO);

	node_add(node, parse_tuple(p, true));
	return node;
}

static struct jinja_node *parse_break(struct parser *p)
{
	return begin(p, JINJA_BREAK);
}

static struct jinja_node *parse_continue(struct parser *p)
{
	return begin(p, JINJA_CONTINUE);
}

/* ---- trans, of the extension i18n ---- */

static bool has_keyword(const struct jinja_node *node, struct bytes name)
{
	jinja_each(node, it)
		if (it->kind == JINJA_KEYWORD && bytes_equal(it->text, name))
			return true;
	return false;
}

static void parse_translated_variable(struct parser *p, struct jinja_node *node, bool *trimmed)
{
	struct jinja_node *variable = node_new(p, JINJA_KEYWORD, parser_token(p)->at);

	variable->text = parser_expect_name(p);
	if (has_keyword(node, variable->text))
		parser_fail(p, variable->at, "translates a variable twice");
	bool option = bytes_same(variable->text, "trimmed") || bytes_same(variable->text, "notrimmed");
	if (parser_skip(p, "=")) {
		node_add(variable, parse_expression(p));
	} else if (option && !*trimmed) {
		*trimmed = true;
		return;
	} else {
		node_add(variable, node_new(p, JINJA_NAME, variable->at))->text = variable->text;
	}
	node_add(node, variable);
}

/* Text and plain names up to the tag of `pluralize` or `endtrans`, which is left at its word. */
static void parse_translated_text(struct parser *p, struct jinja_node *node)
{
	while (!p->why) {
		const struct token *t = parser_take(p);
		if (t->kind == TOKEN_TEXT) {
			node_add(node, node_new(p, JINJA_TEXT, t->at))->text = token_text(p, t);
		} else if (t->kind == TOKEN_OUTPUT_BEGIN) {
			node_add(node, node_new(p, JINJA_NAME, t->end))->text = parser_expect_name(p);
			if (parser_take(p)->kind != TOKEN_OUTPUT_END)
				parser_fail(p, t->at, "translates something that is no name");
		} else if (t->kind == TOKEN_TAG_BEGIN) {
			return;
		} else {
			parser_fail(p, t->at, "ends before a block is closed");
		}
	}
}

static struct jinja_node *parse_translation(struct parser *p)
{
	struct jinja_node *node = begin(p, JINJA_TRANSLATION);
	bool trimmed = false;

	if (parser_token(p)->kind == TOKEN_STRING)
		parser_take(p);
	while (!p->why && parser_token(p)->kind != TOKEN_TAG_END) {
		if (node->first)
			parser_expect(p, ",", "has a trans without a comma where one belongs");
		if (parser_skip(p, ":"))
			break;
		parse_translated_variable(p, node, &trimmed);
	}
	expect_tag_end(p);
	bool variables = node->first;
	parse_translated_text(p, node);
	if (parser_at_word(p, "pluralize")) {
		jinja_each(node, it)
			variables |= it->kind == JINJA_NAME;
		if (!variables)
			parser_fail(p, parser_token(p)->at, "has a plural without a number");
		parser_take(p);
		const struct token *t = parser_token(p);
		if (t->kind == TOKEN_NAME && !has_keyword(node, token_text(p, parser_take(p))))
			parser_fail(p, t->at, "has a plural of an unknown number");
		expect_tag_end(p);
		parse_translated_text(p, node);
	}
	parser_expect_word(p, "endtrans", "has a tag within a translated text");
	return node;
}

/* ---- all of them ---- */

struct tag {
	const char *word;
	struct jinja_node *(*parse)(struct parser *);
};

static const struct tag tags[] = {
	{"set", parse_set}, {"if", parse_if}, {"for", parse_for}, {"macro", parse_macro}, {"generation", parse_generation},
	{"block", parse_block}, {"extends", begin_load}, {"print", parse_print}, {"include", parse_include}, {"from", parse_from},
	{"import", parse_import}, {"with", parse_with}, {"autoescape", parse_autoescape}, {"call", parse_call_block},
	{"filter", parse_filter_block}, {"do", parse_do}, {"break", parse_break}, {"continue", parse_continue}, {"trans", parse_translation},
};

static struct jinja_node *parse_statement(struct parser *p)
{
	const struct token *t = parser_token(p);

	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
		if (!token_is_word(p, t, tags[i].word))
			continue;
		struct jinja_node *node = parser_enter(p) ? tags[i].parse(p) : node_nothing(p);
		parser_leave(p);
		return node_done(p, node);
	}
	parser_fail(p, t->at, t->kind == TOKEN_NAME ? "has a tag that is not known, or that closes what is not open" : "has a tag without a name");
	return node_nothing(p);
}

static bool is_end(const struct parser *p, const char *const *ends)
{
	for (; ends && *ends; ends++)
		if (parser_at_word(p, *ends))
			return true;
	return false;
}

static struct jinja_node *parse_output(struct parser *p)
{
	struct jinja_node *node = begin(p, JINJA_OUTPUT);

	node_add(node, parse_tuple(p, true));
	if (parser_token(p)->kind == TOKEN_OUTPUT_END)
		parser_take(p);
	else
		parser_fail(p, parser_token(p)->at, "has an expression that goes on where it should end");
	return node_done(p, node);
}

static struct jinja_node *parse_body(struct parser *p, const char *const *ends)
{
	struct jinja_node *body = node_new(p, JINJA_BODY, parser_token(p)->at);

	while (!p->why && parser_token(p)->kind != TOKEN_END) {
		const struct token *t = parser_token(p);
		if (t->kind == TOKEN_TEXT) {
			parser_take(p);
			node_done(p, node_add(body, node_new(p, JINJA_TEXT, t->at)))->text = token_text(p, t);
		} else if (t->kind == TOKEN_OUTPUT_BEGIN) {
			node_add(body, parse_output(p));
		} else {
			parser_take(p);
			if (is_end(p, ends))
				break;
			node_add(body, parse_statement(p));
			expect_tag_end(p);
		}
	}
	return body;
}

struct jinja_node *jinja_parse(struct arena *arena, struct bytes text, struct jinja_error *error)
{
	struct parser p = {.arena = arena, .text = text};
	struct jinja_node *root = NULL;

	if (text.len > JINJA_TEXT_MOST)
		p.why = "is longer than any that people write";
	else if (!bytes_are_utf8(text))
		p.why = "is no UTF-8 text";
	else
		parser_lex(&p);
	if (!p.why)
		root = parse_body(&p, NULL);
	*error = (struct jinja_error){p.why, p.why_at};
	return p.why ? NULL : root;
}
