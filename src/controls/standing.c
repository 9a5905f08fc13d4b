#include "controls/standing.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "controls/attestation.h"

enum { DAY_MS = 86400000 };

struct computing {
	struct arena *arena;
	const struct catalog *catalog;
	const struct state *state;
	const struct profile *profile;
	const char *fault;
	int64_t at_ms;
};

PRINTF_LIKE(2, 3) static const char *say(struct computing *c, const char *format, ...)
{
	char text[300];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return arena_string(c->arena, bytes_of(text));
}

static void add_evidence(struct need_standing *n, uint64_t number, int64_t at_ms)
{
	if (n->evidence_count < EVIDENCE_SHOWN)
		n->evidence[n->evidence_count] = number;
	n->evidence_count++;
	if (n->oldest_ms == 0 || at_ms < n->oldest_ms)
		n->oldest_ms = at_ms;
}

/* ---- evidence from scans ---- */

struct tally {
	size_t models, stale, failed, unexamined;
	struct need_standing failing, whole, old, open;
};

static void count_item(struct tally *t, const struct state_item *item, const char *ids, int64_t too_old_ms)
{
	bool fails = false, open = item->inconclusive;

	for (const struct state_finding *f = item->findings; f; f = f->next) {
		if (!list_has(ids, f->check))
			continue;
		open |= f->inconclusive;
		if (f->counts && !fails)
			add_evidence(&t->failing, f->number, item->at_ms);
		fails |= f->counts;
	}
	if (!item->model && !fails && !open)
		return;
	t->models += item->model;
	t->failed += fails;
	if (item->at_ms < too_old_ms) {
		t->stale++;
		add_evidence(&t->old, item->number, item->at_ms);
	} else if (open && !fails) {
		t->unexamined++;
		add_evidence(&t->open, item->number, item->at_ms);
	} else if (!fails) {
		add_evidence(&t->whole, item->number, item->at_ms);
	}
}

static struct need_standing conclude(const struct need_standing *evidence, enum standing_verdict verdict, const char *why)
{
	struct need_standing n = *evidence;

	n.verdict = verdict;
	n.why = why;
	return n;
}

static struct need_standing judge_checks(struct computing *c, const struct evidence_need *need, unsigned max_age_days)
{
	struct tally t = {0};
	int64_t too_old_ms = c->at_ms - (int64_t)max_age_days * DAY_MS;

	for (size_t i = 0; c->state && i < c->state->item_count; i++)
		if (!c->state->items[i]->gone)
			count_item(&t, c->state->items[i], need->checks, too_old_ms);
	if (t.failed > 0)
		return conclude(&t.failing, STANDING_FAIL, say(c, "%zu of the files examined do not hold to it", t.failed));
	if (t.unexamined > 0)
		return conclude(&t.open, STANDING_ERROR, say(c, "%zu files could not be examined whole", t.unexamined));
	if (t.stale > 0)
		return conclude(&t.old, STANDING_STALE, say(c, "%zu files were last examined more than %u days ago", t.stale, max_age_days));
	if (t.models == 0)
		return conclude(&t.whole, STANDING_NO_EVIDENCE, "no model file has been examined (merlon scan --ledger DIR PATH)");
	return conclude(&t.whole, STANDING_PASS, say(c, "%zu model files examined, none of them against it", t.models));
}

/* ---- evidence from people ---- */

static bool may_sign(const struct person *p, const char *roles)
{
	struct bytes left = bytes_of(p->roles), role;

	while ((role = list_next(&left)).len > 0)
		if (list_has(roles, role))
			return true;
	return false;
}

struct said {
	struct attestation attestation;
	uint64_t number;
	const struct person *person;
	bool found;
	const char *refused;        /* why the newest one does not count */
};

/* The newest attestation about this control that says so, signed by somebody who may. */
static struct said find_attestation(struct computing *c, const struct control *control, const char *says)
{
	struct said s = {0};

	for (const struct state_attestation *a = c->state ? c->state->attestations : NULL; a && !s.found; a = a->next) {
		if (!attestation_read(a->note, &s.attestation) || !bytes_same(s.attestation.control, control->id) || !bytes_same(s.attestation.says, says))
			continue;
		s.number = a->number;
		s.person = profile_signer(c->profile, a->note);
		if (!s.person)
			s.refused = "it was attested, but by a key that the profile does not name";
		else if (!may_sign(s.person, control->roles))
			s.refused = say(c, "it was attested by %s, who has none of the roles %s", s.person->name, control->roles);
		else
			s.found = true;
	}
	return s;
}

