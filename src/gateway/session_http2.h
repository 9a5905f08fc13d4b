#ifndef GATEWAY_SESSION_HTTP2_H
#define GATEWAY_SESSION_HTTP2_H

#include "gateway/connection.h"
#include "gateway/door.h"

/*
 * A caller's connection of HTTP/2 (RFC 9113), by nghttp2: many requests at
 * once, each a turn of its own that sees what it would see of HTTP/1.1.
 * Takes the descriptor and `ssl`, whose handshake is over.
 *
 * What costs more to serve than to send is counted: streams that are reset,
 * frames that ask for an answer, headers that unfold to more than is read.
 * Who has used up what is allowed is told ENHANCE_YOUR_CALM, and goes.
 */
void session_http2_open(struct door *door, int fd, SSL *ssl);

#endif
