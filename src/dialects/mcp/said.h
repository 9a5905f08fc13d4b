#ifndef DIALECTS_MCP_SAID_H
#define DIALECTS_MCP_SAID_H

#include "dialects/mcp/message.h"

/* The texts of parameters and results, told by the shape that all revisions share. */
struct voice {
	enum channel channel;       /* of what has no other */
	unsigned trust;
	unsigned number;            /* of the message in its answer: threads bear it */
	bool follows;               /* clients fetch the addresses in it, or show them for a person to follow */
};

/* Everything in a result, or in what a server asks or tells: parts of content, definitions, structured content, anything else. */
void mcp_read_said(struct exchange *x, const struct json *object, struct voice voice);

/* What a client asks, or tells. */
void mcp_read_parameters(struct exchange *x, const struct message *m);
/* What a client answers to a server. */
void mcp_read_reply(struct exchange *x, const struct json *result);

#endif
