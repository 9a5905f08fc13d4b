/* Expressions, with the precedence of jinja2/parser.py. */
#include "base/text.h"
#include "templates/inside.h"

/* `node` takes `base` as its first child and as what it is applied to. */
static struct jinja_node *wrap(struct parser *p, enum jinja_kind kind, struct jinja_node *base)
{
	struct jinja_node *node = node_new(p, kind, base->at);

	node_add(node, base);
	base->outer = node;
	return node;
}

/* ---- calls, subscripts, filters, tests ---- */

static void parse_argument(struct parser *p, struct jinja_node *call, unsigned *seen)
{
	enum { KEYWORD = 1, STAR = 2, DOUBLE_STAR = 4 };
	const struct token *t = parser_token(p);
	struct jinja_node *argument;
	unsigned refused, kind = 0;

	if (token_is(t, "*") || token_is(t, "**")) {
		kind = token_is(t, "*") ? STAR : DOUBLE_STAR;
		refused = kind == STAR ? STAR | DOUBLE_STAR : DOUBLE_STAR;
		argument = node_new(p, JINJA_SPREAD, t->at);
		argument->double_star = kind == DOUBLE_STAR;
		parser_take(p);
		node_add(argument, parse_expression(p));
	} else if (t->kind == TOKEN_NAME && token_is(parser_next_token(p), "=")) {
		kind = KEYWORD;
		refused = DOUBLE_STAR;
		argument = node_new(p, JINJA_KEYWORD, t->at);
		argument->text = token_text(p, parser_take(p));
		parser_take(p);
		node_add(argument, parse_expression(p));
	} else {
		refused = KEYWORD | STAR | DOUBLE_STAR;
		argument = parse_expression(p);
	}
	if (*seen & refused)
		parser_fail(p, t->at, "has a call whose arguments stand in an order that is not allowed");
	*seen |= kind;
	node_add(call, node_done(p, argument));
}

static void parse_arguments(struct parser *p, struct jinja_node *call)
{
	unsigned seen = 0;

	parser_expect(p, "(", "lacks an opening bracket");
	while (!p->why && !parser_at(p, ")")) {
		parse_argument(p, call, &seen);
		if (!parser_at(p, ")"))
			parser_expect(p, ",", "has a call without a comma or bracket where one belongs");
	}
	parser_expect(p, ")", "has a call that is not closed");
}

static struct jinja_node *parse_part_of_slice(struct parser *p)
{
	bool empty = parser_at(p, ":") || parser_at(p, "]") || parser_at(p, ",");

	return empty ? node_nothing(p) : parse_expression(p);
}

static struct jinja_node *parse_index(struct parser *p)
{
	uint32_t at = parser_token(p)->at;
	struct jinja_node *from = parser_at(p, ":") ? node_nothing(p) : parse_expression(p);

	if (!parser_at(p, ":"))
		return from;
	struct jinja_node *slice = node_new(p, JINJA_SLICE, at);
	node_add(slice, from);
	parser_take(p);
	node_add(slice, parse_part_of_slice(p));
	node_add(slice, parser_skip(p, ":") ? parse_part_of_slice(p) : node_nothing(p));
	return node_done(p, slice);
}

static struct jinja_node *parse_subscript(struct parser *p, struct jinja_node *base)
{
	struct jinja_node *node = wrap(p, JINJA_SUBSCRIPT, base);
	uint32_t at = parser_take(p)->at;
	struct jinja_node *tuple = node_new(p, JINJA_TUPLE, at);
	unsigned count = 0;

	while (!p->why && !parser_at(p, "]")) {
		if (count++ > 0)
			parser_expect(p, ",", "has a subscript without a comma or bracket where one belongs");
		if (!p->why)
			node_add(tuple, parse_index(p));
	}
	parser_expect(p, "]", "has a subscript that is not closed");
	node_add(node, count == 1 ? tuple->first : tuple);
	return node_done(p, node);
}

static struct jinja_node *parse_attribute(struct parser *p, struct jinja_node *base)
{
	parser_take(p);
	const struct token *t = parser_token(p);
	struct jinja_node *node = wrap(p, t->kind == TOKEN_INTEGER ? JINJA_SUBSCRIPT : JINJA_ATTRIBUTE, base);

	if (t->kind == TOKEN_INTEGER)
		parse_literal(p, t, node_add(node, node_new(p, JINJA_INTEGER, t->at)));
	else if (t->kind == TOKEN_NAME)
		node->text = token_text(p, t);
	else
		parser_fail(p, t->at, "lacks a name after a dot");
	parser_take(p);
	return node_done(p, node);
}

static struct jinja_node *parse_call(struct parser *p, struct jinja_node *base)
{
	struct jinja_node *node = wrap(p, JINJA_CALL, base);

