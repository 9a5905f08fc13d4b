#include "gateway/session_http2.h"

#include <nghttp2/nghttp2.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/http2_head.h"
#include "gateway/tls.h"
#include "gateway/turn.h"

enum {
	STREAMS_MOST = 100, WINDOW = 1 << 20, QUEUED_MOST = 256 << 10, QUEUED_FEW = 64 << 10,
	IDLE_MS = 75000, STREAM_MS = 120000, REST_MS = 1000, NOTICE_MS = 1000, NOTICE_SHORT_MS = 100,
	HEADERS_MOST = 8 * HTTP_HEAD_MOST,      /* what one block may unfold to before the connection ends */
	PATIENCE_MOST = 400, PATIENCE_A_SECOND = 40,
};

/* What a caller does that costs more here than there, in points of the patience that is had with it. */
enum { COST_RESET = 2, COST_FRAME = 1 };

struct session {
	struct client client;
	struct connection connection;
	nghttp2_session *http;
	struct text certificate;
	struct stream *streams;
	struct timer idle, send;
	int64_t points, counted_ms;             /* of patience, and when they were last added to */
	bool in_progress;                       /* nghttp2 is on the stack: what it calls must not free or send */
	bool over, noticed, left;
};

struct stream {
	struct reply reply;
	struct session *session;
	int32_t id;
	struct http_head head;
	size_t head_bytes;                      /* as RFC 9113 counts them */
	struct text raw;                        /* names and values of the head, one after the other */
	struct text body;                       /* of the answer: what has not gone out */
	struct account account;                 /* of that */
	size_t sent;                            /* of `body` */
	struct turn *turn;
	struct timer patience;                  /* with a caller who does not send on, or does not read on */
	const char *why;                        /* the request is bad */
	unsigned status;                        /* then: to answer with */
	bool whole, answered, ended, slow;      /* the request; the answer's head; its end; turn_pause() was told */
	bool over;                              /* the whole answer has gone out */
	struct stream *next, **place;
};

/* ---- end ---- */

static void free_stream(struct stream *s)
{
	struct loop *loop = s->session->client.door->loop;

	if (s->turn)
		turn_free(s->turn);
	timer_cancel(loop, &s->patience);
	*s->place = s->next;
	if (s->next)
		s->next->place = s->place;
	http_finish_head(&s->head);
	text_finish(&s->raw);
	text_finish(&s->body);
	account_set(&s->account, 0);
	loop_free_later(loop, s);
}

static void abandon_all(struct session *s, const char *outcome, const char *why)
{
	while (s->streams) {
		if (s->streams->turn)
			turn_abandon(s->streams->turn, outcome, why);
		free_stream(s->streams);
	}
}

static void free_session(struct session *s)
{
	s->over = true;
	if (s->in_progress)
		return;
	abandon_all(s, "left", "the connection ended");
	timer_cancel(s->client.door->loop, &s->idle);
	timer_cancel(s->client.door->loop, &s->send);
	connection_close(&s->connection);
	nghttp2_session_del(s->http);
	text_finish(&s->certificate);
	door_remove(&s->client);
	loop_free_later(s->client.door->loop, s);
}

/* ---- patience ---- */

/* False when there is none left: the caller is told, and what it has under way ends. */
static bool charge(struct session *s, int64_t points)
{
	int64_t now_ms = loop_now(s->client.door->loop);

	s->points += (now_ms - s->counted_ms) * PATIENCE_A_SECOND / 1000;
	s->counted_ms = now_ms;
	if (s->points > PATIENCE_MOST)
		s->points = PATIENCE_MOST;
	s->points -= points;
	if (s->points >= 0)
		return true;
	nghttp2_session_terminate_session(s->http, NGHTTP2_ENHANCE_YOUR_CALM);
	return false;
}

/* ---- sending ---- */

/* From the loop, once, for all that was queued in this turn of it; never from under a turn. */
static void send_soon(struct session *s)
{
	if (s->send.place == 0 && !s->over)
		timer_set(s->client.door->loop, &s->send, 0);
}

