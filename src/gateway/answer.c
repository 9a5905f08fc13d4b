#include <stdio.h>
#include <string.h>

#include "gateway/evidence.h"
#include "gateway/turn.h"

/* The answer of an upstream, as it comes: examined, then passed on. */

enum { FIELDS_MOST = 24 };

/* An event or body is read into an exchange of its own; what outlives it is added up. */
struct reading {
	struct turn *t;
	struct exchange part;
	struct bytes name, data;
};

static void read_part(void *arg)
{
	struct reading *r = arg;
	const struct turn *t = r->t;
	const struct exchange *sum = &t->answer;

	exchange_init_part(&r->part, &r->t->event, sum);
	r->part.model = sum->model;
	r->part.finish = sum->finish;
	r->part.usage = sum->usage;
	if (t->streams)
		t->dialect->event(&r->part, r->name, r->data);
	else
		t->dialect->answer(&r->part, &(struct heading){.method = t->method, .path = t->target, .status = t->status, .field = turn_field, .owner = t->head}, r->data);
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
	if (part->claims && !part->why && t->status < 300)
		pins_learn(&t->door->shared->pins, bytes_of(t->upstream->name), turn_endpoint(t), part->claims);
	for (const struct piece *p = part->pieces; p; p = p->next)
		t->tools_called += p->kind == PIECE_TOOL_CALL && p->name.len > 0;
}

/* False when it cannot be understood, or could not before. */
static bool understand(struct turn *t, struct reading *r)
{
	if (!arena_run(&t->event, read_part, r))
		exchange_fail(&t->answer, "needs more memory to be understood than it may have");
	else
		add_part(t, &r->part);
	return !t->answer.why;
}

static void refuse_unread(struct turn *t)
{
	char message[240];

	snprintf(message, sizeof message, "The answer could not be understood, and is not passed on: it %s.", t->answer.why);
	turn_refuse(t, &(struct refusal){502, "not_examined", message});
}

static void hash_answer(struct turn *t, struct bytes b)
{
	hasher_add(&t->answer_hash, b);
	t->answer_bytes += b.len;
	shared_count(t->door->shared, COUNT_BYTES_OUT, b.len);
}

/* ---- head ---- */

static struct bytes stream_type(const struct turn *t)
{
	return t->dialect->framing == FRAMING_EVENTS ? BYTES("text/event-stream") : BYTES("application/x-ndjson");
}

static bool is_stream(const struct turn *t)
{
	struct bytes wanted = stream_type(t);

	return bytes_equal_folded(bytes_slice(t->type, 0, wanted.len), wanted);
}

/* What a client learns of an answer besides its body; the rest is between this gateway and the upstream. */
static bool goes_down(struct bytes name)
{
	static const struct bytes begins[] = {BYTES("retry-after"), BYTES("x-request-id"), BYTES("request-id"), BYTES("x-ratelimit-"), BYTES("anthropic-ratelimit-"),
					      BYTES("openai-processing-ms"), BYTES("openai-version"), BYTES("mcp-protocol-version")};

	for (size_t i = 0; i < COUNT_OF(begins); i++)
		if (bytes_equal_folded(bytes_slice(name, 0, begins[i].len), begins[i]))
			return true;
	return false;
}

static void keep_fields(struct turn *t, const struct http_head *h)
{
	t->fields = arena_alloc_raw(&t->arena, FIELDS_MOST * sizeof *t->fields);
	t->field_count = 0;
	t->fields[t->field_count++] = (struct http_field){BYTES("Merlon-Exchange"), bytes_of(t->id_text)};
	if (t->type.len > 0)
		t->fields[t->field_count++] = (struct http_field){BYTES("Content-Type"), t->type};
	for (size_t i = 0; i < h->field_count && t->field_count < FIELDS_MOST - 3; i++)
		if (goes_down(h->fields[i].name))
			t->fields[t->field_count++] = (struct http_field){arena_copy(&t->arena, h->fields[i].name), arena_copy(&t->arena, h->fields[i].value)};
	struct bytes session = http_field_value(h, "mcp-session-id");
	if (session.len == 0)
		return;
	t->session = arena_copy(&t->arena, session);
	t->fields[t->field_count++] = (struct http_field){BYTES("Mcp-Session-Id"), mcp_session_name(t->door->shared->mcp_sessions, &t->arena, t->link->server, t->caller->name, t->session)};
}

/* What was read goes on as what it was read as: some clients would read the same bytes in the letters of a charset that the model names. */
static void call_it(struct turn *t, struct bytes type)
{
	size_t at = 0;

	while (at < t->field_count && !bytes_same(t->fields[at].name, "Content-Type"))
		at++;
	t->field_count += at == t->field_count;
	t->fields[at] = (struct http_field){BYTES("Content-Type"), type};
}

