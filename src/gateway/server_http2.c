#include "gateway/server_http2.h"

#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/tls.h"
#include "gateway/upstream.h"

enum { STREAMS_MOST = 100, WINDOW = 256 << 10, WINDOW_OF_ALL = 16 << 20, QUEUED_MOST = 256 << 10, IDLE_MS = 30000 };

/* A connection that many links share. */
struct trunk {
	struct server *server;
	struct connection connection;
	nghttp2_session *http;
	struct strand *strands;
	unsigned count;
	struct timer patience, send;            /* patience: until it stands; then while nobody needs it */
	bool made, used, in_progress, shut;     /* shut: for new requests */
	struct trunk *next, **place;
};

/* A link: one stream of a trunk. */
struct strand {
	struct link link;
	struct trunk *trunk;                    /* NULL when that has ended */
	int32_t id;                             /* 0 before a request was sent */
	struct bytes body;                      /* of the request: what has not gone out; the owner's */
	struct http_head head;
	struct text raw;                        /* names and values of the answer's head, one after the other */
	size_t unread;                          /* came while the owner was not reading */
	bool has_head, bad, paused;
	struct strand *next, **place;
};

static struct strand *strand_of(struct trunk *t, int32_t id)
{
	struct strand *s = t->strands;

	while (s && s->id != id)
		s = s->next;
	return s;
}

static void detach(struct strand *s)
{
	if (!s->trunk)
		return;
	*s->place = s->next;
	if (s->next)
		s->next->place = s->place;
	if (--s->trunk->count == 0 && s->trunk->made)
		timer_set(s->trunk->server->upstream->loop, &s->trunk->patience, IDLE_MS);
	s->trunk = NULL;
}

/* ---- the trunk ---- */

/* Whoever is still on it is told, and may ask elsewhere; the oldest first, for what stood behind in a queue says nothing about the server. */
static void end_trunk(struct trunk *t, const char *why)
{
	struct loop *loop = t->server->upstream->loop;

	t->shut = true;
	if (t->in_progress)
		return;
	*t->place = t->next;
	if (t->next)
		t->next->place = t->place;
	for (bool told = false; t->strands; told = true) {
		struct strand *s = t->strands;
		while (s->next)
			s = s->next;
		detach(s);
		s->link.told = told;
		s->link.reused |= t->made && !s->link.reached;
		s->link.gone(&s->link, why);
	}
	timer_cancel(loop, &t->patience);
	timer_cancel(loop, &t->send);
	connection_close(&t->connection);
	nghttp2_session_del(t->http);
	loop_free_later(loop, t);
}

static void send_soon(struct trunk *t)
{
	if (t->send.place == 0)
		timer_set(t->server->upstream->loop, &t->send, 0);
}

static void send_due(struct timer *timer)
{
	struct trunk *t = timer->owner;
	const uint8_t *at;
	ssize_t n = 0;

	if (!t->made)
		return;
	t->in_progress = true;
	while (connection_queued(&t->connection) < QUEUED_MOST && (n = nghttp2_session_mem_send(t->http, &at)) > 0)
		connection_send(&t->connection, (struct bytes){at, (size_t)n});
	t->in_progress = false;
	if (n < 0 || (!nghttp2_session_want_read(t->http) && !nghttp2_session_want_write(t->http) && connection_queued(&t->connection) == 0))
		end_trunk(t, "was ended by the other side");
}

static void input(struct connection *c, struct bytes in)
{
	struct trunk *t = c->owner;

	t->in_progress = true;
	ssize_t n = nghttp2_session_mem_recv(t->http, in.at, in.len);
	t->in_progress = false;
	if (n < 0)
		end_trunk(t, "answered with broken HTTP");
	else
		send_soon(t);
}

static void drained(struct connection *c)
{
	send_soon(c->owner);
}

static void gone(struct connection *c, const char *why)
{
	end_trunk(c->owner, why);
}

static void out_of_patience(struct timer *timer)
{
	struct trunk *t = timer->owner;

	end_trunk(t, "was not made in time");
}

/* It agreed on something else: its requests were not sent, and go out over HTTP/1.1. */
static void fall_back(struct trunk *t)
{
	for (struct strand *s = t->strands; s; s = s->next)
		s->link.reused = true;          /* nothing is wrong with the server: it is asked again */
	t->server->speaks_http1 = true;
	end_trunk(t, "does not speak HTTP/2");
}