static void send_some(struct session *s)
{
	const uint8_t *at;
	ssize_t n = 0;

	if (s->connection.closing)
		return;
	s->in_progress = true;
	while (!s->over && connection_queued(&s->connection) < QUEUED_MOST && (n = nghttp2_session_mem_send(s->http, &at)) > 0)
		connection_send(&s->connection, (struct bytes){at, (size_t)n});
	s->in_progress = false;
	if (s->over || n < 0) {
		free_session(s);
		return;
	}
	if (!nghttp2_session_want_read(s->http) && !nghttp2_session_want_write(s->http)) {
		abandon_all(s, "left", "the connection ended");
		connection_finish(&s->connection);
	}
}

static void send_due(struct timer *timer)
{
	send_some(timer->owner);
}

static struct stream *stream_of(const struct reply *r)
{
	return (struct stream *)((char *)r - offsetof(struct stream, reply));
}

static size_t queued(const struct stream *s)
{
	return s->body.len - s->sent;
}

/* What nghttp2 may send of a stream now. */
static ssize_t read_body(nghttp2_session *http, int32_t id, uint8_t *out, size_t room, uint32_t *flags, nghttp2_data_source *source, void *context)
{
	struct stream *s = source->ptr;
	struct bytes b = bytes_slice(bytes_from(text_bytes(&s->body), s->sent), 0, room);

	(void)http, (void)id, (void)context;
	if (b.len == 0 && !s->ended)
		return NGHTTP2_ERR_DEFERRED;
	if (b.len > 0)
		memcpy(out, b.at, b.len);
	s->sent += b.len;
	if (queued(s) == 0) {
		text_clear(&s->body);
		s->sent = 0;
		*flags |= s->ended ? NGHTTP2_DATA_FLAG_EOF : 0;
	}
	if (queued(s) > 0 || s->ended)
		timer_set(s->session->client.door->loop, &s->patience, STREAM_MS);
	else
		timer_cancel(s->session->client.door->loop, &s->patience);
	if (s->slow && s->turn && queued(s) < QUEUED_FEW) {
		s->slow = false;
		turn_pause(s->turn, false);
	}
	return (ssize_t)b.len;
}

/* Names are lower-case here: what is written by a turn may not be. */
static nghttp2_nv pair(struct text *names, struct bytes name, struct bytes value)
{
	for (size_t i = 0; i < name.len; i++)
		text_add_byte(names, (char)(name.at[i] >= 'A' && name.at[i] <= 'Z' ? name.at[i] | 32 : name.at[i]));
	return (nghttp2_nv){.namelen = name.len, .value = (uint8_t *)value.at, .valuelen = value.len};
}

static void send_head(struct reply *r, unsigned status, const struct http_field *fields, size_t count, uint64_t length)
{
	struct stream *s = stream_of(r);
	nghttp2_nv all[HTTP_FIELDS_MOST + 2];
	nghttp2_data_provider from = {.source.ptr = s, .read_callback = read_body};
	char digits[24], code[8];
	struct text names;
	size_t n = 0;

	text_init(&names, NULL);
	all[n++] = pair(&names, BYTES(":status"), (struct bytes){(unsigned char *)code, (size_t)snprintf(code, sizeof code, "%u", status)});
	for (size_t i = 0; i < count && i < HTTP_FIELDS_MOST; i++)
		all[n++] = pair(&names, fields[i].name, fields[i].value);
	if (length != HTTP_UNKNOWN && status != 204 && status != 304)
		all[n++] = pair(&names, BYTES("content-length"), (struct bytes){(unsigned char *)digits, (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)length)});
	uint8_t *name = (uint8_t *)names.at;
	for (size_t i = 0; i < n; name += all[i++].namelen)
		all[i].name = name;
	s->answered = true;
	if (nghttp2_submit_response(s->session->http, s->id, all, n, &from) != 0)
		nghttp2_submit_rst_stream(s->session->http, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_INTERNAL_ERROR);
	text_finish(&names);
	send_soon(s->session);
}

