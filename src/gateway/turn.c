#include "gateway/turn.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/time.h"
#include "gateway/evidence.h"

enum {
	BODY_MOST = 16 << 20, ANSWER_MOST = 64 << 20, REQUEST_MEMORY = 256 << 20, EVENT_MEMORY = 512 << 20,
	PATIENCE_MS = 120000, RETRIES_MOST = 1
};

static void come_to_end(struct turn *t, const char *outcome, const char *why, bool keep);

/* ---- begin: who asks, and for what ---- */

static struct bytes secret_of(const struct http_head *head)
{
	struct bytes b = http_field_value(head, "authorization");

	if (b.len > 7 && bytes_equal_folded(bytes_slice(b, 0, 7), BYTES("Bearer ")))
		return bytes_from(b, 7);
	return http_field_value(head, "x-api-key");
}

static bool is_refused(struct turn *t, const struct http_head *head, struct refusal *r)
{
	if (atomic_load(&t->door->shared->halted))
		*r = (struct refusal){503, "halted", "The gateway has been halted by its operator."};
	else if (!t->caller)
		*r = (struct refusal){401, "invalid_api_key", "This gateway lets nobody in without a key of its own: send it as \"Authorization: Bearer KEY\"."};
	else if (!t->dialect || t->route->action == ROUTE_DENY)
		*r = (struct refusal){404, "unknown_route", "This method and path are not among those that this gateway lets through."};
	else if (head->length > BODY_MOST)
		*r = (struct refusal){413, "too_long", "The request is longer than 16 MiB."};
	else if (http_field_value(head, "content-encoding").len > 0)
		*r = (struct refusal){415, "encoded", "Requests in a content encoding are not read: send the body as it is."};
	else if (!recorder_has_room(&t->door->recorder))
		*r = (struct refusal){503, "no_evidence", "Evidence of exchanges cannot be kept at the moment, so none are let through."};
	else
		return false;
	return true;
}

/* What goes on to the upstream; every other header is the client's and this gateway's business alone. */
static bool goes_upstream(struct bytes name)
{
	static const char *const whole[] = {"accept", "content-type", "user-agent", "traceparent", "tracestate", "anthropic-version", "anthropic-beta", "openai-beta", "mcp-session-id", "last-event-id"};

	for (size_t i = 0; i < COUNT_OF(whole); i++)
		if (bytes_equal_folded(name, bytes_of(whole[i])))
			return true;
	return false;
}

static void add_line(struct text *t, struct bytes name, struct bytes value)
{
	text_add(t, name);
	text_add_string(t, ": ");
	text_add(t, value);
	text_add_string(t, "\r\n");
}

static void write_request_head(struct turn *t, const struct http_head *head)
{
	const struct upstream *u = t->door->upstream;

	text_add(&t->to_send, t->method);
	text_add_byte(&t->to_send, ' ');
	text_add_string(&t->to_send, u->base);
	text_add(&t->to_send, t->target);
	text_addf(&t->to_send, " HTTP/1.1\r\nHost: %s%s%s\r\nAccept-Encoding: identity\r\n", u->host, strcmp(u->port, u->tls ? "443" : "80") ? ":" : "",
		  strcmp(u->port, u->tls ? "443" : "80") ? u->port : "");
	if (u->authorization)
		add_line(&t->to_send, BYTES("Authorization"), bytes_of(u->authorization));
	for (size_t i = 0; i < head->field_count; i++)
		if (goes_upstream(head->fields[i].name))
			add_line(&t->to_send, head->fields[i].name, head->fields[i].value);
}

static void out_of_patience(struct timer *timer)
{
	struct turn *t = timer->owner;

	turn_refuse(t, &(struct refusal){504, "upstream_timeout", "The model did not answer in time."});
}

struct turn *turn_begin(struct session *s, struct door *door, const struct http_head *head, struct refusal *refusal)
{
	struct turn *t = calloc(1, sizeof *t);

