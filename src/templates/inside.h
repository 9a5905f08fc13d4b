#ifndef TEMPLATES_INSIDE_H
#define TEMPLATES_INSIDE_H

#include "templates/jinja.h"

/* For the files of the parser alone. */

enum token_kind {
	TOKEN_END, TOKEN_TEXT, TOKEN_OUTPUT_BEGIN, TOKEN_OUTPUT_END, TOKEN_TAG_BEGIN, TOKEN_TAG_END,
	TOKEN_NAME, TOKEN_STRING, TOKEN_INTEGER, TOKEN_FLOAT, TOKEN_OPERATOR,
};

struct token {
	uint8_t kind;               /* enum token_kind */
	char op[2];                 /* of operators; the second is 0 when there is only one */
	uint32_t at, end;
};

/* The first failure sticks, and from then on every token is the end: loops need not ask. */
struct parser {
	struct arena *arena;
	struct bytes text;
	struct token *tokens;
	size_t count, room, pos;
	unsigned depth;
	const char *why;
	uint32_t why_at;
};

void parser_fail(struct parser *p, uint32_t at, const char *why);
void parser_lex(struct parser *p);

/* Length of the white space character at the start of `b`, as Python sees it; or 0. */
size_t jinja_space(struct bytes b);

const struct token *parser_token(const struct parser *p);
const struct token *parser_next_token(const struct parser *p);
const struct token *parser_take(struct parser *p);
struct bytes token_text(const struct parser *p, const struct token *t);
bool token_is(const struct token *t, const char *op);
bool token_is_word(const struct parser *p, const struct token *t, const char *word);
bool parser_at(const struct parser *p, const char *op);
bool parser_at_word(const struct parser *p, const char *word);
bool parser_skip(struct parser *p, const char *op);
bool parser_skip_word(struct parser *p, const char *word);
void parser_expect(struct parser *p, const char *op, const char *why);
void parser_expect_word(struct parser *p, const char *word, const char *why);
struct bytes parser_expect_name(struct parser *p);

/* False past the depth limit; pair it with parser_leave(). */
bool parser_enter(struct parser *p);
void parser_leave(struct parser *p);

struct jinja_node *node_new(struct parser *p, enum jinja_kind kind, uint32_t at);
struct jinja_node *node_add(struct jinja_node *parent, struct jinja_node *child);
/* Ends where the last token taken ends. */
struct jinja_node *node_done(struct parser *p, struct jinja_node *node);
struct jinja_node *node_nothing(struct parser *p);

/* "a, b" is a tuple; a choice is "a if b else c". */
struct jinja_node *parse_tuple(struct parser *p, bool with_choice);
struct jinja_node *parse_expression(struct parser *p);
/* What may be assigned to; a member is "name.attribute". */
struct jinja_node *parse_target(struct parser *p, bool with_member);
struct jinja_node *parse_filters(struct parser *p, struct jinja_node *base, bool inline_first);
void parse_literal(struct parser *p, const struct token *t, struct jinja_node *node);

#endif