static void made(struct connection *c)
{
	struct trunk *t = c->owner;

	if (c->ssl && !tls_chose_http2(c->ssl)) {
		if (t->server->upstream->protocol == UPSTREAM_AUTO)
			fall_back(t);
		else
			end_trunk(t, "does not speak HTTP/2");
		return;
	}
	t->made = true;
	timer_cancel(t->server->upstream->loop, &t->patience);
	if (!t->strands)
		timer_set(t->server->upstream->loop, &t->patience, IDLE_MS);
	send_soon(t);
}

/* ---- an answer ---- */

static int take_header(nghttp2_session *http, const nghttp2_frame *frame, const uint8_t *name, size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *context)
{
	struct strand *s = strand_of(context, frame->hd.stream_id);

	(void)http, (void)flags;
	if (!s || s->has_head)
		return 0;
	s->bad |= s->head.field_count == HTTP_FIELDS_MOST || s->raw.len + name_len + value_len > HTTP_HEAD_MOST;
	if (s->bad)
		return 0;
	text_add(&s->raw, (struct bytes){name, name_len});
	text_add(&s->raw, (struct bytes){value, value_len});
	http_keep_field(&s->head, (struct http_field){{NULL, name_len}, {NULL, value_len}});
	return 0;
}

/* False when it is no proper head. What stands in the head borrows from `raw`. */
static bool read_head(struct strand *s)
{
	struct bytes left = text_bytes(&s->raw);
	size_t count = s->head.field_count;
	uint64_t status = 0;

	s->head.field_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct http_field f = s->head.fields[i];
		f = (struct http_field){bytes_slice(left, 0, f.name.len), bytes_slice(left, f.name.len, f.value.len)};
		left = bytes_from(left, f.name.len + f.value.len);
		if (bytes_same(f.name, ":status"))
			s->bad |= !bytes_to_u64(f.value, &status);
		else
			s->bad |= http_take_field(&s->head, f) != NULL;
	}
	s->head.status = (unsigned)status;
	return !s->bad && status >= 100 && status < 600 && http_check_fields(&s->head, false) == NULL;
}

/* The owner is told and gives the link back, at the latest now. */
static void lose(struct strand *s, const char *why)
{
	struct trunk *t = s->trunk;

	nghttp2_submit_rst_stream(t->http, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_CANCEL);
	detach(s);
	s->link.gone(&s->link, why);
}

static void take_head(struct strand *s)
{
	if (s->has_head)
		return;
	if (!read_head(s)) {
		lose(s, "answered with broken HTTP");
		return;
	}
	if (s->head.status < 200) {
		http_clear_head(&s->head);
		text_clear(&s->raw);
		return;
	}
	s->has_head = true;
	s->link.head(&s->link, &s->head);
}

