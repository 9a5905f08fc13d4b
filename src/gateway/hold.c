#include "gateway/hold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "syntax/json.h"

bool hold_is_possible(const struct turn *t)
{
	return t->door->config->holds.wait_ms > 0 && t->door->board;
}

/* The tool that is called; of several the last. */
static void note_tool(struct hold *h, const struct exchange *half)
{
	for (const struct piece *p = half->pieces; p; p = p->next) {
		if (p->kind != PIECE_TOOL_CALL || p->name.len == 0)
			continue;
		h->question.tool = hold_text(p->name);
		h->question.arguments = turn_digest(h->turn, p->text);
	}
}

struct hold *hold_prepare(struct turn *t, const struct exchange *half, bool answer, const struct ruling *ruling, struct bytes body)
{
	const struct hold_terms *terms = &t->door->config->holds;
	struct hold *h = calloc(1, sizeof *h), **last = &t->holds;

	if (!h)
		abort();
	while (*last)
		last = &(*last)->next;
	*last = h;
	h->turn = t;
	h->body = body;
	memcpy(h->question.id, t->id_text, sizeof h->question.id);
	h->question.answer = answer;
	h->question.digest = turn_digest(t, body);
	h->question.caller = hold_text(t->caller->name);
	h->question.route = hold_text(t->route->name);
	h->question.model = hold_text(half->model.len > 0 ? half->model : t->request.model);
	h->question.rule = hold_text(ruling->rule);
	h->question.approvals = ruling->approvals > terms->approvals ? ruling->approvals : terms->approvals;
	note_tool(h, half);
	return h;
}

static void refuse(struct turn *t, unsigned status, const char *code, const char *what, const struct hold *h)
{
	char message[400];

	snprintf(message, sizeof message, "%s (rule \"%.*s\" of the policy).", what, (int)h->question.rule.len, h->question.rule.at);
	turn_refuse(t, &(struct refusal){status, code, message});
}

static unsigned count_of_caller(const struct door *door, const struct caller *caller)
{
	unsigned count = 0;

	for (const struct hold *h = door->holds; h; h = h->beside)
		count += bytes_equal(h->turn->caller->name, caller->name);
	return count;
}

void hold_wait(struct hold *h)
{
	struct door *door = h->turn->door;

	/* It may be long until somebody answers, and what was read of it waits with it. */
	if (!turn_holds(h->turn))
		return;
	h->question.since_ms = time_now_ms();
	h->question.expires_ms = h->question.since_ms + door->config->holds.wait_ms;
	h->since_ms = loop_now(door->loop);
	h->until_ms = h->since_ms + door->config->holds.wait_ms;
	if (count_of_caller(door, h->turn->caller) >= door->config->holds.most_of_one) {
		refuse(h->turn, 429, "held", "A person has to agree to it, and as much of yours waits for one as may", h);
		return;
	}
	if (door->hold_count < door->config->holds.most)
		h->place = holds_ask(door->board, &h->question);
	if (!h->place) {
		refuse(h->turn, 429, "held", "A person has to agree to it, and too much waits for one already", h);
		return;
	}
	shared_count(door->shared, COUNT_HELD, 1);
	h->beside = door->holds;
	h->at = &door->holds;
	if (h->beside)
		h->beside->at = &h->beside;
	door->holds = h;
	door->hold_count++;
}

/* It does not wait any more. */
static void leave(struct hold *h)
{
	struct door *door = h->turn->door;

	holds_leave(h->place, &h->outcome);
	h->place = NULL;
	h->waited_ms = loop_now(door->loop) - h->since_ms;
	*h->at = h->beside;
	if (h->beside)
		h->beside->at = h->at;
	door->hold_count--;
}

void hold_forget(struct turn *t)
{
	for (struct hold *h = t->holds, *next; h; h = next) {
		next = h->next;
		if (h->place)
			leave(h);
		free(h);
	}
	t->holds = NULL;
}

/* What goes on is what they were asked about, to the byte. */
static bool is_unchanged(const struct hold *h)
{
	struct digest now = turn_digest(h->turn, h->question.answer ? h->body : h->turn->to_ask);

	return digest_equal(now, h->question.digest);
}