static void begin_stream(struct turn *t)
{
	call_it(t, stream_type(t));
	shared_count(t->door->shared, COUNT_STREAMS, 1);
	text_finish(&t->asked);         /* it may be long until that is wanted again, and there may be many of these */
	framing_init(&t->framing, t->dialect->framing, t->route->answer_most);
	t->fields[t->field_count++] = (struct http_field){BYTES("Cache-Control"), BYTES("no-cache")};
	t->fields[t->field_count++] = (struct http_field){BYTES("X-Accel-Buffering"), BYTES("no")};
	t->reply->head(t->reply, t->status, t->fields, t->field_count, HTTP_UNKNOWN);
	t->head_sent = true;
	if (t->request.resumes)
		poll_begin(t);
}

static bool says_not_done(unsigned status)
{
	return status == 429 || status == 503;
}

/* Who only stands before it (502, 504) may not know. */
static bool was_not_done(const struct turn *t, unsigned status)
{
	return says_not_done(status) || (turn_may_repeat(t) && (status == 502 || status == 504));
}

/* In seconds; 0 when it does not say, or says it in another way. */
static unsigned retry_after(struct bytes value)
{
	uint64_t seconds;

	return bytes_to_u64(value, &seconds) && seconds < 86400 ? (unsigned)seconds : 0;
}

/* The head that said so is gone with its link. */
static void ask_less_busy(struct turn *t, unsigned status, unsigned retry_s)
{
	t->choice++;
	t->asked_here = t->asked_again = 0;
	t->reached |= !says_not_done(status);
	if (turn_ask_another(t))
		return;
	t->retry_s = retry_s;
	turn_refuse(t, &(struct refusal){status, "upstream_busy", "The model's servers are busy, and no other may be asked."});
}

static void take_head(struct link *link, const struct http_head *h)
{
	struct turn *t = link->owner;

	server_answered(link->server, h->status);
	/* Somebody else may. */
	if (was_not_done(t, h->status) && t->choice < turn_fallbacks(t)) {
		ask_less_busy(t, h->status, retry_after(http_field_value(h, "retry-after")));
		return;
	}
	struct bytes encoding = http_field_value(h, "content-encoding");
	t->status = h->status;
	t->type = arena_copy(&t->arena, http_field_value(h, "content-type"));
	t->first_ms = loop_now(t->door->loop);
	hasher_begin(&t->answer_hash);
	hasher_add(&t->answer_hash, (struct bytes){t->salt, sizeof t->salt});
	if (encoding.len > 0 && !bytes_equal_folded(encoding, BYTES("identity"))) {
		turn_refuse(t, &(struct refusal){502, "upstream_encoded", "The model's answer came in an encoding nobody asked for, and was not read."});
		return;
	}
	keep_fields(t, h);
	/* Who asked for none reads it whole, whatever it calls itself. */
	bool asked = t->request.stream || t->request.why || t->dialect->streams_unasked;
	t->streams = t->of_dialect->action == ROUTE_EXAMINE && h->status < 300 && h->status != 204 && asked && is_stream(t);
	if (t->streams)
		begin_stream(t);
}

/* ---- body ---- */

/* What cannot be understood goes on only where its route says so; what waited before it goes first. */
static bool pass_unread(struct turn *t, struct bytes raw)
{
	if (!t->route->pass_unexamined || t->before) {
		refuse_unread(t);
		return false;
	}
	if (t->inspection && !t->unjudged) {
		if (!judge_stream_ends(t))
			return false;
		inspection_let_go(t->inspection);
	}
	t->unjudged = true;
	t->reply->body(t->reply, raw);
	return true;
}

/* False when the turn is over. */
static bool pass_event(struct turn *t, const struct framed *event)
{
	struct reading r = {.t = t, .name = event->name, .data = event->data};

	t->events++;
	if (t->polling)
		poll_note(t, event);
	shared_count(t->door->shared, COUNT_EVENTS, 1);
	hash_answer(t, event->raw);
	if (event->why)
		exchange_fail(&t->answer, event->why);
	if (event->why)
		return pass_unread(t, event->raw);
	if (event->data.len == 0)       /* a comment, to keep the connection alive */
		exchange_init(&r.part, &t->event, t->dialect);
	else if (!understand(t, &r))
		return pass_unread(t, event->raw);
	if (t->inspection && !t->unjudged)
		return judge_event_passes(t, &r.part, event->raw, event->data);
	t->reply->body(t->reply, event->raw);
	return true;
}

/* False when the turn is over. */
static bool pass_whole_events(struct turn *t)
{
	struct framed event;

	while (framing_next(&t->framing, &t->event, &event)) {
		if (!pass_event(t, &event))
			return false;
		arena_finish(&t->event);
	}
	return true;
}

static void pass_events(struct turn *t, struct bytes body)
{
	if (!framing_feed(&t->framing, body)) {
		turn_refuse(t, &(struct refusal){502, "not_examined", "The model sent an event longer than any that is read."});
		return;
	}
	if (turn_holds(t) && pass_whole_events(t) && t->reply->is_slow(t->reply))
		turn_pause(t, true);
}

static void take_body(struct link *link, struct bytes body)
{
	struct turn *t = link->owner;

	if (t->request.endless)
		timer_cancel(t->door->loop, &t->patience);
	else if (!t->paused)
		timer_set(t->door->loop, &t->patience, t->upstream->silence_ms);
	if (t->streams) {
		pass_events(t, body);
		return;
	}
	hash_answer(t, body);
	text_add(&t->held, body);
	if (t->held.len > t->route->answer_most)
		turn_refuse(t, &(struct refusal){502, "not_examined", "The model's answer is longer than any that is read."});
	else
		turn_holds(t);
}

