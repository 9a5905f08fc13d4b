#ifndef GATEWAY_UPSTREAM_H
#define GATEWAY_UPSTREAM_H

#include <netdb.h>

#include "gateway/connection.h"
#include "gateway/http.h"

/* Where requests go: one server, spoken to over connections that are kept for the next request. */
struct upstream {
	char *name, *host, *port, *base;        /* base: a path in front of every other, without a slash at its end */
	char *authorization;        /* value of the header, or NULL; wiped at the end */
	bool tls;
	SSL_CTX *context;
	struct addrinfo *addresses;
	struct loop *loop;
	struct link *idle;
	unsigned idle_count;
};

/* One connection to it, lent for one exchange at a time. */
struct link {
	struct connection connection;
	struct upstream *upstream;
	struct http_reader answer;
	bool reused, keep;
	struct timer idle;
	struct link *next;

	void *owner;
	void (*input)(struct link *, struct bytes);
	void (*gone)(struct link *, const char *why);
};

/* "http://host:port/base"; NULL when it is fine, else why not. Looks the name up. */
const char *upstream_init(struct upstream *, const char *name, const char *url);
void upstream_finish(struct upstream *);
void upstream_begin(struct upstream *, struct loop *);

/* NULL when no connection can be made; what comes of it is told by link->gone. */
struct link *upstream_lend(struct upstream *);
/* Back for the next one, when its answer was read to its end; else it is closed. */
void upstream_give_back(struct link *, bool whole);

#endif
