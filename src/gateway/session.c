#include "gateway/session.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/turn.h"

enum { IDLE_MS = 75000, HEAD_MS = 15000, BODY_MS = 120000, QUEUED_MOST = 256 << 10, PIPELINED_MOST = 1 << 20, HEAD_USUAL = 512 };

struct session {
	struct client client;
	struct reply reply;
	struct connection connection;
	struct http_reader reader;
	struct text certificate;
	struct timer patience;
	struct turn *turn;
	struct text waiting;        /* what came while a turn was under way */
	bool busy;                  /* the request is whole; its answer is under way */
	bool last;                  /* nothing more is read */
	bool chunked;               /* the answer under way goes out so */
	bool in_progress;           /* process() is on the stack: freeing waits for it */
	bool over;
};

static void process(struct session *s, struct bytes in);

static void free_session(struct session *s)
{
	s->over = true;
	if (s->in_progress)
		return;
	if (s->turn)
		turn_free(s->turn);
	timer_cancel(s->client.door->loop, &s->patience);
	connection_close(&s->connection);
	http_reader_finish(&s->reader);
	text_finish(&s->waiting);
	text_finish(&s->certificate);
	door_remove(&s->client);
	loop_free_later(s->client.door->loop, s);
}

/* ---- the way back ---- */

static struct session *session_of(const struct reply *r)
{
	return (struct session *)((char *)r - offsetof(struct session, reply));
}

static void send_head(struct reply *r, unsigned status, const struct http_field *fields, size_t count, uint64_t length)
{
	struct session *s = session_of(r);
	struct text *out = connection_out(&s->connection);

	s->chunked = length == HTTP_UNKNOWN;
	r->close |= s->client.door->leaving;
	if (!out)
		return;
	text_reserve(out, HEAD_USUAL);
	text_add_string(out, "HTTP/1.1 ");
	text_add_number(out, status);
	text_add_byte(out, ' ');
	text_add_string(out, http_reason(status));
	text_add_string(out, "\r\n");
	for (size_t i = 0; i < count; i++)
		http_add_field(out, fields[i].name, fields[i].value);
	if (s->chunked)
		text_add_string(out, "Transfer-Encoding: chunked\r\n");
	else if (status != 204 && status != 304)
		http_add_length(out, length);
	text_add_string(out, r->close ? "Connection: close\r\n\r\n" : "\r\n");
}

static void send_body(struct reply *r, struct bytes b)
{
	struct session *s = session_of(r);
	struct text *out = b.len > 0 ? connection_out(&s->connection) : NULL;

	if (!out)
		return;
	if (s->chunked)
		http_add_chunk_size(out, b.len);
	text_add(out, b);
	if (s->chunked)
		text_add_string(out, "\r\n");
}

static void end_answer(struct reply *r)
{
	struct session *s = session_of(r);
	struct turn *t = s->turn;
	struct door *door = s->client.door;

	if (s->chunked)
		connection_send(&s->connection, BYTES("0\r\n\r\n"));
	s->turn = NULL;
	s->busy = s->chunked = false;
	turn_free(t);
	if (r->close) {
		s->last = true;
		timer_cancel(door->loop, &s->patience);
		connection_finish(&s->connection);
		return;
	}
	timer_set(door->loop, &s->patience, IDLE_MS);
	/* From the loop, not from here: the turn that ends may stand below us. */
	if (s->waiting.len > 0)
		timer_set(door->loop, &s->patience, 0);
}

static bool is_slow(const struct reply *r)
{
	return connection_queued(&session_of(r)->connection) > QUEUED_MOST;
}

/* ---- reading ---- */

static void refuse(struct session *s, const struct refusal *r)
{
	s->last = true;
	s->busy = true;
	s->reply.close = true;
	turn_refuse(s->turn, r);
}

static bool take_head(struct session *s)
{
	struct refusal r;

	s->reply.close = !s->reader.head.keep_alive;
	s->turn = turn_begin(&s->reply, s->client.door, &s->reader.head, &r);
	if (r.status) {
		refuse(s, &r);
		return false;
	}
	timer_set(s->client.door->loop, &s->patience, BODY_MS);
	if (s->reader.head.expects_continue)
		connection_send(&s->connection, BYTES("HTTP/1.1 100 Continue\r\n\r\n"));
	return true;
}

static void take_whole(struct session *s)
{
	s->busy = true;
	timer_cancel(s->client.door->loop, &s->patience);
	turn_go(s->turn);
}