	if (!t || RAND_bytes(t->id, sizeof t->id) != 1 || RAND_bytes(t->salt, sizeof t->salt) != 1)
		abort();
	t->session = s;
	t->door = door;
	t->begun_at_ms = time_now_ms();
	t->begun_ms = loop_now(door->loop);
	t->patience = (struct timer){.due = out_of_patience, .owner = t};
	arena_init(&t->arena, REQUEST_MEMORY);
	arena_init(&t->event, EVENT_MEMORY);
	text_init(&t->to_send, NULL);
	text_init(&t->body, NULL);
	text_init(&t->held, NULL);
	hasher_init(&t->answer_hash);
	t->head = head;
	t->method = arena_copy(&t->arena, head->method);
	t->target = arena_copy(&t->arena, head->target);
	t->dialect = dialect_for(head->method, head->path, &t->route);
	exchange_init(&t->request, &t->arena, t->dialect);
	exchange_init(&t->answer, &t->arena, t->dialect);
	t->request.route = t->answer.route = t->route;
	t->answer.asked = &t->request;
	if (t->dialect && t->dialect->state_size > 0)
		t->answer.state = arena_alloc(&t->arena, 1, t->dialect->state_size);
	t->caller = keys_find(door->keys, secret_of(head), t->begun_at_ms);
	shared_count(door->shared, COUNT_REQUESTS, 1);
	*refusal = (struct refusal){0};
	if (!is_refused(t, head, refusal))
		write_request_head(t, head);
	return t;
}

bool turn_add_body(struct turn *t, struct bytes b)
{
	shared_count(t->door->shared, COUNT_BYTES_IN, b.len);
	text_add(&t->body, b);
	return t->body.len <= BODY_MOST;
}

void turn_free(struct turn *t)
{
	timer_cancel(t->door->loop, &t->patience);
	if (t->link)
		upstream_give_back(t->link, false);
	if (t->streams)
		framing_finish(&t->framing);
	text_finish(&t->to_send);
	text_finish(&t->body);
	text_finish(&t->held);
	hasher_finish(&t->answer_hash);
	arena_finish(&t->arena);
	arena_finish(&t->event);
	free(t);
}

/* ---- refusals ---- */

static void write_refusal(const struct turn *t, struct text *out, const struct refusal *r)
{
	const struct dialect *d = t->dialect ? t->dialect : dialects[0];

	d->refusal(out, &t->request, r->code, r->message);
}

