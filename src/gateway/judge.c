#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/hold.h"

/* What the policy of the route says of an exchange, and what of it may go on. */

struct judging {
	struct turn *t;
	const struct exchange *part;
	struct bytes raw, data;
	struct text edited;
	struct ruling ruling;
};

/* All that a policy needs to be looked at lies in the exchange's arena; past its end nothing goes on. */
static struct ruling run(struct judging *j, void (*body)(void *))
{
	if (arena_run(&j->t->arena, body, j))
		return j->ruling;
	return (struct ruling){.measure = MEASURE_DENY, .rule = BYTES("memory"), .message = BYTES("It would take more memory to judge than there may be.")};
}

/* True when it may go on; else it was refused. */
static bool enforce(struct turn *t, const struct ruling *r)
{
	char message[400];

	if (r->measure < MEASURE_HOLD)
		return true;
	snprintf(message, sizeof message, "The policy of this gateway %s (rule \"%.*s\").%s%.*s", r->measure == MEASURE_HOLD ? "wants a person to look at it first" : "does not allow it",
		 (int)bytes_slice(r->rule, 0, 80).len, r->rule.at, r->message.len ? " " : "", (int)bytes_slice(r->message, 0, 200).len, r->message.at);
	turn_refuse(t, &(struct refusal){403, r->measure == MEASURE_HOLD ? "held" : "denied", message});
	return false;
}

/* ---- request ---- */

static void judge_request(void *arg)
{
	struct judging *j = arg;
	struct turn *t = j->t;

	t->inspection = inspection_begin(&t->arena, t->route->policy, &t->circumstances);
	text_init(&j->edited, &t->arena);
	j->ruling = inspection_request(t->inspection, &t->request, &j->edited);
}

bool judge_may_ask(struct turn *t)
{
	struct judging j = {.t = t};

	t->circumstances = (struct circumstances){.caller = t->caller, .route = t->route->name, .upstream = bytes_of(t->upstream->name), .method = t->method, .path = t->target,
						  .purposes = t->needs.purposes, .at_ms = t->begun_at_ms};
	struct ruling r = run(&j, judge_request);
	if (r.edited)
		t->to_ask = text_bytes(&j.edited);
	if (r.measure != MEASURE_HOLD || !hold_is_possible(t))
		return enforce(t, &r);
	hold_prepare(t, &t->request, false, &r, t->to_ask);
	return true;
}

void judge_agreed(struct turn *t)
{
	inspection_agree(t->inspection);
	turn_ask(t);
}

/* ---- whole answers ---- */

static void judge_answer(void *arg)
{
	struct judging *j = arg;

	text_init(&j->edited, &j->t->arena);
	j->ruling = inspection_answer(j->t->inspection, j->part, &j->edited);
}

bool judge_may_answer(struct turn *t, const struct exchange *answer, struct bytes *body)
{
	struct judging j = {.t = t, .part = answer};

	t->circumstances.upstream = bytes_of(t->upstream->name);
	struct ruling r = run(&j, judge_answer);
	if (r.edited)
		*body = text_bytes(&j.edited);
	if (r.measure != MEASURE_HOLD || !hold_is_possible(t))
		return enforce(t, &r);
	hold_wait(hold_prepare(t, answer, true, &r, *body));
	return false;
}

/* ---- streams ---- */

/* A stream is ended from where the client stands, not from what has been read of it. */
void judge_write_stop(struct turn *t, struct text *out, const struct refusal *r)
{
	struct exchange so_far = t->answer;
	const void *given = t->inspection ? inspection_state(t->inspection) : NULL;
	void *state = calloc(1, t->dialect->state_size + 1);

	if (!state)
		abort();
	if (t->inspection)
		so_far.state = given ? memcpy(state, given, t->dialect->state_size) : state;
	t->dialect->stop(out, &so_far, r->code, r->message);
	free(state);
}

static void judge_event(void *arg)
{
	struct judging *j = arg;

	j->ruling = inspection_event(j->t->inspection, j->part, j->raw, j->data);
}

static void judge_end(void *arg)
{
	struct judging *j = arg;

	j->ruling = inspection_end(j->t->inspection);
}

static void send_next(void *arg)
{
	struct judging *j = arg;
	struct bytes out;

	while (inspection_next(j->t->inspection, &out))
		j->t->reply->body(j->t->reply, out);
	j->ruling = (struct ruling){0};
}

/* What was let go before the ruling goes out first. */
static bool pass_on(struct judging *j, void (*judge)(void *))
{
	struct ruling r = run(j, judge), sent = run(j, send_next);

	return enforce(j->t, &r) && enforce(j->t, &sent);
}

bool judge_event_passes(struct turn *t, const struct exchange *part, struct bytes raw, struct bytes data)
{
	return pass_on(&(struct judging){.t = t, .part = part, .raw = raw, .data = data}, judge_event);
}

bool judge_stream_ends(struct turn *t)
{
	return pass_on(&(struct judging){.t = t}, judge_end);
}
