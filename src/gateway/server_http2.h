#ifndef GATEWAY_SERVER_HTTP2_H
#define GATEWAY_SERVER_HTTP2_H

#include "gateway/server.h"

/*
 * HTTP/2 towards a server: links that share connections.  A server that says
 * of a request that it did not look at it (REFUSED_STREAM, or GOAWAY with an
 * earlier one) was not reached: it can be asked again, over another connection.
 */
/* Connections that are there take no more requests. */
void server_http2_forget(struct server *server);
struct link *server_http2_lend(struct server *s);
void server_http2_finish(struct server *s);

#endif
