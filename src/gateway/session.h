#ifndef GATEWAY_SESSION_H
#define GATEWAY_SESSION_H

#include "gateway/connection.h"
#include "gateway/door.h"

/* A caller's connection of HTTP/1.1: request after request, one at a time. Takes the descriptor and `ssl`. */
void session_open(struct door *door, int fd, SSL *ssl);

#endif