static void send_whole(struct turn *t, unsigned status, struct bytes type, struct bytes body, bool keep)
{
	struct text head;

	text_init(&head, NULL);
	text_addf(&head, "HTTP/1.1 %u %s\r\nContent-Type: ", status, http_reason(status));
	text_add(&head, type);
	text_addf(&head, "\r\nContent-Length: %zu\r\nMerlon-Exchange: ", body.len);
	text_add_hex(&head, (struct bytes){t->id, sizeof t->id});
	text_add_string(&head, keep ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n");
	session_send(t->session, text_bytes(&head));
	session_send(t->session, body);
	text_finish(&head);
}

/* A stream that has begun is ended as its dialect ends one; what has not begun is answered. */
void turn_refuse(struct turn *t, const struct refusal *r)
{
	struct text out;
	bool before_body = t->to_send.len == 0 || t->body.len > BODY_MOST;

	text_init(&out, NULL);
	if (t->head_sent) {
		struct text stop;
		text_init(&stop, NULL);
		t->dialect->stop(&stop, &t->answer, r->code, r->message);
		text_addf(&out, "%zx\r\n", stop.len);
		text_add(&out, text_bytes(&stop));
		text_add_string(&out, "\r\n0\r\n\r\n");
		text_finish(&stop);
		session_send(t->session, text_bytes(&out));
	} else {
		write_refusal(t, &out, r);
		send_whole(t, r->status, BYTES("application/json"), text_bytes(&out), !before_body);
	}
	text_finish(&out);
	shared_count(t->door->shared, r->status >= 500 ? COUNT_FAILED : COUNT_REFUSED, 1);
	come_to_end(t, t->head_sent ? "stopped" : "refused", r->code, !t->head_sent && !before_body);
}

/* ---- the answer ---- */

/* An event or body is read into an exchange of its own; what outlives it is added up. */
struct reading {
	struct turn *t;
	struct exchange part;
	struct bytes name, data;
};

static struct bytes field_of(const struct heading *h, const char *name)
{
	return http_field_value(h->owner, name);
}

static void read_part(void *arg)
{
	struct reading *r = arg;
	const struct dialect *d = r->t->dialect;
	const struct exchange *sum = &r->t->answer;

	exchange_init(&r->part, &r->t->event, d);
	r->part.route = sum->route;
	r->part.asked = sum->asked;
	r->part.state = sum->state;
	r->part.model = sum->model;
	r->part.finish = sum->finish;
	r->part.usage = sum->usage;
	if (r->t->streams)
		d->event(&r->part, r->name, r->data);
	else
		d->answer(&r->part, &(struct heading){.method = r->t->method, .path = r->t->target, .status = r->t->status, .field = field_of, .owner = &r->t->link->answer.head}, r->data);
}

static void add_part(struct turn *t, const struct exchange *part)
{
	struct exchange *sum = &t->answer;

	if (!bytes_equal(sum->model, part->model))
		sum->model = arena_copy(&t->arena, bytes_slice(part->model, 0, 200));
	if (!bytes_equal(sum->finish, part->finish))
		sum->finish = arena_copy(&t->arena, bytes_slice(part->finish, 0, 64));
	sum->usage = part->usage;
	sum->ended |= part->ended;
	sum->partly |= part->partly;
	sum->piece_count += part->piece_count;
	sum->text_bytes += part->text_bytes;
	if (part->why)
		exchange_fail(sum, part->why);
	for (const struct piece *p = part->pieces; p; p = p->next)
		t->tools_called += p->kind == PIECE_TOOL_CALL && p->name.len > 0;
}

/* False when it cannot be understood: then it does not go on to the client. */
static bool examine(struct turn *t, struct bytes name, struct bytes data)
{
	struct reading r = {.t = t, .name = name, .data = data};

	arena_finish(&t->event);
	arena_init(&t->event, EVENT_MEMORY);
	if (!arena_run(&t->event, read_part, &r))
		exchange_fail(&t->answer, "needs more memory to be understood than it may have");
	else
		add_part(t, &r.part);
	return !t->answer.why;
}

static void hash_answer(struct turn *t, struct bytes b)
{
	hasher_add(&t->answer_hash, b);
	t->answer_bytes += b.len;
	shared_count(t->door->shared, COUNT_BYTES_OUT, b.len);
}

static void begin_answer(struct turn *t)
{
	hasher_begin(&t->answer_hash);
	hasher_add(&t->answer_hash, (struct bytes){t->salt, sizeof t->salt});
	t->first_ms = loop_now(t->door->loop);
}

static bool is_stream(const struct turn *t, const struct http_head *h)
{
	struct bytes type = http_field_value(h, "content-type");
	const char *wanted = t->dialect->framing == FRAMING_EVENTS ? "text/event-stream" : "application/x-ndjson";

	return bytes_equal_folded(bytes_slice(type, 0, strlen(wanted)), bytes_of(wanted));
}

static void send_stream_head(struct turn *t, const struct http_head *h)
{
	struct text head;

	text_init(&head, NULL);
	text_addf(&head, "HTTP/1.1 %u %s\r\n", h->status, http_reason(h->status));
	add_line(&head, BYTES("Content-Type"), http_field_value(h, "content-type"));
	text_add_string(&head, "Cache-Control: no-cache\r\nX-Accel-Buffering: no\r\nTransfer-Encoding: chunked\r\nMerlon-Exchange: ");
	text_add_hex(&head, (struct bytes){t->id, sizeof t->id});
	text_add_string(&head, "\r\n\r\n");
	session_send(t->session, text_bytes(&head));
	text_finish(&head);
	t->head_sent = true;
}

static bool take_head(struct turn *t)
{
	const struct http_head *h = &t->link->answer.head;

	if (h->status < 200)
		return true;
	t->status = h->status;
	begin_answer(t);
	struct bytes encoding = http_field_value(h, "content-encoding");
	if (encoding.len > 0 && !bytes_equal_folded(encoding, BYTES("identity"))) {
		turn_refuse(t, &(struct refusal){502, "upstream_encoded", "The model's answer came in an encoding nobody asked for, and was not read."});
		return false;
	}
	t->streams = t->route->action == ROUTE_EXAMINE && h->status < 300 && is_stream(t, h);
	if (t->streams) {
		shared_count(t->door->shared, COUNT_STREAMS, 1);
		framing_init(&t->framing, t->dialect->framing);
		send_stream_head(t, h);
	}
	return true;
}

static void send_chunk(struct turn *t, struct bytes raw)
{
	char size[24];
	int len = snprintf(size, sizeof size, "%zx\r\n", raw.len);

	session_send(t->session, (struct bytes){(unsigned char *)size, (size_t)len});
	session_send(t->session, raw);
	session_send(t->session, BYTES("\r\n"));
}

/* Whole events go on as they came; the last one waits until the record is handed over. */
static bool pass_events(struct turn *t, struct bytes body)
{
	struct framed event;

	if (!framing_feed(&t->framing, body)) {
		turn_refuse(t, &(struct refusal){502, "not_examined", "The model sent an event longer than any that is read."});
		return false;
	}
	while (framing_next(&t->framing, &t->event, &event)) {
		t->events++;
		shared_count(t->door->shared, COUNT_EVENTS, 1);
		hash_answer(t, event.raw);
		if (event.data.len > 0 && !examine(t, event.name, event.data)) {
			turn_refuse(t, &(struct refusal){502, "not_examined", "The model's answer could not be understood, and is not passed on."});
			return false;
		}
		send_chunk(t, event.raw);
	}
	if (session_is_slow(t->session))
		turn_pause(t, true);
	return true;
}

static bool take_body(struct turn *t, struct bytes body)
{
	if (t->status == 0)
		return true;
	timer_set(t->door->loop, &t->patience, PATIENCE_MS);
	if (t->streams)
		return pass_events(t, body);
	hash_answer(t, body);
	text_add(&t->held, body);
	if (t->held.len <= ANSWER_MOST)
		return true;
	turn_refuse(t, &(struct refusal){502, "not_examined", "The model's answer is longer than any that is read."});
	return false;
}

static void finish_stream(struct turn *t)
{
	if (!t->answer.ended) {
		turn_refuse(t, &(struct refusal){502, "upstream_cut", "The model's answer was cut off before its end."});
		return;
	}
	shared_count(t->door->shared, COUNT_ANSWERED, 1);
	struct session *s = t->session;
	evidence_of(t, "answered", "");
	session_send(s, BYTES("0\r\n\r\n"));
	come_to_end(t, "answered", "", true);
}

static void finish_whole(struct turn *t)
{
	struct bytes type = http_field_value(&t->link->answer.head, "content-type");

	if (t->route->action == ROUTE_EXAMINE && t->held.len > 0 && !examine(t, BYTES(""), text_bytes(&t->held)) && t->status < 300) {
		turn_refuse(t, &(struct refusal){502, "not_examined", "The model's answer could not be understood, and is not passed on."});
		return;
	}
	shared_count(t->door->shared, COUNT_ANSWERED, 1);
	evidence_of(t, "answered", "");
	send_whole(t, t->status, type.len ? type : BYTES("application/octet-stream"), text_bytes(&t->held), true);
	come_to_end(t, "answered", "", true);
}

static void finish_answer(struct turn *t)
{
	if (t->status == 0)
		return;         /* an interim answer: the real one follows */
	t->ended_ms = loop_now(t->door->loop);
	if (t->streams)
		finish_stream(t);
	else
		finish_whole(t);
}

static void answer_input(struct link *link, struct bytes in)
{
	struct turn *t = link->owner;

	for (;;) {
		switch (http_next(&link->answer, &in)) {
		case HTTP_NEEDS_MORE: return;
		case HTTP_HAS_HEAD:
			if (!take_head(t))
				return;
			break;
		case HTTP_HAS_BODY:
			if (!take_body(t, text_bytes(&link->answer.body)))
				return;
			if (link->answer.complete) {
				finish_answer(t);
				return;
			}
			break;
		case HTTP_IS_OVER:
			if (t->status > 0) {
				finish_answer(t);
				return;
			}
			break;
		case HTTP_IS_BAD:
			turn_refuse(t, &(struct refusal){502, "upstream_http", "The model's server answered with broken HTTP."});
			return;
		}
	}
}

/* ---- the upstream ---- */

static void send_upstream(struct turn *t);

static void answer_gone(struct link *link, const char *why)
{
	struct turn *t = link->owner;
	bool nothing_yet = t->status == 0 && link->answer.raw.len == 0;

	(void)why;
	/* An answer without a length ends with its connection; and a stream that has said it is over is. */
	if ((link->answer.has_head && http_end(&link->answer)) || (t->streams && t->answer.ended)) {
		finish_answer(t);
		return;
	}
	upstream_give_back(link, false);
	t->link = NULL;
	/* A kept connection that the server had just ended: nothing of the request was read. */
	if (nothing_yet && link->reused && t->retries++ < RETRIES_MOST) {
		send_upstream(t);
		return;
	}
	turn_refuse(t, t->head_sent ? &(struct refusal){502, "upstream_cut", "The model's answer was cut off before its end."}
				    : &(struct refusal){502, "upstream_gone", "The model's server cannot be reached."});
}

static void send_upstream(struct turn *t)
{
	t->link = upstream_lend(t->door->upstream);
	if (!t->link) {
		turn_refuse(t, &(struct refusal){502, "upstream_gone", "The model's server cannot be reached."});
		return;
	}
	t->link->owner = t;
	t->link->input = answer_input;
	t->link->gone = answer_gone;
	connection_send(&t->link->connection, text_bytes(&t->to_send));
	timer_set(t->door->loop, &t->patience, PATIENCE_MS);
}

/* ---- go ---- */

static void read_request(void *arg)
{
	struct turn *t = arg;

	t->dialect->request(&t->request, &(struct heading){.method = t->method, .path = t->target, .field = field_of, .owner = t->head}, text_bytes(&t->body));
}

void turn_go(struct turn *t)
{
	if (t->route->action == ROUTE_EXAMINE && !arena_run(&t->arena, read_request, t))
		exchange_fail(&t->request, "needs more memory to be understood than it may have");
	if (t->request.why) {
		char message[200];
		snprintf(message, sizeof message, "The request was not let through, because it could not be examined: it %s.", t->request.why);
		shared_count(t->door->shared, COUNT_NOT_EXAMINED, 1);
		turn_refuse(t, &(struct refusal){400, "not_examined", message});
		return;
	}
	evidence_begins(t);
	if (t->body.len > 0)
		text_addf(&t->to_send, "Content-Length: %zu\r\n", t->body.len);
	text_add_string(&t->to_send, "\r\n");
	text_add(&t->to_send, text_bytes(&t->body));
	send_upstream(t);
}

void turn_pause(struct turn *t, bool paused)
{
	if (t->link && connection_is_open(&t->link->connection))
		connection_pause(&t->link->connection, paused);
}

/* ---- end ---- */

static void come_to_end(struct turn *t, const char *outcome, const char *why, bool keep)
{
	struct session *s = t->session;
	bool whole = t->link && t->link->answer.complete;

	evidence_of(t, outcome, why);
	if (t->link)
		upstream_give_back(t->link, whole);
	t->link = NULL;
	session_turn_is_over(s, keep);
}

void turn_abandon(struct turn *t, const char *outcome, const char *why)
{
	shared_count(t->door->shared, COUNT_LEFT, 1);
	evidence_of(t, outcome, why);
}
