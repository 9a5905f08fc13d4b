#include "gateway/decisions.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "policy/language.h"
#include "syntax/json.h"

void decisions_open(struct decisions *d, struct loop *loop, int recorder)
{
	const struct passwd *p = getpwuid(geteuid());

	d->own = geteuid();
	d->own_name = hold_text(bytes_of(p ? p->pw_name : ""));
	text_init(&d->asked, NULL);
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

static void add_question(struct text *out, const struct hold_view *v)
{
	const struct hold_question *q = &v->question;

	text_add_byte(out, '{');
	text_add_key(out, "agreed");
	text_add_byte(out, '[');
	for (unsigned i = 0; i < v->so_far.count; i++) {
		text_add_string(out, i > 0 ? "," : "");
		text_add_json(out, hold_person(&v->so_far.decisions[i]));
	}
	text_add_byte(out, ']');
	text_add_member_number(out, "approvals", q->approvals);
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
	if (v->is_shown)
		text_add_member_hex(out, "shown", digest_bytes(&v->shown));
	add_time(out, "since", q->since_ms);
	text_add_member(out, "tool", hold_bytes(&q->tool));
	text_add_byte(out, '}');
}

void decisions_list(struct decisions *d, struct text *out)
{
	struct hold_view v;
	bool first = true;

	text_addf(out, "{\"holds\":[");
	for (size_t i = 0; i < HOLDS_MOST; i++) {
		if (!holds_at(d->holds, i, &v))
			continue;
		text_add_string(out, first ? "" : ",");
		add_question(out, &v);
		first = false;
	}
	text_addf(out, "],\"signed\":%s}\n", d->terms->approver_count > 0 ? "true" : "false");
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
		if (note_verify(&terms->approvers[i].key, text, &time_s) != NOTE_GOOD)
			continue;
		decision->is_signed = true;
		decision->key = hold_text(bytes_of(terms->approvers[i].key.name));
		return true;
	}
	return terms->approver_count == 0;
}

/* Who asks does not agree with themselves: by their name, or as a caller that the configuration says is theirs. */
static bool is_their_own(const struct hold_terms *terms, const struct hold_question *q, const struct hold_decision *decision)
{
	struct bytes caller = hold_bytes(&q->caller);

	for (size_t i = 0; i < terms->approver_count; i++)
		if (bytes_same(hold_person(decision), terms->approvers[i].key.name) && names_fit(&terms->approvers[i].callers, caller))
			return true;
	return bytes_equal(hold_person(decision), caller);
}

static bool has_decided(const struct hold_place *place, const struct hold_decision *decision)
{
	for (unsigned i = 0; i < atomic_load(&place->given); i++)
		if (bytes_equal(hold_person(&place->decisions[i]), hold_person(decision)))
			return true;
	return false;
}

/* `left_out`: of what was shown; NULL: it was decided. */
static void write_record(const struct hold_question *q, const struct hold_decision *decision, struct bytes text, const struct window *shown, struct text *out)
{
	text_add_byte(out, '{');
	text_add_member(out, "by", hold_bytes(&decision->by));
	text_add_member(out, "caller", hold_bytes(&q->caller));
	text_add_member(out, "decision", bytes_of(shown ? "none" : decision->agrees ? "approve" : "refuse"));
	text_add_member_hex(out, "digest", digest_bytes(&q->digest));
	text_add_member(out, "exchange", bytes_of(q->id));
	add_time(out, "expires", q->expires_ms);
	text_add_member(out, "half", bytes_of(q->answer ? "answer" : "request"));
	text_add_member(out, "key", hold_bytes(&decision->key));
	if (shown)
		text_add_member_number(out, "left-out", shown->left_out);
	if (decision->is_signed)
		text_add_member(out, "note", text);
	text_add_member_number(out, "of", q->approvals);
	text_add_member(out, "reason", hold_bytes(&decision->reason));
	text_add_member(out, "rule", hold_bytes(&q->rule));
	if (shown)
		text_add_member_hex(out, "shown", digest_bytes(&shown->digest));
	text_add_member(out, "tool", hold_bytes(&q->tool));
	text_add_member_number(out, "uid", decision->uid);
	text_add_member(out, "user", hold_bytes(&decision->user));
	text_add_member_number(out, "waited-ms", decision->at_ms > q->since_ms ? (uint64_t)(decision->at_ms - q->since_ms) : 0);
	text_add_byte(out, '}');
}

static void put_on_record(struct decisions *d, const struct hold_question *q, const struct hold_decision *decision, struct bytes text, const struct window *shown)
{
	struct text record;

	text_init(&record, NULL);
	write_record(q, decision, text, shown, &record);
	recorder_approval(&d->recorder, text_bytes(&record));
	text_finish(&record);
}

/* Once: whoever comes second finds that nothing waits so any more. */
static unsigned decide(struct decisions *d, struct hold_place *place, const struct hold_decision *decision, struct bytes text, struct text *out)
{
	unsigned more = place->question.approvals - atomic_load(&place->given) - 1;

	put_on_record(d, &place->question, decision, text, NULL);
	if (!holds_decide(place, decision))
		return say(out, 409, "it came too late: the exchange does not wait any more");
	if (!decision->agrees || more == 0)
		return say(out, 200, decision->agrees ? "approved" : "refused");
	text_addf(out, "agreed; %u more %s to agree as well\n", more, more == 1 ? "has" : "have");
	return 200;
}

