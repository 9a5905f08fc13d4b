#include "policy/decide.h"

/* ---- which exchanges ---- */

static bool allows(const struct names *patterns, struct bytes name)
{
	return patterns->count == 0 || names_fit(patterns, name);
}

static bool hour_fits(const struct selector *s, int64_t at_ms)
{
	unsigned minute = (unsigned)(at_ms / 60000 % (24 * 60));

	if (s->from_minute == s->until_minute)
		return true;
	if (s->from_minute < s->until_minute)
		return minute >= s->from_minute && minute < s->until_minute;
	return minute >= s->from_minute || minute < s->until_minute;
}

static bool selector_fits(const struct selector *s, const struct facts *f)
{
	return allows(&s->callers, f->caller) && allows(&s->teams, f->team) && allows(&s->routes, f->route) && allows(&s->upstreams, f->upstream) &&
	       allows(&s->dialects, f->dialect) && allows(&s->models, f->model) && (s->roles.count == 0 || names_any_fits(&s->roles, &f->roles)) &&
	       (s->purposes.count == 0 || names_any_fits(&s->purposes, &f->purposes)) && hour_fits(s, f->at_ms);
}

static bool scope_fits(const struct scope *s, const struct facts *f)
{
	return selector_fits(&s->only, f) && !(s->has_unless && selector_fits(&s->unless, f));
}

const struct entry *policy_entry(const struct entry *list, const struct facts *facts, struct bytes name)
{
	for (const struct entry *e = list; e; e = e->next)
		if (names_fit(&e->names, name) && scope_fits(&e->scope, facts))
			return e;
	return NULL;
}

const struct entry *policy_tool_entry(const struct policy *policy, const struct facts *facts, struct bytes name, bool provider)
{
	const struct entry *e = policy_entry(policy->tools, facts, name);

	while (e && e->whose == (provider ? WHOSE_OTHERS : WHOSE_PROVIDER))
		e = policy_entry(e->next, facts, name);
	return e;
}

bool policy_allows_any(const struct entry *list)
{
	static const struct scope none;

	return list && list->measure == MEASURE_ALLOW && !list->typed && list->whose == WHOSE_ANY && names_fit(&list->names, BYTES("")) && memcmp(&list->scope, &none, sizeof none) == 0;
}

enum measure policy_host_measure(const struct policy *policy, const struct facts *facts, struct bytes host, bool fixed, const struct entry **entry)
{
	const struct entry *e = policy_entry(policy->hosts, facts, host);

	*entry = e;
	if (!e)
		return MEASURE_DENY;
	return e->measure == MEASURE_REDACT && fixed ? MEASURE_DENY : e->measure;
}

enum measure policy_listed_measure(const struct policy *policy, const struct facts *facts, const struct fact_tool *tool, const struct entry **entry)
{
	const struct entry *e = policy_tool_entry(policy, facts, tool->name, tool->provider);

	*entry = e;
	if (!e || tool->outside || tool->unsound || e->measure == MEASURE_DENY)
		return MEASURE_REDACT;
	return e->measure == MEASURE_HOLD ? MEASURE_ALLOW : e->measure;
}

const struct manner *policy_manner(const struct policy *policy, const struct facts *facts)
{
	for (const struct manner *m = policy->manners; m; m = m->next)
		if (scope_fits(&m->scope, facts))
			return m;
	return &policy->manner;
}

/* ---- deciding ---- */

static void weigh(struct decision *d, enum measure measure, struct bytes rule, struct bytes message)
{
	if (measure <= d->measure)
		return;
	d->measure = measure;
	d->rule = rule;
	d->message = message;
}

/* Who holds it may ask for more persons than who held it first. */
static void weigh_approvals(struct decision *d, enum measure measure, unsigned approvals)
{
	if (measure == MEASURE_HOLD && approvals > d->approvals)
		d->approvals = approvals;
}

static void lack(struct decision *d, enum measure measure, struct bytes rule, const char *what)
{
	if (measure <= d->at_most)
		return;
	d->at_most = measure;
	d->missing = rule;
	d->lacks = what;
}

static void weigh_examined(const struct manner *m, enum examined how_far, struct bytes rule, struct decision *d)
{
	if (how_far == EXAMINED_NOT)
		weigh(d, m->unexamined, rule, BYTES("it could not be examined"));
	if (how_far == EXAMINED_PARTLY)
		weigh(d, m->partly, BYTES("partly-examined"), BYTES("parts of it cannot be examined"));
}

static void weigh_circumstances(const struct policy *policy, const struct facts *f, struct decision *d)
{
	const struct manner *m = policy_manner(policy, f);

	if (!f->agreed.request)
		weigh_examined(m, f->request, BYTES("unexamined"), d);
	if (f->answers)
		weigh_examined(m, f->answer, BYTES("unexamined"), d);
	if (f->overload)
		weigh(d, m->overload, BYTES("overload"), BYTES("there is more in it than is judged at once"));
	if (f->route_outside)
		weigh(d, MEASURE_DENY, BYTES("caller.routes"), BYTES("the caller may not use this route"));
	if (f->model_outside)
		weigh(d, MEASURE_DENY, BYTES("caller.models"), BYTES("the caller may not use this model"));
	if (f->tool_outside)
		weigh(d, MEASURE_DENY, BYTES("caller.tools"), BYTES("the caller may not use this tool"));
}

/* Denied when no entry fits; an entry may say more. */
static void weigh_entry(const struct entry *e, const char *what, const char *message, struct decision *d)
{
	if (e)
		weigh(d, e->measure, e->rule, e->message);
	else
		weigh(d, MEASURE_DENY, bytes_of(what), bytes_of(message));
	if (e)
		weigh_approvals(d, e->measure, e->approvals);
}

