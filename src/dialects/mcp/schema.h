#ifndef DIALECTS_MCP_SCHEMA_H
#define DIALECTS_MCP_SCHEMA_H

#include "syntax/json.h"
#include "types/exchange.h"

/*
 * Does a tool's schema ask for headers as MCP 2026-07-28 allows it?  What stands
 * in "x-mcp-header" has to be a token, unlike the others in more than the case
 * of its letters, on a string, integer or boolean that only "properties" lead
 * to.  A client drops a tool that asks otherwise; one that does not would send
 * what two readers take differently.
 */
bool mcp_schema_is_sound(struct arena *arena, const struct json *schema);
/* The same, and which argument each header means, put before `claims`. */
bool mcp_schema_claims(struct arena *arena, const struct json *schema, struct bytes tool, struct claim **claims);
/* The path of a member below that of its object. */
struct bytes mcp_path(struct arena *arena, struct bytes above, struct bytes key);
/* A header's name as claims have it. */
struct bytes mcp_folded(struct arena *arena, struct bytes name);

#endif
