#include "inspector/inside.h"
#include "policy/arguments.h"

static void add_fact(struct inspection *i, struct fact_tool *fact)
{
	const struct names *most = &i->circumstances->caller->tools;
	const struct entry *e = policy_tool_entry(i->policy, &i->facts, fact->name, fact->provider);

	if (most->count > 0 && !names_fit(most, fact->name) && !i->facts.tool_outside)
		i->facts.tool_outside = i->dirty = true;
	fact->matters = !e || e->measure > MEASURE_ALLOW || (fact->typed && !fact->fits);
	i->dirty |= facts_add_tool(&i->facts, i->arena, fact);
}

bool definition_add(struct inspection *i, const struct piece *piece)
{
	const struct names *most = &i->circumstances->caller->tools;
	struct fact_tool fact = {.name = piece->name, .provider = piece->provider, .listed = piece->listed, .unsound = piece->unsound};
	const struct entry *e;

	if (!piece->listed) {
		add_fact(i, &fact);
		return true;
	}
	fact.outside = most->count > 0 && !names_fit(most, piece->name);
	fact.matters = policy_listed_measure(i->policy, &i->facts, &fact, &e) > MEASURE_ALLOW;
	i->dirty |= facts_add_tool(&i->facts, i->arena, &fact);
	return !enforces(i) || policy_listed_measure(i->policy, &i->facts, &fact, &e) != MEASURE_REDACT;
}

/* The name has come: unless its arguments have to be judged, that decides. */
static void name_call(struct thread *t)
{
	struct inspection *i = t->inspection;
	struct fact_tool fact = {.name = text_bytes(&t->tool), .called = true, .provider = t->provider};

	t->entry = policy_tool_entry(i->policy, &i->facts, fact.name, fact.provider);
	t->holds = t->entry && t->entry->typed && t->entry->measure < MEASURE_HOLD;
	if (t->holds)
		return;
	t->judged = true;
	add_fact(i, &fact);
}

/* Two names for one call: readers may take either, so both have to do, and neither may have arguments that are judged. */
static void add_name(struct thread *t, struct bytes name, bool provider)
{
	struct fact_tool fact = {.name = name, .called = true, .provider = provider, .typed = true, .failed = BYTES("(two names)")};
	const struct entry *e = policy_tool_entry(t->inspection->policy, &t->inspection->facts, name, provider);

	if (e)
		memcpy(fact.conditions, e->conditions.sha256, sizeof fact.conditions);
	add_fact(t->inspection, &fact);
}

/* Some readers join the names that come in parts of a call, so what they come to has to do, too. */
static void rename_call(struct thread *t, struct bytes name, bool provider)
{
	add_name(t, name, provider);
	if (t->joined.len == 0)
		text_add(&t->joined, text_bytes(&t->tool));
	if (t->joined.len > FACT_NAME_MOST)
		return;                 /* an overload already */
	text_add(&t->joined, name);
	add_name(t, text_bytes(&t->joined), provider);
}

void call_add(struct thread *t, const struct piece *piece)
{
	if (!t->call && piece->name.len == 0)
		t->holds = true;        /* arguments of nobody knows what */
	t->call = true;
	if (piece->name.len > 0 && t->tool.len == 0) {
		text_add(&t->tool, piece->name);
		t->provider = piece->provider;
		name_call(t);
	} else if (piece->name.len > 0 && (t->joined.len > 0 || piece->provider != t->provider || !bytes_equal(text_bytes(&t->tool), piece->name))) {
		rename_call(t, piece->name, piece->provider);
	}
	if (!t->judged && t->arguments.len + piece->text.len <= HELD_MOST)
		text_add(&t->arguments, piece->text);
	else if (!t->judged && !t->inspection->facts.overload)
		t->inspection->facts.overload = t->inspection->dirty = true;
}

void call_end(struct thread *t)
{
	struct inspection *i = t->inspection;
	struct fact_tool fact = {.name = text_bytes(&t->tool), .called = true, .provider = t->provider, .typed = true};

	if (t->judged)
		return;
	t->judged = true;
	if (t->entry) {
		memcpy(fact.conditions, t->entry->conditions.sha256, sizeof fact.conditions);
		struct arena_mark mark = arena_mark(i->arena);
		fact.fits = arguments_fit(i->policy, &i->facts, t->entry, i->arena, text_bytes(&t->arguments), &fact.failed);
		arena_rewind(i->arena, mark);
	}
	add_fact(i, &fact);
}