	parse_arguments(p, node);
	return node_done(p, node);
}

static struct jinja_node *parse_postfix(struct parser *p, struct jinja_node *node)
{
	while (!p->why) {
		if (parser_at(p, "."))
			node = parse_attribute(p, node);
		else if (parser_at(p, "["))
			node = parse_subscript(p, node);
		else if (parser_at(p, "("))
			node = parse_call(p, node);
		else
			break;
	}
	return node;
}

/* "name" or "package.name" */
static struct bytes parse_dotted(struct parser *p)
{
	struct bytes name = parser_expect_name(p);
	struct text t;

	if (!parser_at(p, "."))
		return name;
	text_init(&t, p->arena);
	text_add(&t, name);
	while (!p->why && parser_skip(p, ".")) {
		text_add_byte(&t, '.');
		text_add(&t, parser_expect_name(p));
	}
	return text_bytes(&t);
}

struct jinja_node *parse_filters(struct parser *p, struct jinja_node *base, bool inline_first)
{
	while (!p->why && (inline_first || parser_skip(p, "|"))) {
		struct jinja_node *node = wrap(p, JINJA_FILTER, base);
		inline_first = false;
		node->text = parse_dotted(p);
		if (parser_at(p, "("))
			parse_arguments(p, node);
		base = node_done(p, node);
	}
	return base;
}

static struct jinja_node *parse_primary(struct parser *p);

/* "x is divisibleby 3": one argument may stand without brackets. */
static bool has_bare_argument(const struct parser *p)
{
	const struct token *t = parser_token(p);

	if (t->kind == TOKEN_NAME)
		return !token_is_word(p, t, "else") && !token_is_word(p, t, "or") && !token_is_word(p, t, "and");
	return t->kind == TOKEN_STRING || t->kind == TOKEN_INTEGER || t->kind == TOKEN_FLOAT || token_is(t, "[") || token_is(t, "{");
}

static struct jinja_node *parse_test(struct parser *p, struct jinja_node *base)
{
	struct jinja_node *node = node_new(p, JINJA_TEST, base->at), *negated = NULL;

	parser_take(p);
	if (parser_skip_word(p, "not"))
		negated = node_new(p, JINJA_NOT, base->at);
	node_add(node, base);
	node->text = parse_dotted(p);
	if (parser_at(p, "(")) {
		parse_arguments(p, node);
	} else if (has_bare_argument(p)) {
		if (parser_at_word(p, "is"))
			parser_fail(p, parser_token(p)->at, "chains tests");
		node_add(node, parse_postfix(p, parse_primary(p)));
	}
	node_done(p, node);
	if (!negated)
		return node;
	node_add(negated, node);
	return node_done(p, negated);
}

static struct jinja_node *parse_filter_expression(struct parser *p, struct jinja_node *node)
{
	while (!p->why) {
		if (parser_at(p, "|"))
			node = parse_filters(p, node, false);
		else if (parser_at_word(p, "is"))
			node = parse_test(p, node);
		else if (parser_at(p, "("))
			node = parse_call(p, node);
		else
			break;
	}
	return node;
}

/* ---- what stands alone ---- */

static struct jinja_node *parse_list(struct parser *p)
{
	struct jinja_node *node = node_new(p, JINJA_LIST, parser_take(p)->at);

	while (!p->why && !parser_at(p, "]")) {
		node_add(node, parse_expression(p));
		if (!parser_at(p, "]"))
			parser_expect(p, ",", "has a list without a comma or bracket where one belongs");
	}
	parser_expect(p, "]", "has a list that is not closed");
	return node_done(p, node);
}

static struct jinja_node *parse_dict(struct parser *p)
{
	struct jinja_node *node = node_new(p, JINJA_DICT, parser_take(p)->at);

	while (!p->why && !parser_at(p, "}")) {
		node_add(node, parse_expression(p));
		parser_expect(p, ":", "has a dictionary without a colon where one belongs");
		node_add(node, parse_expression(p));
		if (!parser_at(p, "}"))
			parser_expect(p, ",", "has a dictionary without a comma or bracket where one belongs");
	}
	parser_expect(p, "}", "has a dictionary that is not closed");
	return node_done(p, node);
}

/* Strings that follow each other are one. */
static struct jinja_node *parse_strings(struct parser *p)
{
	struct jinja_node *node = node_new(p, JINJA_STRING, parser_token(p)->at);
	struct text t;

	parse_literal(p, parser_take(p), node);
	if (parser_token(p)->kind != TOKEN_STRING)
		return node_done(p, node);
	text_init(&t, p->arena);
	text_add(&t, node->text);
	while (parser_token(p)->kind == TOKEN_STRING) {
		parse_literal(p, parser_take(p), node);
		text_add(&t, node->text);
	}
	node->text = text_bytes(&t);
	return node_done(p, node);
}