static void go_on(struct hold *h)
{
	struct turn *t = h->turn;

	if (!h->outcome.agrees) {
		shared_count(t->door->shared, COUNT_NOT_APPROVED, 1);
		refuse(t, 403, "refused", "A person has refused it", h);
		return;
	}
	shared_count(t->door->shared, COUNT_APPROVED, 1);
	if (!is_unchanged(h))
		refuse(t, 403, "held", "It is not what a person agreed to", h);
	else if (h->question.answer)
		answer_send(t, h->body);
	else
		judge_agreed(t);
}

/* False when it still waits. */
static bool look(struct hold *h)
{
	struct turn *t = h->turn;
	struct window *window = &t->door->board->window;
	bool same = memcmp(&h->place->question, &h->question, sizeof h->question) == 0;

	if (same && !holds_look(h->place) && loop_now(t->door->loop) < h->until_ms) {
		if (window_asks_for(window, h->question.id) && window_take(window, h->question.id))
			hold_paint(h, window);
		return false;
	}
	leave(h);
	h->outcome.decided &= same;
	if (h->outcome.decided) {
		go_on(h);
		return true;
	}
	shared_count(t->door->shared, COUNT_NOT_APPROVED, 1);
	refuse(t, 403, "held", h->question.approvals > 1 ? "Several persons have to agree to it, and not all of them did in time" : "A person has to agree to it, and nobody did in time", h);
	return true;
}

void hold_look(struct door *door)
{
	/* A turn that goes on may take others of its connection with it: begun again each time. */
	for (struct hold *h = door->holds; h;)
		h = look(h) ? door->holds : h->beside;
}

void hold_refuse_all(struct door *door)
{
	while (door->holds) {
		struct hold *h = door->holds;
		leave(h);
		shared_count(door->shared, COUNT_NOT_APPROVED, 1);
		refuse(h->turn, 503, "held", "A person has to agree to it, and the gateway is about to end", h);
	}
}

/* ---- record: members in the order of their keys ---- */

/* One decision; NULL: none, or none that was the last. */
static void add_hold(struct text *out, const struct hold *h, const struct hold_decision *d, bool whole)
{
	text_add_byte(out, '{');
	if (whole && h->question.tool.len > 0)
		text_add_member_hex(out, "arguments", digest_bytes(&h->question.arguments));
	if (d)
		text_add_member(out, "by", hold_bytes(&d->by));
	text_add_member(out, "decision", bytes_of(!d ? "none" : d->agrees ? "approve" : "refuse"));
	text_add_member_hex(out, "digest", digest_bytes(&h->question.digest));
	text_add_member(out, "half", bytes_of(h->question.answer ? "answer" : "request"));
	if (d)
		text_add_member(out, "key", hold_bytes(&d->key));
	text_add_member_number(out, "of", h->question.approvals);
	if (d)
		text_add_member(out, "reason", hold_bytes(&d->reason));
	if (whole) {
		text_add_member(out, "rule", hold_bytes(&h->question.rule));
		text_add_member(out, "tool", hold_bytes(&h->question.tool));
	}
	if (d) {
		text_add_member_number(out, "uid", d->uid);
		text_add_member(out, "user", hold_bytes(&d->user));
	}
	if (whole)
		text_add_member_number(out, "waited-ms", (uint64_t)(h->place ? loop_now(h->turn->door->loop) - h->since_ms : h->waited_ms));
	text_add_byte(out, '}');
}

void hold_record(const struct turn *t, struct text *out, bool whole)
{
	if (!t->holds)
		return;
	text_add_key(out, "approvals");
	text_add_byte(out, '[');
	for (const struct hold *h = t->holds; h; h = h->next) {
		unsigned count = h->outcome.count + !h->outcome.decided;
		for (unsigned i = 0; i < count; i++) {
			text_add_string(out, h == t->holds && i == 0 ? "" : ",");
			add_hold(out, h, i < h->outcome.count ? &h->outcome.decisions[i] : NULL, whole);
		}
	}
	text_add_byte(out, ']');
}
