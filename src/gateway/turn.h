#ifndef GATEWAY_TURN_H
#define GATEWAY_TURN_H

#include "gateway/account.h"
#include "gateway/door.h"
#include "gateway/framing.h"
#include "gateway/reply.h"
#include "inspector/inspector.h"

/* One exchange: from the head of a request to the last byte of its answer, and its record. */
struct turn {
	struct door *door;
	struct reply *reply;
	struct arena arena;         /* of the request; as long as the exchange */
	struct arena event;         /* of one event or answer */
	unsigned char id[EXCHANGE_ID], salt[SALT];
	char id_text[2 * EXCHANGE_ID + 1];
	int place;                  /* in the journal; -1: it has not begun */

	const struct http_head *head;       /* of the request; lasts as long as the turn */
	struct bytes method, target;        /* the target without the prefix of its route */
	struct route *route;
	const struct dialect *dialect;
	const struct dialect_route *of_dialect;
	const struct caller *caller;        /* NULL: nobody known */
	const char *why_nobody;
	struct text body;           /* as it came */
	struct account account;
	struct text asked;          /* what the evidence says of it: who asked, and from `asked_by` on, for what */
	size_t asked_by;
	struct bytes to_ask;        /* as it goes on */
	struct terms_needs needs;   /* of the route, and of the data as it is tagged */
	char why_terms[300];        /* an upstream may not have it; empty: all so far may */
	struct reservation reservation;
	unsigned retry_s;           /* when a caller who is refused may come again; 0: not said */
	uint64_t input_estimate;    /* tokens */
	struct circumstances circumstances;
	struct inspection *inspection;      /* NULL: none, the body is not examined */
	struct hold *holds;         /* what of it a person has to agree to, or had to; see hold.h */
	struct exchange request, answer;    /* answer: what its events and body came to */
	uint64_t tools_called;
	uint64_t left_out;          /* models of a list that its caller may not ask for */

	struct link *link;
	struct upstream *first;     /* of the route's, before its fallbacks */
	struct upstream *upstream;  /* asked last; NULL before */
	struct server *home;        /* it alone knows the session; NULL: any may be asked */
	struct bytes session;       /* as the server calls it; empty: none */
	size_t choice;              /* 0: an upstream of the route; from 1: its fallbacks */
	bool anyway;                /* no other can answer: those that are left alone are asked */
	size_t asked_here;          /* servers of it, so far */
	size_t asked_again;         /* so many of those that may be asked once more */
	unsigned attempts;
	struct timer patience;
	unsigned status;            /* of the upstream's answer; 0 before */
	bool reached;               /* a server that was given up may have read it */
	struct bytes type;          /* of its content */
	struct http_field *fields;  /* of it that the client gets */
	size_t field_count;
	bool streams, head_sent, recorded;
	bool unjudged;              /* what comes is no longer judged: it could not be understood, and goes on where its route says so */
	bool paused;                /* the upstream is not read on: its caller has enough to take */
	struct exchange *before;    /* of a stream that is held: the answer as far as it had gone out; what comes is kept in `held`, for a person to see whole */
	struct framing framing;
	struct polling *polling;    /* of a stream that may end before its answer, and go on elsewhere; else NULL */
	struct text held;           /* the answer when it is no stream; what of one is gathered */
	struct hasher answer_hash;
	uint64_t answer_bytes, events;
	int64_t begun_at_ms, begun_ms, first_ms, ended_ms;      /* begun_at: since 1970; the others monotonic */
};

struct refusal {
	unsigned status;
	const char *code, *message;
};

extern const struct refusal turn_unknown_model, turn_route_denied;

/* `refusal` has a status when it may not begin: then it is to be refused. */
struct turn *turn_begin(struct reply *reply, struct door *door, const struct http_head *head, struct refusal *refusal);
/* Why not, when it has become too long, or too much is held already; or NULL. */
const struct refusal *turn_add_body(struct turn *, struct bytes);
/* The request is whole. */
void turn_go(struct turn *);
/* Answers it so, or ends the answer that is under way as its dialect does; ends the turn. */
void turn_refuse(struct turn *, const struct refusal *);
/* The client has gone, or the gateway has to stop. */
void turn_abandon(struct turn *, const char *outcome, const char *why);
void turn_pause(struct turn *, bool paused);
void turn_free(struct turn *);