static struct jinja_node *parse_name(struct parser *p)
{
	struct jinja_node *node = node_new(p, JINJA_NAME, parser_token(p)->at);
	struct bytes name = token_text(p, parser_take(p));

	node->text = name;
	node->truth = bytes_same(name, "true") || bytes_same(name, "True");
	if (node->truth || bytes_same(name, "false") || bytes_same(name, "False"))
		node->kind = JINJA_BOOL;
	else if (bytes_same(name, "none") || bytes_same(name, "None"))
		node->kind = JINJA_NONE;
	return node_done(p, node);
}

/* A tuple in brackets may be empty, another one may not. */
static struct jinja_node *parse_items(struct parser *p, struct jinja_node *(*parse)(struct parser *), bool may_be_empty)
{
	struct jinja_node *tuple = node_new(p, JINJA_TUPLE, parser_token(p)->at);
	bool comma = false;

	while (!p->why) {
		const struct token *t = parser_token(p);
		if (t->kind == TOKEN_OUTPUT_END || t->kind == TOKEN_TAG_END || token_is(t, ")"))
			break;
		node_add(tuple, parse(p));
		if (!parser_skip(p, ","))
			break;
		comma = true;
	}
	if (!comma && tuple->first)
		return tuple->first;
	if (!comma && !may_be_empty)
		parser_fail(p, parser_token(p)->at, "lacks an expression where one belongs");
	return node_done(p, tuple);
}

static struct jinja_node *parse_primary(struct parser *p)
{
	const struct token *t = parser_token(p);
	struct jinja_node *node;

	if (t->kind == TOKEN_NAME)
		return parse_name(p);
	if (t->kind == TOKEN_STRING)
		return parse_strings(p);
	if (t->kind == TOKEN_INTEGER || t->kind == TOKEN_FLOAT) {
		node = node_new(p, JINJA_INTEGER, t->at);
		parse_literal(p, parser_take(p), node);
		return node_done(p, node);
	}
	if (parser_skip(p, "(")) {
		node = parse_items(p, parse_expression, true);
		parser_expect(p, ")", "has a bracket that is not closed");
		node->at = t->at;
		return node_done(p, node);
	}
	if (parser_at(p, "["))
		return parse_list(p);
	if (parser_at(p, "{"))
		return parse_dict(p);
	parser_fail(p, t->at, "has something that no expression begins with");
	return node_nothing(p);
}

/* ---- operators, from the tightest to the loosest ---- */

static struct jinja_node *parse_unary(struct parser *p, bool with_filter)
{
	const struct token *t = parser_token(p);
	struct jinja_node *node;

	if (!parser_enter(p)) {
		parser_leave(p);
		return node_nothing(p);
	}
	if (token_is(t, "-") || token_is(t, "+")) {
		node = node_new(p, token_is(t, "-") ? JINJA_NEGATE : JINJA_POSITIVE, t->at);
		parser_take(p);
		node_add(node, parse_unary(p, false));
		node_done(p, node);
	} else {
		node = parse_primary(p);
	}
	node = parse_postfix(p, node);
	if (with_filter)
		node = parse_filter_expression(p, node);
	parser_leave(p);
	return node;
}

struct operator {
	const char *op;
	enum jinja_kind kind;
};

static struct jinja_node *parse_binary(struct parser *p, const struct operator *operators, struct jinja_node *(*parse)(struct parser *))
{
	struct jinja_node *left = parse(p);

	while (!p->why) {
		const struct operator *o = operators;
		while (o->op && !parser_at(p, o->op))
			o++;
		if (!o->op)
			break;
		struct jinja_node *node = node_new(p, o->kind, left->at);
		parser_take(p);
		node_add(node, left);
		node_add(node, parse(p));
		left = node_done(p, node);
	}
	return left;
}

static struct jinja_node *parse_whole_unary(struct parser *p)
{
	return parse_unary(p, true);
}

static struct jinja_node *parse_power(struct parser *p)
{
	static const struct operator operators[] = {{"**", JINJA_POWER}, {NULL, 0}};

	return parse_binary(p, operators, parse_whole_unary);
}

static struct jinja_node *parse_product(struct parser *p)
{
	static const struct operator operators[] = {
		{"*", JINJA_MULTIPLY}, {"/", JINJA_DIVIDE}, {"//", JINJA_FLOOR_DIVIDE}, {"%", JINJA_REMAINDER}, {NULL, 0},
	};

	return parse_binary(p, operators, parse_power);
}

static struct jinja_node *parse_concat(struct parser *p)
{
	struct jinja_node *first = parse_product(p), *node;