static struct need_standing judge_attestation(struct computing *c, const struct control *control, const struct evidence_need *need)
{
	struct need_standing n = {.verdict = STANDING_NO_EVIDENCE, .why = say(c, "nobody has attested: %.200s", need->asks)};
	struct said s = find_attestation(c, control, "attested");

	if (!s.found) {
		n.why = s.refused ? s.refused : n.why;
		return n;
	}
	add_evidence(&n, s.number, s.attestation.signed_ms);
	n.verdict = s.attestation.expires_ms < c->at_ms ? STANDING_STALE : STANDING_PASS;
	n.why = say(c, "%s by %s", n.verdict == STANDING_STALE ? "what was attested has expired, signed" : "attested", s.person->name);
	return n;
}

/* ---- one control ---- */

static struct need_standing judge_need(struct computing *c, const struct control *control, const struct evidence_need *need, unsigned max_age_days)
{
	struct need_standing n = {.verdict = STANDING_NO_EVIDENCE};

	if (c->fault)
		n = (struct need_standing){.verdict = STANDING_ERROR, .why = c->fault};
	else if (need->kind == NEED_CHECKS)
		n = judge_checks(c, need, max_age_days);
	else if (need->kind == NEED_ATTESTATION)
		n = judge_attestation(c, control, need);
	else
		n.why = say(c, "evidence of kind \"%s\" is not collected yet: %.200s", need->word, need->asks);
	n.need = need;
	return n;
}

/* What the profile excludes stays without evidence until somebody has signed for it. */
static bool judge_exclusion(struct computing *c, struct control_standing *s)
{
	const char *reason;
	bool applies = profile_holds(c->profile, s->control->applies, &reason);
	struct said said = find_attestation(c, s->control, "not-applicable");

	if (said.found && said.attestation.expires_ms >= c->at_ms) {
		s->verdict = STANDING_NOT_APPLICABLE;
		s->why = say(c, "%.200s, signed by %s", (const char *)arena_string(c->arena, said.attestation.statement), said.person->name);
		return true;
	}
	if (applies)
		return false;
	s->verdict = STANDING_NO_EVIDENCE;
	s->why = said.found ? say(c, "the signature that excludes it has expired: %s", reason)
			    : say(c, "the profile excludes it (%.180s), but nobody has signed for that (merlon attest --not-applicable)", reason ? reason : "no reason given");
	return true;
}

static enum standing_verdict judge_control(struct computing *c, struct control_standing *s)
{
	struct need_standing *needs = arena_alloc(c->arena, s->control->need_count, sizeof *needs);

	s->max_age_days = profile_max_age(c->profile, s->control);
	s->needs = needs;
	for (size_t i = 0; i < s->control->need_count; i++)
		needs[i] = judge_need(c, s->control, &s->control->needs[i], s->max_age_days);
	if (!c->fault && judge_exclusion(c, s))
		return s->verdict;
	s->verdict = STANDING_PASS;
	for (size_t i = 0; i < s->control->need_count; i++) {
		if (i > 0 && needs[i].verdict <= s->verdict)
			continue;
		s->verdict = needs[i].verdict;
		s->why = needs[i].why;
	}
	if (s->control->grade == 'N' && s->verdict == STANDING_PASS) {
		s->verdict = STANDING_NO_EVIDENCE;
		s->why = "no evidence can show the whole of it";
	}
	return s->verdict;
}

static void note_oldest(struct standing *out, const struct control_standing *s)
{
	for (size_t i = 0; i < s->control->need_count; i++)
		if (s->needs[i].oldest_ms && (out->oldest_ms == 0 || s->needs[i].oldest_ms < out->oldest_ms))
			out->oldest_ms = s->needs[i].oldest_ms;
}

void standing_compute(struct arena *arena, const struct catalog *catalog, const struct state *state, const struct profile *profile,
		      const char *fault, int64_t at_ms, struct standing *out)
{
	struct computing c = {.arena = arena, .catalog = catalog, .state = state, .profile = profile, .fault = fault, .at_ms = at_ms};
	struct control_standing *items = arena_alloc(arena, catalog->control_count, sizeof *items);

	*out = (struct standing){.catalog = catalog, .items = items, .item_count = catalog->control_count, .at_ms = at_ms, .ledger_fault = fault,
				 .records = state ? state->records : 0};
	for (size_t i = 0; i < catalog->control_count; i++) {
		items[i].control = &catalog->controls[i];
		out->counts[judge_control(&c, &items[i])]++;
		note_oldest(out, &items[i]);
	}
}

int standing_exit(const struct standing *s)
{
	if (s->counts[STANDING_FAIL] > 0)
		return 1;
	return s->counts[STANDING_PASS] + s->counts[STANDING_NOT_APPLICABLE] == s->item_count ? 0 : 2;
}