/* Who says it, as far as that is known here. The status, 0 when it is well. */
static unsigned read_word(struct decisions *d, uid_t uid, struct bytes text, struct approval *a, struct hold_decision *decision, struct text *out)
{
	*decision = (struct hold_decision){.uid = uid, .at_ms = time_now_ms()};
	if (!approval_read(text, a))
		return say(out, 400, "this is no approval, or says not who made it");
	if (atomic_load(&d->shared->halted) || atomic_load(&d->shared->leaving) || !recorder_has_room(&d->recorder))
		return say(out, 503, "the gateway is halted, about to end, or cannot keep evidence: nothing is let go on");
	if (!is_signed_well(d->terms, text, decision))
		return say(out, 403, "it has to be signed by one of the approvers of the configuration, and is not");
	decision->agrees = a->says == APPROVAL_APPROVES;
	decision->by = hold_text(a->by);
	decision->reason = hold_text(a->reason);
	decision->user = uid == d->own ? d->own_name : hold_text(bytes_of(uid == 0 ? "root" : ""));
	return 0;
}

/* Why that one may not agree to it, or NULL. */
static const char *why_not(struct decisions *d, const struct hold_place *place, const struct approval *a, const struct hold_decision *decision, unsigned *status)
{
	char shown[2 * sizeof place->shown.sha256 + 1];

	*status = 403;
	if (is_their_own(d->terms, &place->question, decision))
		return "nobody agrees to what they ask for themselves";
	*status = 409;
	if (has_decided(place, decision))
		return "they have agreed already: another person has to";
	for (size_t i = 0; i < sizeof place->shown.sha256; i++)
		snprintf(shown + 2 * i, 3, "%02x", place->shown.sha256[i]);
	if (!place->is_shown || !bytes_same(a->shown, shown))
		return "it does not say by its digest what they were shown: \"merlon gateway holds --show ID --whole\" shows it";
	if (!holds_have_seen(place, hold_person(decision)))
		return "the whole of it was not shown to that person";
	return NULL;
}

/* The place of what it is about, taken; NULL with the status when it is about nothing that waits. */
static struct hold_place *take(struct decisions *d, const struct approval *a, struct bytes text, int64_t at_ms, unsigned *status, struct text *out)
{
	struct hold_place *place = holds_take(d->holds, a->exchange);

	if (!place) {
		*status = say(out, 404, "no exchange of this id waits");
		return NULL;
	}
	if (approval_fits(text, &place->question) && at_ms < place->question.expires_ms)
		return place;
	holds_put_back(place);
	*status = say(out, 409, "it is about something else than what waits: another body, caller or time");
	return NULL;
}

unsigned decisions_enter(struct decisions *d, uid_t uid, struct bytes text, struct text *out)
{
	struct hold_decision decision;
	struct approval a;
	unsigned status = read_word(d, uid, text, &a, &decision, out);

	if (status == 0 && a.says > APPROVAL_REFUSES)
		return say(out, 400, "this is no decision");
	struct hold_place *place = status ? NULL : take(d, &a, text, decision.at_ms, &status, out);
	if (!place)
		return status;
	const char *why = decision.agrees ? why_not(d, place, &a, &decision, &status) : NULL;
	if (!why)
		return decide(d, place, &decision, text, out);
	holds_put_back(place);
	return say(out, status, why);
}

/* ---- what is shown ---- */

unsigned decisions_show(struct decisions *d, uid_t uid, struct bytes text, struct text *out)
{
	struct approval a;
	unsigned status;

	if (d->asked.len > 0)
		return say(out, 503, "somebody else is being shown something: ask again");
	status = read_word(d, uid, text, &a, &d->asker, out);
	if (status == 0 && a.says < APPROVAL_SHOWS)
		return say(out, 400, "this does not ask to be shown anything");
	struct hold_place *place = status ? NULL : take(d, &a, text, d->asker.at_ms, &status, out);
	if (!place)
		return status;
	holds_put_back(place);
	if (!window_ask(&d->holds->window, a.exchange, a.says == APPROVAL_SHOWS_WHOLE))
		return say(out, 503, "somebody else is being shown something: ask again");
	text_add(&d->asked, text);
	return 0;
}

/* Its head says how to tell that it is what was digested: SHA-256(salt || text). */
static void write_shown(const struct window *w, struct text *out)
{
	text_addf(out, "merlon shown v1\nsalt ");
	text_add_hex(out, (struct bytes){w->salt, sizeof w->salt});
	text_add_string(out, "\ndigest ");
	text_add_hex(out, digest_bytes(&w->digest));
	text_addf(out, "\nleft-out %llu\n\n", (unsigned long long)w->left_out);
	text_add(out, window_text(w));
}

unsigned decisions_look(struct decisions *d, struct text *out)
{
	const struct window *w = &d->holds->window;
	struct approval a;
	bool gone;

	if (!window_is_ready(&d->holds->window, &gone) && !gone)
		return 0;
	struct hold_place *place = !gone && window_text(w).len > 0 && approval_read(text_bytes(&d->asked), &a) ? holds_take(d->holds, a.exchange) : NULL;
	/* The same exchange may wait with its answer by now. */
	if (place && !approval_fits(text_bytes(&d->asked), &place->question)) {
		holds_put_back(place);
		place = NULL;
	}
	if (place) {
		put_on_record(d, &place->question, &d->asker, text_bytes(&d->asked), w);
		if (w->left_out == 0)
			holds_note_seen(place, hold_person(&d->asker), w->digest);
		holds_put_back(place);
		write_shown(w, out);
	}
	decisions_show_no_more(d);
	return place ? 200 : say(out, 404, "it does not wait any more");
}

void decisions_show_no_more(struct decisions *d)
{
	if (d->asked.len > 0)
		window_clear(&d->holds->window);
	text_clear(&d->asked);
}
