#ifndef DIALECTS_MCP_MESSAGE_H
#define DIALECTS_MCP_MESSAGE_H

#include "dialects/reading.h"

/* JSON-RPC 2.0 as MCP has it: one message, or several in an array where the revision allows it. */

enum message_kind { MESSAGE_REQUEST, MESSAGE_NOTIFICATION, MESSAGE_RESPONSE };

struct message {
	enum message_kind kind;
	const struct json *whole, *id, *params, *result, *error;
	struct bytes method;
};

/* What the methods mean to a reader. */
struct operation {
	const char *method;
	enum word named_by;         /* the parameter that Mcp-Name repeats; or WORD_NONE */
	enum channel asks;          /* what its parameters are */
	unsigned trust;
	enum channel brings;        /* what its result is */
};

enum { MESSAGES_MOST = 64 };    /* in one array */

#define MCP_MODERN "2026-07-28"

/* Why it could not be understood, with the code of JSON-RPC or MCP that says so. The first reason stays. */
void mcp_fail(struct exchange *x, const char *code, const char *why);

/* The body as JSON, or NULL: the exchange then says why. An array only where `arrays`. */
const struct json *mcp_parse(struct exchange *x, struct bytes body, bool arrays);

/* False when it is none: the exchange then says why. */
bool mcp_read_message(struct exchange *x, const struct json *value, struct message *out);

struct operation mcp_operation(struct bytes method);

/* May messages of that revision stand in an array? */
bool mcp_has_arrays(struct bytes revision);

/* How many answers a request waits for, and the position of the one that `id` belongs to among them; -1: nobody asked for it. */
unsigned mcp_count_asked(struct exchange *x, const struct exchange *asked);
int mcp_find_asked(struct exchange *x, const struct exchange *asked, const struct json *id);

/* A name that MCP allows to tools. */
bool mcp_is_tool_name(struct bytes name);

#endif