/* ---- end ---- */

void answer_is_cut(struct turn *t)
{
	turn_refuse(t, &(struct refusal){502, "upstream_cut", "The model's answer was cut off before its end."});
}

static void finish_stream(struct turn *t)
{
	framing_end(&t->framing);
	if (!pass_whole_events(t))
		return;
	if (!t->answer.ended && !t->request.endless && !t->answer.why) {
		if (!poll_wait(t))
			answer_is_cut(t);
		return;
	}
	/* Another may be asked something while what was gathered waits for a person. */
	timer_cancel(t->door->loop, &t->patience);
	t->link->give_back(t->link);
	t->link = NULL;
	if (t->inspection && !t->unjudged && !judge_stream_ends(t))
		return;
	shared_count(t->door->shared, COUNT_ANSWERED, 1);
	turn_end(t, "answered", "");
}

/* Errors of the model's side come in many forms: one that cannot be read leaves its status, which says whether to try again, and when. */
static void refuse_unread_error(struct turn *t)
{
	char message[160];

	for (size_t i = 0; i < t->field_count; i++)
		if (bytes_equal_folded(t->fields[i].name, BYTES("retry-after")))
			t->retry_s = retry_after(t->fields[i].value);
	snprintf(message, sizeof message, "The model's server answered with status %u, and with words that could not be understood and are not passed on.", t->status);
	turn_refuse(t, &(struct refusal){t->status < 400 ? 502 : t->status, "upstream_error", message});
}

static bool refuse_whole(struct turn *t)
{
	(t->status >= 300 ? refuse_unread_error : refuse_unread)(t);
	return false;
}

/* Which models it tells of has to be known, whatever its route says of what cannot be understood. */
static bool list_may_go_out(struct turn *t, struct bytes *body)
{
	if (!lists_are_limited(t))
		return true;
	if (t->status >= 300 || !lists_leave_out(t, body))
		return refuse_whole(t);
	call_it(t, BYTES("application/json"));
	return true;
}

static bool may_go_out(struct turn *t, struct bytes *body)
{
	struct reading r = {.t = t, .data = *body};

	if (body->len == 0)
		return true;
	if (t->of_dialect->action != ROUTE_EXAMINE)
		return list_may_go_out(t, body);
	if (understand(t, &r)) {
		call_it(t, BYTES("application/json"));
		return !t->inspection || judge_may_answer(t, &r.part, body);
	}
	if (t->route->pass_unexamined && t->inspection)
		inspection_let_go(t->inspection);
	if (t->route->pass_unexamined)
		return true;
	return refuse_whole(t);
}

static void finish_whole(struct turn *t)
{
	struct bytes body = text_bytes(&t->held);

	/* Another may be asked something while this one waits for a person. */
	timer_cancel(t->door->loop, &t->patience);
	t->link->give_back(t->link);
	t->link = NULL;
	if (may_go_out(t, &body))
		answer_send(t, body);
}

void answer_send(struct turn *t, struct bytes body)
{
	shared_count(t->door->shared, COUNT_ANSWERED, 1);
	evidence_of(t, "answered", "");
	if (!t->head_sent)
		t->reply->head(t->reply, t->status, t->fields, t->field_count, body.len);
	t->reply->body(t->reply, body);
	turn_end(t, "answered", "");
}

static void take_end(struct link *link)
{
	struct turn *t = link->owner;

	t->ended_ms = loop_now(t->door->loop);
	if (t->streams)
		finish_stream(t);
	else
		finish_whole(t);
}

/*
 * Another server is asked where this one cannot have done anything: it was
 * not reached, or ended a connection that had been kept before a byte came
 * back - the last only for what may be asked twice.
 */
static void take_loss(struct link *link, const char *why)
{
	struct turn *t = link->owner;
	bool safe = !link->reached || (link->reused && turn_may_repeat(t));

	(void)why;
	/* A stream that has said that it is over is. */
	if (t->streams && (t->answer.ended || t->request.endless)) {
		take_end(link);
		return;
	}
	/* It may be asked again, on a new connection; but each no more than once, for others are to have their turn. */
	if (link->reused && t->asked_again < t->upstream->server_count) {
		server_forget(link->server);
		t->asked_here--;
		t->asked_again++;
	} else if (!link->told) {
		server_broke_off(link->server, t->status);
	}
	if (t->status == 0 && safe && turn_ask_another(t))
		return;
	if (t->streams && poll_wait(t))
		return;
	if (t->head_sent)
		answer_is_cut(t);
	else
		turn_refuse(t, &(struct refusal){502, "upstream_gone", "The model's server cannot be reached."});
}

void answer_listen(struct turn *t)
{
	t->link->owner = t;
	t->link->head = take_head;
	t->link->body = take_body;
	t->link->over = take_end;
	t->link->gone = take_loss;
}
