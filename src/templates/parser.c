/* What the parts of the parser share: tokens taken one by one, and nodes. */
#include "templates/inside.h"

/* ---- tokens ---- */

const struct token *parser_token(const struct parser *p)
{
	return &p->tokens[p->pos];
}

const struct token *parser_next_token(const struct parser *p)
{
	return &p->tokens[p->pos + 1 < p->count ? p->pos + 1 : p->pos];
}

const struct token *parser_take(struct parser *p)
{
	const struct token *t = &p->tokens[p->pos];

	if (p->pos + 1 < p->count)
		p->pos++;
	return t;
}

struct bytes token_text(const struct parser *p, const struct token *t)
{
	return bytes_slice(p->text, t->at, t->end - t->at);
}

bool token_is(const struct token *t, const char *op)
{
	return t->kind == TOKEN_OPERATOR && t->op[0] == op[0] && t->op[1] == op[1];
}

bool token_is_word(const struct parser *p, const struct token *t, const char *word)
{
	return t->kind == TOKEN_NAME && bytes_same(token_text(p, t), word);
}

bool parser_at(const struct parser *p, const char *op)
{
	return token_is(parser_token(p), op);
}

bool parser_at_word(const struct parser *p, const char *word)
{
	return token_is_word(p, parser_token(p), word);
}

bool parser_skip(struct parser *p, const char *op)
{
	bool there = parser_at(p, op);

	if (there)
		parser_take(p);
	return there;
}

bool parser_skip_word(struct parser *p, const char *word)
{
	bool there = parser_at_word(p, word);

	if (there)
		parser_take(p);
	return there;
}

void parser_expect(struct parser *p, const char *op, const char *why)
{
	if (!parser_skip(p, op))
		parser_fail(p, parser_token(p)->at, why);
}

void parser_expect_word(struct parser *p, const char *word, const char *why)
{
	if (!parser_skip_word(p, word))
		parser_fail(p, parser_token(p)->at, why);
}

struct bytes parser_expect_name(struct parser *p)
{
	const struct token *t = parser_token(p);

	if (t->kind != TOKEN_NAME) {
		parser_fail(p, t->at, "lacks a name where one belongs");
		return BYTES("");
	}
	return token_text(p, parser_take(p));
}

bool parser_enter(struct parser *p)
{
	enum { A_BRACKET = 2 };         /* each enters twice */

	if (p->depth++ < A_BRACKET * JINJA_DEPTH_MOST)
		return true;
	parser_fail(p, parser_token(p)->at, "is nested too deep");
	return false;
}

void parser_leave(struct parser *p)
{
	p->depth--;
}

/* ---- nodes ---- */

struct jinja_node *node_new(struct parser *p, enum jinja_kind kind, uint32_t at)
{
	struct jinja_node *node = arena_new(p->arena, struct jinja_node);

	node->kind = (uint8_t)kind;
	node->at = node->end = at;
	return node;
}

struct jinja_node *node_add(struct jinja_node *parent, struct jinja_node *child)
{
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
	return child;
}

struct jinja_node *node_done(struct parser *p, struct jinja_node *node)
{
	node->end = p->pos > 0 ? p->tokens[p->pos - 1].end : node->at;
	return node;
}

struct jinja_node *node_nothing(struct parser *p)
{
	return node_new(p, JINJA_NOTHING, parser_token(p)->at);
}

struct jinja_node *jinja_child(const struct jinja_node *node, unsigned index)
{
	struct jinja_node *it = node->first;

	while (it && index-- > 0)
		it = it->next;
	return it;
}
