#ifndef GATEWAY_MCP_SESSIONS_H
#define GATEWAY_MCP_SESSIONS_H

#include "gateway/config.h"

/*
 * Sessions that servers of MCP keep.  All callers come to a server with the
 * gateway's own key, so it cannot tell whose a session is, and of several
 * servers one alone knows it.  Its callers therefore get another name of it:
 * the server's own, and behind a "." a code (HMAC-SHA-256, 32 hexadecimal
 * digits) over that, the server and the caller.  Nothing is kept of a session;
 * the key of the codes lies in DIR/sessions.
 */
enum { MCP_SESSIONS_KEY = 32 };

/* Reads the key, or makes one. False with errno set. */
bool mcp_sessions_open(const char *directory, unsigned char key[MCP_SESSIONS_KEY]);

/* What this caller is to call it. */
struct bytes mcp_session_name(const unsigned char key[MCP_SESSIONS_KEY], struct arena *arena, const struct server *server, struct bytes caller, struct bytes own);

/* The server of the route that keeps it, and what that calls it; NULL when it is none of this caller's. */
struct server *mcp_session_find(const unsigned char key[MCP_SESSIONS_KEY], const struct route *route, struct bytes caller, struct bytes name, struct bytes *own);

#endif
