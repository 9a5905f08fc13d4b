#include "gateway/evidence.h"

#include "base/time.h"
#include "gateway/hold.h"
#include "syntax/json.h"

/* Members stand in the order of their keys: that is what makes the records canonical. */

enum { NAME_MOST = 200, ASKED_USUAL = 768 };

static inline struct bytes bounded(struct bytes value)
{
	return bytes_slice(value, 0, NAME_MOST);
}

static inline void add_bounded(struct text *t, const char *key, struct bytes value)
{
	text_add_member(t, key, bounded(value));
}

static struct bytes upstream_name(const struct turn *t)
{
	return t->upstream ? bounded(bytes_of(t->upstream->name)) : BYTES("");
}

static const char *dialect_name(const struct turn *t)
{
	return t->dialect ? t->dialect->name : "";
}

/* On a route that only lists, what has a body is not looked at. */
static enum examined examined(const struct turn *t, const struct exchange *x, uint64_t bytes)
{
	bool read = t->of_dialect && t->of_dialect->action == ROUTE_EXAMINE;

	return read || bytes == 0 ? exchange_examined(x, bytes) : EXAMINED_NOT;
}

static enum examined request_examined(const struct turn *t)
{
	return t->upstream || t->body.len ? examined(t, &t->request, t->body.len) : EXAMINED_NOT;
}

static void add_answer(struct text *out, struct turn *t)
{
	text_add_key(out, "answer");
	text_add_byte(out, '{');
	text_add_member_number(out, "bytes", t->answer_bytes);
	if (t->status) {
		struct digest d = hasher_end(&t->answer_hash);
		text_add_member_hex(out, "digest", digest_bytes(&d));
	}
	text_add_key(out, "ended");
	text_add_string(out, t->answer.ended ? "true" : "false");
	text_add_member_number(out, "events", t->events);
	text_add_member_word(out, "examined", examined_name(t->status ? examined(t, &t->answer, t->answer_bytes) : EXAMINED_NOT));
	add_bounded(out, "finish", t->answer.finish);
	if (t->left_out)
		text_add_member_number(out, "left-out", t->left_out);
	add_bounded(out, "model", t->answer.model);
	text_add_member_number(out, "status", t->status);
	text_add_member_number(out, "text-bytes", t->answer.text_bytes);
	text_add_member_number(out, "tool-calls", t->tools_called);
	text_add_byte(out, '}');
}

static void add_request(struct text *out, struct turn *t)
{
	struct digest digest = turn_digest(t, text_bytes(&t->body));
	uint64_t tools = 0;

	for (const struct piece *p = t->request.pieces; p; p = p->next)
		tools += p->kind == PIECE_TOOL_DEFINITION;
	text_add_key(out, "request");
	text_add_byte(out, '{');
	text_add_member_number(out, "bytes", t->body.len);
	text_add_member_hex(out, "digest", digest_bytes(&digest));
	text_add_member_word(out, "examined", examined_name(request_examined(t)));
	add_bounded(out, "model", t->request.model);
	text_add_member_number(out, "pieces", t->request.piece_count);
	text_add_key(out, "stream");
	text_add_string(out, t->request.stream ? "true" : "false");
	text_add_member_number(out, "text-bytes", t->request.text_bytes);
	text_add_member_number(out, "tools", tools);
	text_add_byte(out, '}');
}

static uint64_t since(const struct turn *t, int64_t at_ms)
{
	return at_ms > t->begun_ms ? (uint64_t)(at_ms - t->begun_ms) : 0;
}

static void add_route(struct text *out, const struct turn *t)
{
	struct text route;

	text_init(&route, NULL);
	text_add(&route, t->method);
	text_add_byte(&route, ' ');
	text_add(&route, bounded(turn_endpoint(t)));
	add_bounded(out, "route", text_bytes(&route));
	text_finish(&route);
}

/* Its server may have read it, whether an answer came or not. */
static bool was_sent(const struct turn *t)
{
	return t->status || t->reached || (t->link && t->link->reached);
}

/*
 * As the model reported it, unless that is nothing although it said something;
 * else by what passed through.  One that counts as it begins and then breaks
 * off has said more than it counted.  What never reached a model used nothing.
 */
static struct usage used(const struct turn *t)
{
	struct usage u = t->answer.usage;
	uint64_t said = (t->answer.text_bytes + 3) / 4;

	u.known &= (u.input | u.output) > 0 || said == 0;
	if (!u.known)
		u.input = was_sent(t) ? t->input_estimate : 0;
	if (!u.known || (!t->answer.ended && u.output < said)) {
		u.output = said;
		u.known = false;
	}
	return u;
}

