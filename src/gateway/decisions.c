#include "gateway/decisions.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "syntax/json.h"

void decisions_open(struct decisions *d, struct loop *loop, int recorder)
{
	const struct passwd *p = getpwuid(geteuid());

	d->own = geteuid();
	d->own_name = hold_text(bytes_of(p ? p->pw_name : ""));
	recorder_open(&d->recorder, loop, recorder, -1, d->shared);
}

/* ---- what waits: members in the order of their keys ---- */

static void add_time(struct text *out, const char *key, int64_t at_ms)
{
	text_add_key(out, key);
	text_add_byte(out, '"');
	text_add_time(out, at_ms);
	text_add_byte(out, '"');
}

static void add_question(struct text *out, const struct hold_question *q)
{
	text_add_byte(out, '{');
	if (q->tool.len > 0)
		text_add_member_hex(out, "arguments", digest_bytes(&q->arguments));
	text_add_member(out, "caller", hold_bytes(&q->caller));
	text_add_member_hex(out, "digest", digest_bytes(&q->digest));
	add_time(out, "expires", q->expires_ms);
	text_add_member(out, "half", bytes_of(q->answer ? "answer" : "request"));
	text_add_member(out, "id", bytes_of(q->id));
	text_add_member(out, "model", hold_bytes(&q->model));
	text_add_member(out, "route", hold_bytes(&q->route));
	text_add_member(out, "rule", hold_bytes(&q->rule));
	add_time(out, "since", q->since_ms);
	text_add_member(out, "tool", hold_bytes(&q->tool));
	text_add_byte(out, '}');
}

void decisions_list(struct decisions *d, struct text *out)
{
	struct hold_question q;
	bool first = true;

	text_addf(out, "{\"holds\":[");
	for (size_t i = 0; i < HOLDS_MOST; i++) {
		if (!holds_at(d->holds, i, &q))
			continue;
		text_add_string(out, first ? "" : ",");
		add_question(out, &q);
		first = false;
	}
	text_addf(out, "],\"signed\":%s}\n", d->terms->approver_count > 0 ? "true" : "false");
}

void decisions_write_metrics(struct decisions *d, struct text *out)
{
	unsigned waiting = 0;

	for (size_t i = 0; i < HOLDS_MOST; i++)
		waiting += atomic_load(&d->holds->places[i].state) == HOLD_WAITS;
	text_addf(out, "# HELP merlon_held exchanges that wait for a person\n# TYPE merlon_held gauge\nmerlon_held %u\n", waiting);
}

/* ---- what is decided ---- */

static unsigned say(struct text *out, unsigned status, const char *what)
{
	text_addf(out, "%s\n", what);
	return status;
}

/* True when nobody has to sign, or one of those who may has; then `key` says who. */
static bool is_signed_well(const struct hold_terms *terms, struct bytes text, struct hold_decision *decision)
{
	int64_t time_s;

	for (size_t i = 0; i < terms->approver_count; i++) {
		if (note_verify(&terms->approvers[i], text, &time_s) != NOTE_GOOD)
			continue;
		decision->is_signed = true;
		decision->key = hold_text(bytes_of(terms->approvers[i].name));
		return true;
	}
	return terms->approver_count == 0;
}

static void write_record(const struct hold_question *q, const struct hold_decision *decision, struct bytes text, struct text *out)
{
	text_add_byte(out, '{');
	text_add_member(out, "by", hold_bytes(&decision->by));
	text_add_member(out, "caller", hold_bytes(&q->caller));
	text_add_member(out, "decision", bytes_of(decision->agrees ? "approve" : "refuse"));
	text_add_member_hex(out, "digest", digest_bytes(&q->digest));
	text_add_member(out, "exchange", bytes_of(q->id));
	add_time(out, "expires", q->expires_ms);
	text_add_member(out, "half", bytes_of(q->answer ? "answer" : "request"));
	text_add_member(out, "key", hold_bytes(&decision->key));
	if (decision->is_signed)
		text_add_member(out, "note", text);
	text_add_member(out, "reason", hold_bytes(&decision->reason));
	text_add_member(out, "rule", hold_bytes(&q->rule));
	text_add_member(out, "tool", hold_bytes(&q->tool));
	text_add_member_number(out, "uid", decision->uid);
	text_add_member(out, "user", hold_bytes(&decision->user));
	text_add_member_number(out, "waited-ms", decision->at_ms > q->since_ms ? (uint64_t)(decision->at_ms - q->since_ms) : 0);
	text_add_byte(out, '}');
}

/* Once: whoever comes second finds that nothing waits so any more. */
static unsigned decide(struct decisions *d, struct hold_place *place, const struct hold_decision *decision, struct bytes text, struct text *out)
{
	struct text record;

	text_init(&record, NULL);
	write_record(&place->question, decision, text, &record);
	recorder_approval(&d->recorder, text_bytes(&record));
	text_finish(&record);
	if (!holds_decide(place, decision))
		return say(out, 409, "it came too late: the exchange does not wait any more");
	return say(out, 200, decision->agrees ? "approved" : "refused");
}

unsigned decisions_enter(struct decisions *d, uid_t uid, struct bytes text, struct text *out)
{
	struct hold_decision decision = {.uid = uid, .at_ms = time_now_ms()};
	struct approval a;

	if (!approval_read(text, &a))
		return say(out, 400, "this is no approval, or says not who made it");
	if (atomic_load(&d->shared->halted) || atomic_load(&d->shared->leaving) || !recorder_has_room(&d->recorder))
		return say(out, 503, "the gateway is halted, about to end, or cannot keep evidence: nothing is let go on");
	if (!is_signed_well(d->terms, text, &decision))
		return say(out, 403, "it has to be signed by one of the approvers of the configuration, and is not");
	decision.agrees = a.agrees;
	decision.by = hold_text(a.by);
	decision.reason = hold_text(a.reason);
	decision.user = uid == d->own ? d->own_name : hold_text(bytes_of(uid == 0 ? "root" : ""));
	struct hold_place *place = holds_take(d->holds, a.exchange);
	if (!place)
		return say(out, 404, "no exchange of this id waits");
	if (approval_fits(text, &place->question) && decision.at_ms < place->question.expires_ms)
		return decide(d, place, &decision, text, out);
	holds_put_back(place);
	return say(out, 409, "it is about something else than what waits: another body, caller or time");
}
