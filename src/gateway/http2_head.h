#ifndef GATEWAY_HTTP2_HEAD_H
#define GATEWAY_HTTP2_HEAD_H

#include "gateway/http.h"

/*
 * The head of a request of HTTP/2, as a reader of HTTP/1.1 would hand it over.
 * On entry `head` has the lengths of names and values alone, which follow each
 * other in `raw`, as nghttp2 let them through; then it borrows from there.
 * NULL when it is fine, else a clause that completes "the request ...".
 */
const char *http2_read_head(struct http_head *head, struct bytes raw);

#endif