static void send_body(struct reply *r, struct bytes b)
{
	struct stream *s = stream_of(r);

	if (b.len == 0)
		return;
	if (s->sent > QUEUED_FEW && s->sent > s->body.len / 2) {
		memmove(s->body.at, s->body.at + s->sent, queued(s));
		s->body.len -= s->sent;
		s->sent = 0;
	}
	if (queued(s) == 0)
		timer_set(s->session->client.door->loop, &s->patience, STREAM_MS);
	text_add(&s->body, b);
	account_set(&s->account, s->body.room);
	nghttp2_session_resume_data(s->session->http, s->id);
	send_soon(s->session);
}

static void end_answer(struct reply *r)
{
	struct stream *s = stream_of(r);
	struct turn *t = s->turn;

	s->turn = NULL;
	s->ended = true;
	turn_free(t);
	nghttp2_session_resume_data(s->session->http, s->id);
	send_soon(s->session);
}

static bool is_slow(const struct reply *r)
{
	struct stream *s = stream_of(r);

	s->slow |= queued(s) > QUEUED_MOST;      /* until read_body() lets it go on */
	return s->slow;
}

/* ---- the head of a request ---- */

static void due(struct timer *timer)
{
	struct stream *s = timer->owner;

	nghttp2_submit_rst_stream(s->session->http, NGHTTP2_FLAG_NONE, s->id, s->over ? NGHTTP2_NO_ERROR : NGHTTP2_CANCEL);
	send_soon(s->session);
}

static int begin_headers(nghttp2_session *http, const nghttp2_frame *frame, void *context)
{
	struct session *session = context;
	struct stream *s;

	if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->session = session;
	s->account.sum = &session->client.door->holding;
	s->id = frame->hd.stream_id;
	s->reply = (struct reply){.certificate = text_bytes(&session->certificate), .head = send_head, .body = send_body, .end = end_answer, .is_slow = is_slow};
	s->patience = (struct timer){.due = due, .owner = s};
	text_init(&s->raw, NULL);
	text_init(&s->body, NULL);
	s->next = session->streams;
	s->place = &session->streams;
	if (s->next)
		s->next->place = &s->next;
	session->streams = s;
	nghttp2_session_set_stream_user_data(http, s->id, s);
	if (!session->noticed)
		timer_cancel(session->client.door->loop, &session->idle);
	timer_set(session->client.door->loop, &s->patience, STREAM_MS);
	return 0;
}

static void be_bad(struct stream *s, unsigned status, const char *why)
{
	if (s->why)
		return;
	s->why = why;
	s->status = status;
}