static int take_frame(nghttp2_session *http, const nghttp2_frame *frame, void *context)
{
	struct trunk *t = context;
	int32_t id = frame->hd.stream_id;
	struct strand *s = id > 0 ? strand_of(t, id) : NULL;

	(void)http;
	t->shut |= frame->hd.type == NGHTTP2_GOAWAY;
	if (s && frame->hd.type == NGHTTP2_HEADERS)
		take_head(s);
	/* The owner may have let go of it. */
	s = id > 0 ? strand_of(t, id) : NULL;
	if (!s || !s->has_head || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return 0;
	t->used = true;
	/* Answered before all of it was asked: nghttp2 would keep the stream for the rest. */
	if (s->body.len > 0)
		nghttp2_submit_rst_stream(http, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
	detach(s);
	s->link.over(&s->link);
	return 0;
}

/* All share one window of the connection, so that one who does not read holds up nobody else; his own shuts. */
static int take_data(nghttp2_session *http, uint8_t flags, int32_t id, const uint8_t *at, size_t len, void *context)
{
	struct strand *s = strand_of(context, id);

	(void)flags;
	nghttp2_session_consume_connection(http, len);
	if (!s || !s->has_head)
		return 0;
	if (s->paused)
		s->unread += len;
	else
		nghttp2_session_consume_stream(http, id, len);
	s->link.body(&s->link, (struct bytes){at, len});
	return 0;
}

static int close_stream(nghttp2_session *http, int32_t id, uint32_t why, void *context)
{
	struct strand *s = strand_of(context, id);

	(void)http;
	if (!s)
		return 0;
	if (why == NGHTTP2_REFUSED_STREAM)
		s->link.reached = false;
	/* What it did not begin may be asked again; what it gives up over a connection that stands is no sign that this one was dead. */
	s->link.reused = why == NGHTTP2_REFUSED_STREAM;
	detach(s);
	s->link.gone(&s->link, "ended the answer before its end");
	return 0;
}

/* ---- a request ---- */

/* Until its head goes out nobody can have read anything of it, though it was submitted. */
static int begin_frame(nghttp2_session *http, const nghttp2_frame *frame, void *context)
{
	struct strand *s = frame->hd.type == NGHTTP2_HEADERS ? strand_of(context, frame->hd.stream_id) : NULL;

	(void)http;
	if (s)
		s->link.reached = true;
	return 0;
}

static ssize_t read_body(nghttp2_session *http, int32_t id, uint8_t *out, size_t room, uint32_t *flags, nghttp2_data_source *source, void *context)
{
	struct strand *s = strand_of(context, id);

	(void)http, (void)source;
	if (!s)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	struct bytes b = bytes_slice(s->body, 0, room);
	memcpy(out, b.at, b.len);
	s->body = bytes_from(s->body, b.len);
	if (s->body.len == 0)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)b.len;
}

static void add(nghttp2_nv *all, size_t *n, struct bytes name, struct bytes value)
{
	all[(*n)++] = (nghttp2_nv){.name = (uint8_t *)name.at, .namelen = name.len, .value = (uint8_t *)value.at, .valuelen = value.len};
}

/* Names are lower-case here. */
static struct bytes lower(struct text *names, struct bytes name)
{
	size_t from = names->len;

	for (size_t i = 0; i < name.len; i++)
		text_add_byte(names, (char)(name.at[i] >= 'A' && name.at[i] <= 'Z' ? name.at[i] | 32 : name.at[i]));
	return bytes_from(text_bytes(names), from);
}

static void send_request(struct link *link, const struct server_request *r)
{
	struct strand *s = (struct strand *)link;
	const struct server *server = link->server;
	const struct upstream *u = server->upstream;
	nghttp2_nv all[HTTP_FIELDS_MOST + 8];
	nghttp2_data_provider from = {.read_callback = read_body};
	struct text authority, path, names, length;
	size_t n = 0, room = u->key ? strlen(u->key_header) : 0;

	text_init(&authority, NULL);
	text_init(&path, NULL);
	text_init(&names, NULL);
	text_init(&length, NULL);
	for (size_t i = 0; i < r->field_count; i++)
		room += r->fields[i].name.len;
	text_reserve(&names, room + 1);         /* at once: what was given out stays where it is */
	server_add_authority(server, &authority);
	text_add_string(&path, server->base);
	text_add(&path, r->target);
	add(all, &n, BYTES(":method"), r->method);
	add(all, &n, BYTES(":scheme"), server->tls ? BYTES("https") : BYTES("http"));
	add(all, &n, BYTES(":authority"), text_bytes(&authority));
	add(all, &n, BYTES(":path"), text_bytes(&path));
	add(all, &n, BYTES("accept-encoding"), BYTES("identity"));
	if (u->key) {
		add(all, &n, lower(&names, bytes_of(u->key_header)), bytes_of(u->key));
		all[n - 1].flags = NGHTTP2_NV_FLAG_NO_INDEX | NGHTTP2_NV_FLAG_NO_COPY_VALUE;        /* no copy of the key is left behind */
	}
	for (size_t i = 0; i < r->field_count && n < HTTP_FIELDS_MOST; i++)
		add(all, &n, lower(&names, r->fields[i].name), r->fields[i].value);
	text_addf(&length, "%zu", r->body.len);
	if (r->body.len > 0)
		add(all, &n, BYTES("content-length"), text_bytes(&length));
	s->body = r->body;
	s->id = nghttp2_submit_request(s->trunk->http, NULL, all, n, r->body.len > 0 ? &from : NULL, NULL);
	text_finish(&authority);
	text_finish(&path);
	text_finish(&names);
	text_finish(&length);
	send_soon(s->trunk);
}

static void pause_link(struct link *link, bool paused)
{
	struct strand *s = (struct strand *)link;

	s->paused = paused;
	if (paused || !s->trunk || s->unread == 0)
		return;
	nghttp2_session_consume_stream(s->trunk->http, s->id, s->unread);
	s->unread = 0;
	send_soon(s->trunk);
}

static void give_back(struct link *link)
{
	struct strand *s = (struct strand *)link;
	struct trunk *t = s->trunk;

	if (t && s->id > 0) {
		nghttp2_submit_rst_stream(t->http, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_CANCEL);
		send_soon(t);
	}
	detach(s);
	http_finish_head(&s->head);
	text_finish(&s->raw);
	loop_free_later(link->server->upstream->loop, s);
}

/* ---- making them ---- */

static nghttp2_session *make_http(struct trunk *t)
{
	nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}, {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW}, {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP_HEAD_MOST},
	};
	nghttp2_session_callbacks *calls;
	nghttp2_option *options;
	nghttp2_session *http;

	if (nghttp2_session_callbacks_new(&calls) != 0 || nghttp2_option_new(&options) != 0)
		abort();
	nghttp2_session_callbacks_set_before_frame_send_callback(calls, begin_frame);
	nghttp2_session_callbacks_set_on_header_callback(calls, take_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(calls, take_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls, take_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(calls, close_stream);
	nghttp2_option_set_no_auto_window_update(options, 1);
	if (nghttp2_session_client_new2(&http, calls, t, options) != 0)
		abort();
	nghttp2_submit_settings(http, NGHTTP2_FLAG_NONE, settings, COUNT_OF(settings));
	nghttp2_session_set_local_window_size(http, NGHTTP2_FLAG_NONE, 0, WINDOW_OF_ALL);
	nghttp2_session_callbacks_del(calls);
	nghttp2_option_del(options);
	return http;
}

static struct trunk *make_trunk(struct server *server)
{
	static const unsigned char both[] = "\2h2\10http/1.1";
	int fd = server_dial(server);
	SSL *ssl = NULL;

	if (fd < 0)
		return NULL;
	struct trunk *t = calloc(1, sizeof *t);
	if (!t)
		abort();
	t->server = server;
	t->http = make_http(t);
	t->connection.owner = t;
	t->connection.account.sum = server->upstream->holding;
	t->connection.input = input;
	t->connection.made = made;
	t->connection.drained = drained;
	t->connection.gone = gone;
	t->patience = (struct timer){.due = out_of_patience, .owner = t};
	t->send = (struct timer){.due = send_due, .owner = t};
	t->next = server->trunks;
	t->place = &server->trunks;
	if (t->next)
		t->next->place = &t->next;
	server->trunks = t;
	if (server->tls) {
		ssl = server_make_ssl(server);
		SSL_set_alpn_protos(ssl, both, server->upstream->protocol == UPSTREAM_HTTP2 ? 3 : sizeof both - 1);
	}
	connection_open(&t->connection, server->upstream->loop, fd, ssl, true);
	timer_set(server->upstream->loop, &t->patience, server->upstream->connect_ms);
	return t;
}

static bool has_room(const struct trunk *t)
{
	uint32_t most = nghttp2_session_get_remote_settings(t->http, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);

	return !t->shut && t->count < STREAMS_MOST && t->count < most;
}

void server_http2_forget(struct server *server)
{
	for (struct trunk *t = server->trunks; t; t = t->next)
		t->shut = true;
}

struct link *server_http2_lend(struct server *server)
{
	struct trunk *t = server->trunks;

	while (t && !has_room(t))
		t = t->next;
	if (!t)
		t = make_trunk(server);
	if (!t)
		return NULL;
	struct strand *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->link = (struct link){.server = server, .reused = t->used, .send = send_request, .pause = pause_link, .give_back = give_back};
	s->trunk = t;
	text_init(&s->raw, NULL);
	s->next = t->strands;
	s->place = &t->strands;
	if (s->next)
		s->next->place = &s->next;
	t->strands = s;
	t->count++;
	if (t->made)
		timer_cancel(server->upstream->loop, &t->patience);
	return &s->link;
}

void server_http2_finish(struct server *server)
{
	while (server->trunks)
		end_trunk(server->trunks, "is over");
}