/* Before a turn there is no exchange to speak of; the connection is closed in any case. */
static void refuse_http(struct session *s)
{
	struct text out;
	unsigned status = s->reader.status;

	s->last = true;
	shared_count(s->client.door->shared, COUNT_REFUSED, 1);
	if (s->turn) {
		refuse(s, &(struct refusal){status, "bad_http", "The request breaks the rules of HTTP/1.1."});
		return;
	}
	text_init(&out, NULL);
	text_addf(&out, "HTTP/1.1 %u %s\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: %zu\r\n\r\nthe request %s\n", status, http_reason(status),
		  bytes_of(s->reader.why).len + 13, s->reader.why);
	connection_send(&s->connection, text_bytes(&out));
	text_finish(&out);
	connection_finish(&s->connection);
}

/* True while there is more to do with what came. */
static bool step(struct session *s, struct bytes *in)
{
	bool fresh = !s->turn && (s->reader.raw.len == 0 || s->reader.complete);
	const struct refusal *why;

	switch (http_next(&s->reader, in)) {
	case HTTP_NEEDS_MORE:
		if (fresh && s->reader.raw.len > 0)
			timer_set(s->client.door->loop, &s->patience, HEAD_MS);
		return false;
	case HTTP_HAS_HEAD:
		return take_head(s);
	case HTTP_HAS_BODY:
		why = turn_add_body(s->turn, s->reader.body);
		if (why) {
			refuse(s, why);
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

/* Until the turn before it is over; who sends more than is kept has to wait, too. */
static void keep_waiting(struct session *s, struct bytes in)
{
	text_add(&s->waiting, in);
	connection_pause(&s->connection, s->waiting.len > PIPELINED_MOST);
}

static void process(struct session *s, struct bytes in)
{
	s->in_progress = true;
	while (!s->busy && !s->last && !s->over && step(s, &in))
		;
	if (!s->over && !s->last)
		keep_waiting(s, s->busy ? in : BYTES(""));
	s->in_progress = false;
	if (s->over)
		free_session(s);
}

static void input(struct connection *c, struct bytes in)
{
	struct session *s = c->owner;

	if (s->busy || s->waiting.len > 0) {
		keep_waiting(s, in);
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
		timer_set(s->client.door->loop, &s->patience, HEAD_MS);
		process(s, text_bytes(&in));
		text_finish(&in);
		return;
	}
	/* The end of his last answer may still be on its way to a caller who is slow: one who takes nothing of it, the connection ends. */
	if (!s->turn && connection_queued(&s->connection) > 0) {
		timer_set(s->client.door->loop, &s->patience, IDLE_MS);
		return;
	}
	if (s->turn)
		turn_abandon(s->turn, "left", "the request did not come to its end in time");
	free_session(s);
}

static void halt(struct client *c, const char *why)
{
	struct session *s = (struct session *)c;

	if (s->turn)
		turn_abandon(s->turn, "halted", why);
	free_session(s);
}

/* A caller may be about to ask on a connection that waits: it is told with its next answer, unless there is no time. */
static void leave(struct client *c, bool now)
{
	struct session *s = (struct session *)c;

	if (!now || s->turn || s->waiting.len > 0 || (s->reader.raw.len > 0 && !s->reader.complete))
		return;
	/* The end of its last answer may still be on its way. */
	if (connection_queued(&s->connection) == 0) {
		free_session(s);
		return;
	}
	s->last = true;
	connection_finish(&s->connection);
}

void session_open(struct door *door, int fd, SSL *ssl)
{
	struct session *s = calloc(1, sizeof *s);

	if (!s)
		abort();
	s->client.halt = halt;
	s->client.leave = leave;
	s->reply = (struct reply){.head = send_head, .body = send_body, .end = end_answer, .is_slow = is_slow};
	s->patience = (struct timer){.due = due, .owner = s};
	http_reader_init(&s->reader, HTTP_REQUESTS);
	text_init(&s->waiting, NULL);
	text_init(&s->certificate, NULL);
	if (ssl)
		tls_certificate_of(ssl, &s->certificate);
	s->reply.certificate = text_bytes(&s->certificate);
	s->connection.owner = s;
	s->connection.account.sum = &door->holding;
	s->connection.input = input;
	s->connection.drained = drained;
	s->connection.gone = gone;
	door_add(door, &s->client);
	connection_open(&s->connection, door->loop, fd, ssl, false);
	timer_set(door->loop, &s->patience, HEAD_MS);
}
