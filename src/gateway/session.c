#include "gateway/session.h"

#include <stdlib.h>

#include "gateway/turn.h"

enum { IDLE_MS = 75000, HEAD_MS = 15000, BODY_MS = 120000, QUEUED_MOST = 256 << 10, PIPELINED_MOST = 1 << 20 };

struct session {
	struct door *door;
	struct connection client;
	struct http_reader reader;
	struct timer patience;
	struct turn *turn;
	struct text waiting;        /* what came while a turn was under way */
	bool busy;                  /* the request is whole; its answer is under way */
	bool last;                  /* nothing more is read */
	bool in_progress;           /* process() is on the stack: freeing waits for it */
	bool over;
	struct session *next, **place;
};

static void process(struct session *s, struct bytes in);

static void free_session(struct session *s)
{
	s->over = true;
	if (s->in_progress)
		return;
	if (s->turn)
		turn_free(s->turn);
	timer_cancel(s->door->loop, &s->patience);
	connection_close(&s->client);
	http_reader_finish(&s->reader);
	text_finish(&s->waiting);
	*s->place = s->next;
	if (s->next)
		s->next->place = s->place;
	s->door->session_count--;
	loop_free_later(s->door->loop, s);
}

/* ---- what a turn tells ---- */

void session_send(struct session *s, struct bytes b)
{
	connection_send(&s->client, b);
}

bool session_is_slow(const struct session *s)
{
	return connection_queued(&s->client) > QUEUED_MOST;
}

void session_turn_is_over(struct session *s, bool keep)
{
	struct turn *t = s->turn;

	s->turn = NULL;
	s->busy = false;
	turn_free(t);
	if (!keep || atomic_load(&s->door->shared->leaving)) {
		s->last = true;
		timer_cancel(s->door->loop, &s->patience);
		connection_finish(&s->client);
		return;
	}
	timer_set(s->door->loop, &s->patience, IDLE_MS);
	connection_pause(&s->client, false);
	/* From the loop, not from here: the turn that ends may stand below us. */
	if (s->waiting.len > 0)
		timer_set(s->door->loop, &s->patience, 0);
}

/* ---- reading ---- */

static void refuse(struct session *s, const struct refusal *r)
{
	s->last = true;
	s->busy = true;
	turn_refuse(s->turn, r);
}

static bool take_head(struct session *s)
{
	struct refusal r;

	s->turn = turn_begin(s, s->door, &s->reader.head, &r);
	if (r.status) {
		refuse(s, &r);
		return false;
	}
	timer_set(s->door->loop, &s->patience, BODY_MS);
	if (s->reader.head.expects_continue)
		connection_send(&s->client, BYTES("HTTP/1.1 100 Continue\r\n\r\n"));
	return true;
}

static void take_whole(struct session *s)
{
	s->busy = true;
	timer_cancel(s->door->loop, &s->patience);
	turn_go(s->turn);
}

/* Before a turn there is no exchange to speak of; the connection is closed in any case. */
static void refuse_http(struct session *s)
{
	struct text out;
	unsigned status = s->reader.status;

	s->last = true;
	shared_count(s->door->shared, COUNT_REFUSED, 1);
	if (s->turn) {
		refuse(s, &(struct refusal){status, "bad_http", "The request breaks the rules of HTTP/1.1."});
		return;
	}
	text_init(&out, NULL);
	text_addf(&out, "HTTP/1.1 %u %s\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: %zu\r\n\r\nthe request %s\n", status, http_reason(status),
		  bytes_of(s->reader.why).len + 13, s->reader.why);
	connection_send(&s->client, text_bytes(&out));
	text_finish(&out);
	connection_finish(&s->client);
}

/* True while there is more to do with what came. */
static bool step(struct session *s, struct bytes *in)
{
	bool fresh = !s->turn && s->reader.raw.len == 0;

	switch (http_next(&s->reader, in)) {
	case HTTP_NEEDS_MORE:
		if (fresh && s->reader.raw.len > 0)
			timer_set(s->door->loop, &s->patience, HEAD_MS);
		return false;
	case HTTP_HAS_HEAD:
		return take_head(s);
	case HTTP_HAS_BODY:
		if (!turn_add_body(s->turn, text_bytes(&s->reader.body))) {
			refuse(s, &(struct refusal){413, "too_long", "The request is longer than 16 MiB."});
			return false;
		}
		if (s->reader.complete)
			take_whole(s);
		return true;
	case HTTP_IS_OVER:
		take_whole(s);
		return true;
	case HTTP_IS_BAD:
		refuse_http(s);
		return false;
	}
	return false;
}

static void process(struct session *s, struct bytes in)
{
	s->in_progress = true;
	while (!s->busy && !s->last && !s->over && step(s, &in))
		;
	if (s->busy && !s->last && in.len > 0)
		text_add(&s->waiting, in);
	if (s->waiting.len > PIPELINED_MOST)
		connection_pause(&s->client, true);
	s->in_progress = false;
	if (s->over)
		free_session(s);
}

static void input(struct connection *c, struct bytes in)
{
	struct session *s = c->owner;

	if (s->busy || s->waiting.len > 0) {
		text_add(&s->waiting, in);
		if (s->waiting.len > PIPELINED_MOST)
			connection_pause(c, true);
		return;
	}
	process(s, in);
}

static void drained(struct connection *c)
{
	struct session *s = c->owner;

	if (s->turn)
		turn_pause(s->turn, false);
}

static void gone(struct connection *c, const char *why)
{
	struct session *s = c->owner;

	if (s->turn)
		turn_abandon(s->turn, "left", why);
	free_session(s);
}

/* Waited long enough; or the next request lies here already. */
static void due(struct timer *timer)
{
	struct session *s = timer->owner;

	if (!s->turn && s->waiting.len > 0) {
		struct text in = s->waiting;
		text_init(&s->waiting, NULL);
		timer_set(s->door->loop, &s->patience, HEAD_MS);
		process(s, text_bytes(&in));
		text_finish(&in);
		return;
	}
	if (s->turn)
		turn_abandon(s->turn, "left", "the request did not come to its end in time");
	free_session(s);
}

void session_open(struct door *door, int fd, SSL *ssl)
{
	struct session *s = calloc(1, sizeof *s);

	if (!s)
		abort();
	s->door = door;
	s->patience = (struct timer){.due = due, .owner = s};
	http_reader_init(&s->reader, HTTP_REQUESTS);
	text_init(&s->waiting, NULL);
	s->client.owner = s;
	s->client.input = input;
	s->client.drained = drained;
	s->client.gone = gone;
	s->next = door->sessions;
	s->place = &door->sessions;
	if (s->next)
		s->next->place = &s->next;
	door->sessions = s;
	door->session_count++;
	shared_count(door->shared, COUNT_CONNECTIONS, 1);
	connection_open(&s->client, door->loop, fd, ssl, false);
	timer_set(door->loop, &s->patience, HEAD_MS);
}

void sessions_halt(struct door *door, const char *why)
{
	for (struct session *s = door->sessions, *next; s; s = next) {
		next = s->next;
		if (s->turn)
			turn_abandon(s->turn, "halted", why);
		free_session(s);
	}
}

void sessions_leave(struct door *door)
{
	for (struct session *s = door->sessions, *next; s; s = next) {
		next = s->next;
		if (!s->turn)
			free_session(s);
	}
}
