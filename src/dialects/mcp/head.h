#ifndef DIALECTS_MCP_HEAD_H
#define DIALECTS_MCP_HEAD_H

#include "dialects/mcp/message.h"

/*
 * The fields of a request's head that say again what its body says.  Whoever
 * trusts them and whoever trusts the body must come to the same, so a request
 * whose head and body differ is not let through (-32020, HeaderMismatch).
 */
struct head {
	const struct heading *heading;
	struct bytes revision;      /* MCP-Protocol-Version; empty: not said */
	struct bytes method, name;
	bool has_params;            /* an Mcp-Param-* is there */
	bool modern;                /* the revision without sessions */
};

struct head mcp_read_head(const struct heading *heading);
/* Can it be understood by itself? Else the exchange says why not. */
bool mcp_check_head(struct exchange *x, struct head *head);

/* Does the body's only message say the same? */
void mcp_check_agreement(struct exchange *x, const struct head *head, const struct message *m);
/* No message in an array can be the one that the head speaks of. */
void mcp_check_array(struct exchange *x, const struct head *head, const struct message *m);

/* Pieces from `from` on that the head repeats cannot be rewritten in the body alone. */
void mcp_mark_repeated(struct exchange *x, const struct head *head, struct piece *from);

#endif
