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

RARELY static bool refuse(struct turn *t, const struct ruling *r)
{
	char message[400];

	snprintf(message, sizeof message, "The policy of this gateway %s (rule \"%.*s\").%s%.*s", r->measure == MEASURE_HOLD ? "wants a person to look at it first" : "does not allow it",
		 (int)bytes_slice(r->rule, 0, 80).len, r->rule.at, r->message.len ? " " : "", (int)bytes_slice(r->message, 0, 200).len, r->message.at);
	turn_refuse(t, &(struct refusal){403, r->measure == MEASURE_HOLD ? "held" : "denied", message});
	return false;
}

/* True when it may go on; else it was refused. */
static bool enforce(struct turn *t, const struct ruling *r)
{
	return r->measure < MEASURE_HOLD || refuse(t, r);
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

/* Where the client stands: not all that has been read of a stream has gone out. */
static struct exchange gone_out(struct turn *t, void *state)
{
	struct exchange so_far = t->before ? *t->before : t->answer;
	bool judged = t->inspection && !t->unjudged;
	const void *given = t->before ? t->before->state : judged ? inspection_state(t->inspection) : NULL;

	if (t->before || judged)
		so_far.state = given ? memcpy(state, given, t->dialect->state_size) : state;
	return so_far;
}

void judge_write_stop(struct turn *t, struct text *out, const struct refusal *r)
{
	void *state = calloc(1, t->dialect->state_size + 1);

	if (!state)
		abort();
	struct exchange so_far = gone_out(t, state);
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
	struct turn *t = j->t;
	struct bytes out;

	while (inspection_next(t->inspection, &out)) {
		if (t->before)
			text_add(&t->held, out);
		else
			t->reply->body(t->reply, out);
	}
	j->ruling = (struct ruling){0};
}

/* A stream that ends is gathered for a person to see, where anybody is asked; of one without an end they never would. */
static bool may_gather(const struct turn *t)
{
	return hold_is_possible(t) && !t->request.endless;
}

static void begin_gathering(void *arg)
{
	struct judging *j = arg;
	struct turn *t = j->t;

	struct exchange *before = arena_new(&t->arena, struct exchange);
	*before = gone_out(t, arena_alloc(&t->arena, 1, t->dialect->state_size + 1));
	t->before = before;
	inspection_gather(t->inspection);
}

/* False when there is more of it than is kept. */
static bool has_room(struct turn *t)
{
	if (t->held.len <= t->route->answer_most)
		return true;
	turn_refuse(t, &(struct refusal){403, "held", "A person has to agree to it, and it is longer than what is kept for one."});
	return false;
}

/* What was let go before the ruling goes out first. */
static bool pass_on(struct judging *j, void (*judge)(void *))
{
	struct turn *t = j->t;
	struct ruling r = run(j, judge);

	if (r.measure == MEASURE_HOLD && !t->before && may_gather(t) && !arena_run(&t->arena, begin_gathering, j))
		return enforce(t, &r);
	struct ruling sent = run(j, send_next);
	j->ruling = r;
	if (t->before && r.measure == MEASURE_HOLD)
		return enforce(t, &sent) && has_room(t);
	return enforce(t, &r) && enforce(t, &sent);
}

bool judge_event_passes(struct turn *t, const struct exchange *part, struct bytes raw, struct bytes data)
{
	return pass_on(&(struct judging){.t = t, .part = part, .raw = raw, .data = data}, judge_event);
}

bool judge_stream_ends(struct turn *t)
{
	struct judging j = {.t = t};

	if (!pass_on(&j, judge_end))
		return false;
	if (!t->before)
		return true;
	struct exchange rest;
	bool read = hold_read_rest(t, &t->event, text_bytes(&t->held), &rest);
	struct hold *hold = read ? hold_prepare(t, &rest, true, &j.ruling, text_bytes(&t->held)) : NULL;
	arena_finish(&t->event);
	/* The turn may be over with this. */
	if (hold)
		hold_wait(hold);
	else
		turn_refuse(t, &(struct refusal){403, "held", "A person has to agree to it, and it cannot be put before one."});
	return false;
}