/* Crumbs of cookies are nobody's business behind this door. Trailers are dropped. */
static int take_header(nghttp2_session *http, const nghttp2_frame *frame, const uint8_t *name, size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *context)
{
	struct stream *s = nghttp2_session_get_stream_user_data(http, frame->hd.stream_id);
	struct bytes n = {name, name_len}, v = {value, value_len};

	(void)flags;
	if (!s)
		return 0;
	s->head_bytes += name_len + value_len + 32;
	if (s->head_bytes > HEADERS_MOST)
		charge(context, PATIENCE_MOST);
	if (s->head_bytes > HTTP_HEAD_MOST)
		be_bad(s, 431, "has headers longer than any that are read");
	if (s->head.field_count == HTTP_FIELDS_MOST)
		be_bad(s, 431, "has more headers than are read");
	if (s->why || bytes_same(n, "cookie") || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	text_add(&s->raw, n);
	text_add(&s->raw, v);
	http_keep_field(&s->head, (struct http_field){{NULL, name_len}, {NULL, value_len}});
	return 0;
}

static int refuse_header(nghttp2_session *http, const nghttp2_frame *frame, const uint8_t *name, size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *context)
{
	struct stream *s = nghttp2_session_get_stream_user_data(http, frame->hd.stream_id);

	(void)name, (void)name_len, (void)value, (void)value_len, (void)flags, (void)context;
	if (s)
		be_bad(s, 400, "has a header with control characters");
	return 0;
}

/* ---- the request ---- */

/* Before a turn there is no exchange to speak of: said in a few words. */
static void refuse_stream(struct stream *s)
{
	struct text out;

	shared_count(s->session->client.door->shared, COUNT_REFUSED, 1);
	text_init(&out, NULL);
	text_addf(&out, "the request %s\n", s->why);
	send_head(&s->reply, s->status, &(struct http_field){BYTES("content-type"), BYTES("text/plain")}, 1, out.len);
	send_body(&s->reply, text_bytes(&out));
	s->ended = true;
	text_finish(&out);
}

/* Java's client sends no body before it. */
static void tell_to_go_on(struct stream *s)
{
	struct text names;
	nghttp2_nv status;

	text_init(&names, NULL);
	status = pair(&names, BYTES(":status"), BYTES("100"));
	status.name = (uint8_t *)names.at;
	nghttp2_submit_headers(s->session->http, NGHTTP2_FLAG_NONE, s->id, NULL, &status, 1, NULL);
	text_finish(&names);
	send_soon(s->session);
}

static void take_head(struct stream *s, bool is_all)
{
	struct refusal r;

	const char *why = s->why ? NULL : http2_read_head(&s->head, text_bytes(&s->raw));
	if (why)
		be_bad(s, 400, why);
	if (s->why) {
		refuse_stream(s);
		return;
	}
	s->turn = turn_begin(&s->reply, s->session->client.door, &s->head, &r);
	if (r.status)
		turn_refuse(s->turn, &r);
	else if (s->head.expects_continue && !is_all)
		tell_to_go_on(s);
}

static void take_whole(struct stream *s)
{
	s->whole = true;
	if (!s->turn)
		return;
	timer_cancel(s->session->client.door->loop, &s->patience);
	turn_go(s->turn);
}

static int64_t cost_of(const nghttp2_frame *frame)
{
	switch (frame->hd.type) {
	case NGHTTP2_RST_STREAM:
		return COST_RESET;
	case NGHTTP2_SETTINGS:
	case NGHTTP2_PING:
		return frame->hd.flags & NGHTTP2_FLAG_ACK ? 0 : COST_FRAME;
	case NGHTTP2_PRIORITY:
		return COST_FRAME;
	case NGHTTP2_DATA:
		return frame->hd.length == 0 && !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM) ? COST_FRAME : 0;
	}
	return 0;
}

static int take_frame(nghttp2_session *http, const nghttp2_frame *frame, void *context)
{
	struct session *session = context;
	struct stream *s = nghttp2_session_get_stream_user_data(http, frame->hd.stream_id);

	if (!charge(session, cost_of(frame)) || !s)
		return 0;
	if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		take_head(s, frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
	if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) && frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
		take_whole(s);
	return 0;
}

static int take_data(nghttp2_session *http, uint8_t flags, int32_t id, const uint8_t *at, size_t len, void *context)
{
	struct stream *s = nghttp2_session_get_stream_user_data(http, id);

	(void)flags, (void)context;
	const struct refusal *why = s && s->turn && !s->answered ? turn_add_body(s->turn, (struct bytes){at, len}) : NULL;
	if (why)
		turn_refuse(s->turn, why);
	return 0;
}

/*
 * An answer that came before its request was whole: the rest is not wanted.
 * But it may be on its way, and some clients (curl 7.88) take no answer from a
 * stream that is reset while they send.  A stream that breaks the rules costs
 * as one that is reset.
 */