static void add_rest(struct text *out, const struct turn *t, const char *why)
{
	struct usage u = used(t);

	text_add_key(out, "timings");
	text_add_byte(out, '{');
	text_add_member_number(out, "end-ms", since(t, loop_now(t->door->loop)));
	text_add_member_number(out, "first-ms", since(t, t->first_ms));
	text_add_byte(out, '}');
	text_add_key(out, "tokens");
	text_add_byte(out, '{');
	text_add_member_number(out, "input", u.input);
	text_add_member_number(out, "output", u.output);
	text_add_key(out, "reported");
	text_add_string(out, u.known ? "true}" : "false}");
	text_add_member(out, "upstream", upstream_name(t));
	add_bounded(out, "why", bytes_of(why));
}

static void add_caller(struct text *out, const struct turn *t)
{
	const struct caller *c = t->caller;

	add_bounded(out, "caller", c ? c->name : BYTES(""));
	text_add_member_word(out, "caller-proof", c && c->proof ? c->proof : "");
	add_bounded(out, "caller-team", c ? c->team : BYTES(""));
	text_add_member_word(out, "dialect", dialect_name(t));
	text_add_member_word(out, "id", t->id_text);
}

/* What is known once the request is read stands in the journal and in the record: it is written once. */
static void write_asked(struct turn *t)
{
	if (t->asked.len > 0)
		return;
	text_reserve(&t->asked, ASKED_USUAL);
	add_caller(&t->asked, t);
	t->asked_by = t->asked.len;
	add_request(&t->asked, t);
	add_route(&t->asked, t);
}

/* What stands in the record beside the facts (policy/recorded.c reads it there). */
static struct said said_of(const struct turn *t)
{
	const struct caller *c = t->caller;

	return (struct said){.caller = c ? bounded(c->name) : BYTES(""), .team = c ? bounded(c->team) : BYTES(""), .upstream = upstream_name(t), .dialect = bytes_of(dialect_name(t)),
			     .model = bounded(t->request.model), .answered = bounded(t->answer.model), .request = request_examined(t)};
}

static void write_body(struct text *out, struct turn *t, const char *outcome, const char *why)
{
	write_asked(t);
	text_add_byte(out, '{');
	add_answer(out, t);
	hold_record(t, out, true);
	text_add_byte(out, ',');
	text_add(out, bytes_slice(text_bytes(&t->asked), 0, t->asked_by));
	text_add_member_word(out, "outcome", outcome);
	if (t->inspection) {
		struct said said = said_of(t);
		text_add_key(out, "policy");
		inspection_record(t->inspection, &said, out);
	}
	text_add(out, bytes_from(text_bytes(&t->asked), t->asked_by));
	add_rest(out, t, why);
	text_add_byte(out, '}');
}

/* The same while there is no answer yet, for the journal: it has no room for what the policy said. */
static void write_unfinished(struct text *out, struct turn *t)
{
	write_asked(t);
	text_add(out, BYTES("{\"answer\":{\"bytes\":0,\"ended\":false,\"events\":0,\"examined\":\"not\",\"finish\":\"\",\"model\":\"\",\"status\":0,\"text-bytes\":0,\"tool-calls\":0}"));
	hold_record(t, out, false);
	text_add_byte(out, ',');
	text_add(out, bytes_slice(text_bytes(&t->asked), 0, t->asked_by));
	text_add(out, BYTES(",\"outcome\":\"lost\""));
	text_add(out, bytes_from(text_bytes(&t->asked), t->asked_by));
	text_add(out, BYTES(",\"timings\":{\"end-ms\":0,\"first-ms\":0},\"tokens\":{\"input\":0,\"output\":0,\"reported\":false}"));
	text_add_member(out, "upstream", upstream_name(t));
	text_add(out, BYTES(",\"why\":\"the process that served it ended\"}"));
}

bool evidence_begins(struct turn *t)
{
	struct text *out = &t->door->evidence;

	text_clear(out);
	write_unfinished(out, t);
	t->place = recorder_begin(&t->door->recorder, t->id, t->salt, text_bytes(out));
	return t->place >= 0;
}

static void settle(struct turn *t)
{
	struct usage u = used(t);

	if (t->door->config->budgets)
		budgets_settle(t->door->config->budgets, &t->reservation, u.input, u.output, time_now_ms());
}

void evidence_of(struct turn *t, const char *outcome, const char *why)
{
	struct text *out = &t->door->evidence;

	if (t->recorded)
		return;
	t->recorded = true;
	if (t->request.why || t->answer.why)
		shared_count(t->door->shared, COUNT_NOT_EXAMINED, 1);
	shared_count(t->door->shared, COUNT_TOKENS_IN, t->answer.usage.input);
	shared_count(t->door->shared, COUNT_TOKENS_OUT, t->answer.usage.output);
	shared_measure(&t->door->shared->whole, loop_now(t->door->loop) - t->begun_ms);
	if (t->first_ms)
		shared_measure(&t->door->shared->first, t->first_ms - t->begun_ms);
	settle(t);
	text_clear(out);
	write_body(out, t, outcome, why);
	recorder_end(&t->door->recorder, t->place, t->id, t->salt, text_bytes(out));
}