static void weigh_listed(const struct policy *policy, const struct facts *f, const struct fact_tool *t, struct decision *d)
{
	const struct entry *e;
	enum measure measure = policy_listed_measure(policy, f, t, &e);
	struct bytes rule = t->unsound ? BYTES("tools.unsound") : t->outside ? BYTES("caller.tools") : e ? e->rule : BYTES("tools");

	weigh(d, measure, rule, BYTES(""));
}

static void weigh_tool(const struct policy *policy, const struct facts *f, const struct fact_tool *t, struct decision *d)
{
	const struct entry *e = policy_tool_entry(policy, f, t->name, t->provider);

	weigh_entry(e, "tools", "the policy names no such tool", d);
	if (!e || !e->typed || !t->called || e->measure >= MEASURE_HOLD)
		return;
	if (!t->typed || memcmp(t->conditions, e->conditions.sha256, sizeof t->conditions) != 0)
		lack(d, MEASURE_DENY, e->rule, "its arguments are not kept");
	else if (!t->fits)
		weigh(d, MEASURE_DENY, e->rule, BYTES("the arguments of the tool are not among those allowed"));
}

static void weigh_host(const struct policy *policy, const struct facts *f, const struct fact_host *h, struct decision *d)
{
	const struct entry *e;
	enum measure measure = policy_host_measure(policy, f, h->host, h->fixed, &e);

	weigh(d, measure, e ? e->rule : BYTES("hosts"), e ? e->message : BYTES("the policy names no such host"));
	if (e)
		weigh_approvals(d, measure, e->approvals);
}

/* What was left out was allowed then; under another policy nobody knows. */
static void weigh_more(const struct policy *policy, const struct facts *f, struct decision *d)
{
	if (f->hosts_more && !policy_allows_any(policy->hosts))
		lack(d, MEASURE_DENY, BYTES("hosts"), "not all of its hosts are kept");
	if (f->tools_more && !policy_allows_any(policy->tools))
		lack(d, MEASURE_DENY, BYTES("tools"), "not all of its tools are kept");
}

static bool was_looked_for(const struct facts *f, const struct digest *find)
{
	for (size_t i = 0; i < f->looked_count; i++)
		if (memcmp(f->looked_for[i], find->sha256, sizeof f->looked_for[i]) == 0)
			return true;
	return false;
}

static unsigned halves_of(const struct facts *f)
{
	return f->answers ? HALF_REQUEST | HALF_ANSWER : HALF_REQUEST;
}

static void weigh_finds(const struct policy *policy, const struct facts *f, const struct rule *r, struct decision *d)
{
	for (size_t find = 0; find < policy->find_count; find++) {
		if (!rule_names_find(r, find))
			continue;
		const struct digest *digest = &policy->finds[find].digest;
		if (!was_looked_for(f, digest) && (r->halves & halves_of(f)))
			lack(d, r->measure, r->name, "it looks for something that was not looked for then");
		for (size_t i = 0; i < f->hit_count; i++) {
			const struct fact_hit *h = &f->hits[i];
			if (memcmp(h->find, digest->sha256, sizeof h->find) != 0 || (f->agreed.request && h->half == HALF_REQUEST) || !(r->halves & h->half) || !(r->channels >> h->channel & 1))
				continue;
			weigh(d, r->measure == MEASURE_REDACT && h->fixed ? MEASURE_DENY : r->measure, r->name, r->message);
			weigh_approvals(d, r->measure, r->approvals);
		}
	}
}

/* A rule that asks for a person because of the circumstances has been heard with the request. */
static bool was_agreed(const struct facts *f, const struct rule *r)
{
	return f->agreed.request && r->measure <= MEASURE_HOLD && r->halves & HALF_REQUEST;
}

void policy_decide(const struct policy *policy, const struct facts *f, struct decision *out)
{
	*out = (struct decision){0};
	weigh_circumstances(policy, f, out);
	if (f->model.len > 0 && !f->agreed.request)
		weigh_entry(policy_entry(policy->models, f, f->model), "models", "the policy names no such model", out);
	for (size_t i = f->agreed.tools; i < f->tool_count; i++)
		(f->tools[i].listed ? weigh_listed : weigh_tool)(policy, f, &f->tools[i], out);
	for (size_t i = f->agreed.hosts; i < f->host_count; i++)
		weigh_host(policy, f, &f->hosts[i], out);
	weigh_more(policy, f, out);
	for (const struct rule *r = policy->rules; r; r = r->next) {
		if (!scope_fits(&r->scope, f))
			continue;
		if (r->has_finds)
			weigh_finds(policy, f, r, out);
		else if (r->halves & halves_of(f) && !was_agreed(f, r)) {
			weigh(out, r->measure, r->name, r->message);
			weigh_approvals(out, r->measure, r->approvals);
		}
	}
	if (out->at_most <= out->measure)
		out->at_most = out->measure;
}

enum measure policy_find_measure(const struct policy *policy, const struct facts *facts, size_t find, enum channel channel, unsigned half, const struct rule **rule)
{
	enum measure worst = MEASURE_ALLOW;

	for (const struct rule *r = policy->rules; r; r = r->next) {
		if (!r->has_finds || !rule_names_find(r, find) || !(r->channels >> channel & 1) || !(r->halves & half) || r->measure <= worst || !scope_fits(&r->scope, facts))
			continue;
		worst = r->measure;
		if (rule)
			*rule = r;
	}
	return worst;
}
