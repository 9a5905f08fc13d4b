#ifndef GATEWAY_SERVER_H
#define GATEWAY_SERVER_H

#include "gateway/addresses.h"
#include "gateway/connection.h"
#include "gateway/http.h"

/* One server of an upstream, spoken to over connections that are kept for the next request. */
struct server {
	struct upstream *upstream;
	char *url, *host, *port, *base;         /* base: a path in front of every other, without a slash at its end */
	bool tls;
	struct addresses addresses;
	size_t address;             /* that is tried first: another one after a failure */
	struct published *published;    /* what the name was looked up to last; NULL: it is an address */
	unsigned generation;        /* of that, taken up */
	unsigned weight;
	int current;                /* of the smooth weighted round: the highest is next */
	unsigned failures;          /* one after the other */
	bool answers;               /* the last of them was an answer: it is there */
	int64_t shut_until_ms;      /* monotonic; 0: open */
	struct health *health;      /* the same, for all processes */
	bool told_shut;             /* in the log, by the supervisor */
	struct link *idle;
	unsigned idle_count;
	struct trunk *trunks;       /* connections of HTTP/2 */
	bool speaks_http1;          /* it was found to, where that is tried out */
};

/* A request as a server is to get it. */
struct server_request {
	struct bytes method, target;            /* the base is added */
	const struct http_field *fields;
	size_t field_count;
	struct bytes body;
};

/*
 * One request's way to a server and its answer's way back.  Told to its owner,
 * who may give it back at any time: then it hears nothing more.
 */
struct link {
	struct server *server;
	bool reused;                /* the connection served another request before */
	bool reached;               /* something may have been read by the server */
	bool told;                  /* that the server failed: by another link over the same connection */
	struct link *next;          /* of those that wait */
	void *owner;
	void (*head)(struct link *, const struct http_head *);  /* interim answers are not told */
	void (*body)(struct link *, struct bytes);
	void (*over)(struct link *);
	void (*gone)(struct link *, const char *why);           /* before it was over: `why` completes "the connection ..." */

	/* of the version of HTTP */
	void (*send)(struct link *, const struct server_request *);
	void (*pause)(struct link *, bool paused);
	void (*give_back)(struct link *);       /* after `over` for the next one, else it is closed */
};

const char *server_init(struct server *s, struct upstream *u, const char *url, unsigned weight);
void server_finish(struct server *s);

/* Looks its name up again; what is found is there for all processes, and what was found before stays when nothing is. May wait. */
void server_resolve(struct server *s);
/* Takes up what was found: new connections go there. */
void server_take_up(struct server *s);

/* NULL when no connection can be made. */
struct link *server_lend(struct server *s);

/* For the files that speak a version of HTTP: a connection that is being made, or -1; TLS for it; "host:port". */
int server_dial(struct server *s);
SSL *server_make_ssl(const struct server *s);
void server_add_authority(const struct server *s, struct text *out);

/* Connections that wait are closed: one of them turned out to be dead. */
void server_forget(struct server *s);

/* It was not reached, or said nothing. */
void server_failed(struct server *s);
/* It broke off: behind the head of an answer of that status, it is there all the same; 0: before one. */
void server_broke_off(struct server *s, unsigned status);
/* With a status of 500 or more it failed too. */
void server_answered(struct server *s, unsigned status);

#endif
