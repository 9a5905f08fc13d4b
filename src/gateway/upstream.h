#ifndef GATEWAY_UPSTREAM_H
#define GATEWAY_UPSTREAM_H

#include "gateway/server.h"
#include "terms/terms.h"

/* HTTP2: of TLS it is demanded, without it it is taken for granted. AUTO: as TLS agrees; without it HTTP/1.1. */
enum upstream_protocol { UPSTREAM_HTTP1, UPSTREAM_HTTP2, UPSTREAM_AUTO };

/*
 * Where requests go: servers that are as good as one another, by weight.  One
 * that fails again and again is left alone for a while, then tried with one
 * request.  If it still answers, it is asked where there is no other: else who
 * can have a model answer 500 could shut it for everybody.
 */
struct upstream {
	char *name;
	struct server *servers;
	size_t server_count;
	enum upstream_protocol protocol;
	char *key_header, *key;     /* what the servers want to see; the key is wiped at the end; or NULL */
	char *authorities;          /* PEM file of those whose certificates count; NULL: those of the system */
	char *certificate, *private_key;        /* PEM files, where the servers want to know who comes; or NULL */
	int64_t certificate_ends_s; /* since 1970 */
	const struct terms *terms;  /* what its provider agreed to; NULL: nothing is known */
	bool own;                   /* run by ourselves: no agreement is needed */
	unsigned failures_most;     /* one after the other, before a server is left alone */
	int64_t pause_ms;           /* for so long */
	int64_t connect_ms, answer_ms, silence_ms;      /* to a connection; to the head of an answer; between two parts of it */
	SSL_CTX *context;
	struct loop *loop;
	uint64_t *holding;          /* the sum that its connections are part of */
};

void upstream_init(struct upstream *u, const char *name);
void upstream_finish(struct upstream *u);

/* "http://host:port/base", the name looked up. NULL when it is fine, else why not. */
const char *upstream_add_server(struct upstream *u, const char *url, unsigned weight);
/* The key is in a file; `header` is "authorization" (then after "Bearer ") or another. */
const char *upstream_read_key(struct upstream *u, const char *header, const char *path);

/* Could a worker begin with it? A configuration with which none can is not taken. NULL when it is fine, else why not. */
const char *upstream_check(const struct upstream *u);
/* In the worker that will use it; what its connections hold is added to `holding`. NULL when it is fine, else why not. */
const char *upstream_begin(struct upstream *u, struct loop *loop, uint64_t *holding);

/* Its servers may be elsewhere by now. */
void upstream_take_up(struct upstream *u);

/*
 * A connection to the server whose turn it is; NULL when none can be asked.
 * `anyway`: one of those that are left alone, if it only answered that it failed.
 * What comes of it is told to the link's owner.
 */
struct link *upstream_lend(struct upstream *u, bool anyway);
/* The same, where one server alone can answer. */
struct link *upstream_lend_of(struct server *s, bool anyway);

#endif