static int frame_sent(nghttp2_session *http, const nghttp2_frame *frame, void *context)
{
	struct stream *s = nghttp2_session_get_stream_user_data(http, frame->hd.stream_id);

	if (frame->hd.type == NGHTTP2_RST_STREAM && frame->rst_stream.error_code != NGHTTP2_NO_ERROR)
		charge(context, COST_RESET);
	if (!s || s->whole || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return 0;
	s->over = true;
	timer_set(s->session->client.door->loop, &s->patience, REST_MS);
	return 0;
}

static int close_stream(nghttp2_session *http, int32_t id, uint32_t why, void *context)
{
	struct session *session = context;
	struct stream *s = nghttp2_session_get_stream_user_data(http, id);

	(void)why;
	if (!s)
		return 0;
	if (s->turn)
		turn_abandon(s->turn, "left", "the client ended the stream");
	free_stream(s);
	if (!session->streams && !session->noticed)
		timer_set(session->client.door->loop, &session->idle, IDLE_MS);
	return 0;
}

/* ---- the connection ---- */

static void input(struct connection *c, struct bytes in)
{
	struct session *s = c->owner;

	s->in_progress = true;
	ssize_t n = nghttp2_session_mem_recv(s->http, in.at, in.len);
	s->in_progress = false;
	if (s->over || n == NGHTTP2_ERR_BAD_CLIENT_MAGIC || n == NGHTTP2_ERR_FLOODED) {
		free_session(s);
		return;
	}
	if (n < 0)
		nghttp2_session_terminate_session(s->http, NGHTTP2_PROTOCOL_ERROR);
	send_soon(s);
}

static void drained(struct connection *c)
{
	send_soon(c->owner);
}

static void gone(struct connection *c, const char *why)
{
	struct session *s = c->owner;

	abandon_all(s, "left", why);
	free_session(s);
}

static void halt(struct client *c, const char *why)
{
	struct session *s = (struct session *)c;

	abandon_all(s, "halted", why);
	free_session(s);
}

/* Twofold, so that no request is lost that is on its way: first a notice, then what is the last that counts. */
static void leave(struct client *c, bool now)
{
	struct session *s = (struct session *)c;

	if (s->noticed)
		return;
	s->noticed = true;
	nghttp2_submit_shutdown_notice(s->http);
	timer_set(c->door->loop, &s->idle, now ? NOTICE_SHORT_MS : NOTICE_MS);
	send_soon(s);
}

static void idle_due(struct timer *timer)
{
	struct session *s = timer->owner;

	if (s->noticed && !s->left) {
		s->left = true;
		nghttp2_submit_goaway(s->http, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(s->http), NGHTTP2_NO_ERROR, NULL, 0);
	} else if (!s->streams) {
		nghttp2_session_terminate_session(s->http, NGHTTP2_NO_ERROR);
	}
	send_soon(s);
}

static nghttp2_session *make_http(struct session *s)
{
	nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS_MOST}, {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW}, {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP_HEAD_MOST},
	};
	nghttp2_session_callbacks *calls;
	nghttp2_option *options;
	nghttp2_session *http;

	if (nghttp2_session_callbacks_new(&calls) != 0 || nghttp2_option_new(&options) != 0)
		abort();
	nghttp2_session_callbacks_set_on_begin_headers_callback(calls, begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(calls, take_header);
	nghttp2_session_callbacks_set_on_invalid_header_callback(calls, refuse_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(calls, take_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls, take_data);
	nghttp2_session_callbacks_set_on_frame_send_callback(calls, frame_sent);
	nghttp2_session_callbacks_set_on_stream_close_callback(calls, close_stream);
	nghttp2_option_set_max_outbound_ack(options, 100);
	if (nghttp2_session_server_new2(&http, calls, s, options) != 0)
		abort();
	nghttp2_submit_settings(http, NGHTTP2_FLAG_NONE, settings, COUNT_OF(settings));
	nghttp2_session_set_local_window_size(http, NGHTTP2_FLAG_NONE, 0, WINDOW);
	nghttp2_session_callbacks_del(calls);
	nghttp2_option_del(options);
	return http;
}

void session_http2_open(struct door *door, int fd, SSL *ssl)
{
	struct session *s = calloc(1, sizeof *s);

	if (!s)
		abort();
	s->client.halt = halt;
	s->client.leave = leave;
	s->idle = (struct timer){.due = idle_due, .owner = s};
	s->send = (struct timer){.due = send_due, .owner = s};
	s->points = PATIENCE_MOST;
	s->counted_ms = loop_now(door->loop);
	text_init(&s->certificate, NULL);
	tls_certificate_of(ssl, &s->certificate);
	s->connection.owner = s;
	s->connection.account.sum = &door->holding;
	s->connection.input = input;
	s->connection.drained = drained;
	s->connection.gone = gone;
	s->http = make_http(s);
	door_add(door, &s->client);
	connection_open(&s->connection, door->loop, fd, ssl, false);
	timer_set(door->loop, &s->idle, IDLE_MS);
	send_soon(s);
}