/* ---- for the files of this folder that make up a turn ---- */

/*
 * ask.c: whom it asks.  An upstream of the route by weight, or the server that
 * keeps its session; false: there is no such session, and it was refused.
 */
bool turn_choose(struct turn *);
/* Asks the next server there is; the turn is refused when there is none. */
void turn_ask(struct turn *);
/* The server of the link that is under way cannot answer: another is asked, where that is safe. False when there is none. */
bool turn_ask_another(struct turn *);
/* So many upstreams may be asked after the first. */
size_t turn_fallbacks(const struct turn *);
/* May a server be asked for it again that may have been at it already? */
bool turn_may_repeat(const struct turn *);
/* Nobody has answered in time, or the time to ask again has come. */
void turn_out_of_patience(struct timer *);

/* The link, as an answer comes over it. */
void answer_listen(struct turn *);
/* It ended before its end: the turn does, too. */
void answer_is_cut(struct turn *);
/* The whole of it goes out; the turn ends. */
void answer_send(struct turn *, struct bytes body);
void turn_end(struct turn *, const char *outcome, const char *why);

/*
 * poll.c: a server may end the stream of an answer that takes long, and have
 * who waits ask again for what came after the last event (MCP 2025-11-25);
 * the same goes for one that breaks off.
 * The gateway asks itself: that is one turn, and one stream for its client.
 */
void poll_begin(struct turn *);
/* An event was read: from where to go on, and when. */
void poll_note(struct turn *, const struct framed *event);
/* The stream has ended before its answer: the link is given back, and the turn waits. False when there is nothing to wait for. */
bool poll_wait(struct turn *);
/* It has waited long enough. */
void poll_ask(struct turn *);

/* judge.c: true when it may go on; else the turn was refused, and is over. A request that a person has to agree to first stands in turn->holds. */
bool judge_may_ask(struct turn *);
/* They did. */
void judge_agreed(struct turn *);
/* `body` may become another. False as well when it waits for a person. */
bool judge_may_answer(struct turn *, const struct exchange *answer, struct bytes *body);
/* Sends what may go out by now. */
bool judge_event_passes(struct turn *, const struct exchange *part, struct bytes raw, struct bytes data);
bool judge_stream_ends(struct turn *);
/* Ends the stream that the client has so far: what waits, it never gets. */
void judge_write_stop(struct turn *, struct text *out, const struct refusal *);

/*
 * lists.c: what is asked for without a body: lists of models, one model.
 * They come from a route that the caller may use; false: it was refused.
 */
bool lists_may_ask(struct turn *t);
/* Does the answer name models, and may not all of them be asked for? */
bool lists_are_limited(const struct turn *t);
/* Leaves those out of `body`; false: it cannot be understood. */
bool lists_leave_out(struct turn *t, struct bytes *body);

/* Accounts for what the turn holds, wherever it has become more, and before it waits. When all together hold too much, and it is no small one, it is refused: false. */
bool turn_holds(struct turn *);

/* With the salt of the exchange: once that is erased it says nothing any more. */
struct digest turn_digest(const struct turn *, struct bytes);
/* May its caller use that route? */
bool turn_may_use(const struct turn *t, const struct route *route);
/* The route that a model is asked for by at the place of this one, of those named in `among`, unless none are; without a model, the first there is. NULL: none. */
struct route *turn_route_for(const struct turn *t, const struct bytes *model, const struct names *among);
/* What it asked for without the query: where on the upstream. */
struct bytes turn_endpoint(const struct turn *);
struct bytes turn_field(const struct heading *, const char *name);
bool turn_entry(const struct heading *, size_t index, struct bytes *name, struct bytes *value);

#endif