	if (!parser_at(p, "~"))
		return first;
	node = node_new(p, JINJA_CONCAT, first->at);
	node_add(node, first);
	while (!p->why && parser_skip(p, "~"))
		node_add(node, parse_product(p));
	return node_done(p, node);
}

static struct jinja_node *parse_sum(struct parser *p)
{
	static const struct operator operators[] = {{"+", JINJA_ADD}, {"-", JINJA_SUBTRACT}, {NULL, 0}};

	return parse_binary(p, operators, parse_concat);
}

/* The comparison that stands here, taken; or NULL. */
static const char *take_comparison(struct parser *p)
{
	static const char *const operators[] = {"==", "!=", "<=", ">=", "<", ">"};

	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
		if (parser_skip(p, operators[i]))
			return operators[i];
	if (parser_skip_word(p, "in"))
		return "in";
	if (!parser_at_word(p, "not") || !token_is_word(p, parser_next_token(p), "in"))
		return NULL;
	parser_take(p);
	parser_take(p);
	return "not in";
}

static struct jinja_node *parse_comparison(struct parser *p)
{
	struct jinja_node *first = parse_sum(p), *node = NULL;
	const char *op;

	while (!p->why && (op = take_comparison(p))) {
		if (!node) {
			node = node_new(p, JINJA_COMPARE, first->at);
			node_add(node, first);
		}
		struct jinja_node *operand = node_add(node, node_new(p, JINJA_OPERAND, parser_token(p)->at));
		operand->text = bytes_of(op);
		node_add(operand, parse_sum(p));
		node_done(p, operand);
	}
	return node ? node_done(p, node) : first;
}

static struct jinja_node *parse_not(struct parser *p)
{
	if (!parser_at_word(p, "not"))
		return parse_comparison(p);
	struct jinja_node *node = node_new(p, JINJA_NOT, parser_take(p)->at);
	node_add(node, parser_enter(p) ? parse_not(p) : node_nothing(p));
	parser_leave(p);
	return node_done(p, node);
}

static struct jinja_node *parse_words(struct parser *p, const char *word, enum jinja_kind kind, struct jinja_node *(*parse)(struct parser *))
{
	struct jinja_node *left = parse(p);

	while (!p->why && parser_skip_word(p, word)) {
		struct jinja_node *node = node_new(p, kind, left->at);
		node_add(node, left);
		node_add(node, parse(p));
		left = node_done(p, node);
	}
	return left;
}

static struct jinja_node *parse_and(struct parser *p)
{
	return parse_words(p, "and", JINJA_AND, parse_not);
}

static struct jinja_node *parse_or(struct parser *p)
{
	return parse_words(p, "or", JINJA_OR, parse_and);
}

struct jinja_node *parse_expression(struct parser *p)
{
	struct jinja_node *left;

	if (!parser_enter(p)) {
		parser_leave(p);
		return node_nothing(p);
	}
	left = parse_or(p);
	while (!p->why && parser_skip_word(p, "if")) {
		struct jinja_node *node = node_new(p, JINJA_CHOICE, left->at);
		node_add(node, parse_or(p));
		node_add(node, left);
		node_add(node, parser_skip_word(p, "else") ? parse_expression(p) : node_nothing(p));
		left = node_done(p, node);
	}
	parser_leave(p);
	return left;
}

static struct jinja_node *parse_without_choice(struct parser *p)
{
	struct jinja_node *node = parser_enter(p) ? parse_or(p) : node_nothing(p);

	parser_leave(p);
	return node;
}

struct jinja_node *parse_tuple(struct parser *p, bool with_choice)
{
	return parse_items(p, with_choice ? parse_expression : parse_without_choice, false);
}

/* ---- what may be assigned to ---- */

static bool can_be_assigned(const struct jinja_node *node)
{
	if (node->kind == JINJA_TUPLE)
		jinja_each(node, it)
			if (!can_be_assigned(it))
				return false;
	return node->kind == JINJA_NAME || node->kind == JINJA_MEMBER || node->kind == JINJA_TUPLE;
}

static struct jinja_node *parse_member_or_primary(struct parser *p)
{
	struct jinja_node *name = parse_primary(p);

	if (name->kind != JINJA_NAME || !parser_at(p, "."))
		return name;
	struct jinja_node *node = node_new(p, JINJA_MEMBER, name->at);
	parser_take(p);
	node_add(node, name);
	node->text = parser_expect_name(p);
	return node_done(p, node);
}

struct jinja_node *parse_target(struct parser *p, bool with_member)
{
	uint32_t at = parser_token(p)->at;
	struct jinja_node *node = parse_items(p, with_member ? parse_member_or_primary : parse_primary, false);

	if (!p->why && !can_be_assigned(node))
		parser_fail(p, at, "assigns to something that is no name");
	return node;
}
