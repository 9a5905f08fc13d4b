#ifndef GATEWAY_TURN_H
#define GATEWAY_TURN_H

#include "gateway/framing.h"
#include "gateway/session.h"

/* One exchange: from the head of a request to the last byte of its answer, and its record. */
struct turn {
	struct door *door;
	struct session *session;
	struct arena arena;         /* of the request; as long as the exchange */
	struct arena event;         /* of one event or answer */
	unsigned char id[EXCHANGE_ID], salt[SALT];

	const struct dialect *dialect;
	const struct dialect_route *route;
	const struct key *caller;
	const struct http_head *head;       /* of the request; lasts as long as the turn */
	struct bytes method, target;
	struct text to_send;        /* the request as the upstream gets it */
	struct text body;
	struct exchange request, answer;        /* answer: what its events and body came to */
	uint64_t tools_called;

	struct link *link;
	struct timer patience;
	unsigned retries;
	unsigned status;            /* of the upstream's answer; 0 before */
	bool streams, head_sent, recorded;
	struct framing framing;
	struct text held;           /* the answer when it is no stream */
	struct hasher answer_hash;
	uint64_t answer_bytes, events;
	int64_t begun_at_ms, begun_ms, first_ms, ended_ms;      /* begun_at: since 1970; the others monotonic */
};

/* NULL when it may begin; else the status and why it is refused. */
struct refusal {
	unsigned status;
	const char *code, *message;
};

struct turn *turn_begin(struct session *, struct door *, const struct http_head *head, struct refusal *refusal);
/* False when the body has become longer than any that is read. */
bool turn_add_body(struct turn *, struct bytes);
/* The request is whole. */
void turn_go(struct turn *);
void turn_refuse(struct turn *, const struct refusal *);
/* The client has gone, or the gateway has to stop. */
void turn_abandon(struct turn *, const char *outcome, const char *why);
void turn_pause(struct turn *, bool paused);
void turn_free(struct turn *);

/* ---- told by a turn to its session ---- */

void session_send(struct session *, struct bytes);
/* The answer is complete; `keep`: the client may send another request. */
void session_turn_is_over(struct session *, bool keep);
bool session_is_slow(const struct session *);

#endif
