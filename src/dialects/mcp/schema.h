#ifndef DIALECTS_MCP_SCHEMA_H
#define DIALECTS_MCP_SCHEMA_H

#include "syntax/json.h"

/*
 * Does a tool's schema ask for headers as MCP 2026-07-28 allows it?  What stands
 * in "x-mcp-header" has to be a token, unlike the others in more than the case
 * of its letters, on a string, integer or boolean that only "properties" lead
 * to.  A client drops a tool that asks otherwise; one that does not would send
 * what two readers take differently.
 */
bool mcp_schema_is_sound(struct arena *arena, const struct json *schema);

#endif
