#include "controls/profile.h"

#include <stdio.h>

#include "syntax/yaml.h"

struct reading {
	struct arena *arena;
	const struct catalog *catalog;
	struct profile *out;
	struct profile_error *error;
	bool failed;
};

/* `about`: what it is about, or NULL. */
static void fail(struct reading *r, const struct yaml *at, const char *why, const char *about)
{
	if (r->failed)
		return;
	r->failed = true;
	snprintf(r->error->why, sizeof r->error->why, "%s%s%s%s", why, about ? " \"" : "", about ? about : "", about ? "\"" : "");
	r->error->line = at ? at->line : 0;
	r->error->column = at ? at->column : 0;
}

static bool is_asked(const struct catalog *c, struct bytes fact)
{
	for (size_t i = 0; i < c->control_count; i++)
		if (list_has(c->controls[i].applies, fact))
			return true;
	return false;
}

/* "fact: yes", or "fact: {is: no, reason: ...}". */
static void read_fact(struct reading *r, const struct yaml *item)
{
	struct profile_fact *f = &r->out->facts[r->out->fact_count++];
	struct bytes value = item->kind == YAML_IS_MAP ? yaml_string(item, "is") : item->text;

	*f = (struct profile_fact){.name = item->key, .truth = bytes_same(value, "yes"), .reason = arena_string(r->arena, yaml_string(item, "reason"))};
	const char *name = arena_string(r->arena, f->name);
	if (!f->truth && !bytes_same(value, "no"))
		fail(r, item, "says neither yes nor no to the fact", name);
	if (!f->truth && f->reason[0] == 0)
		fail(r, item, "gives no reason (write {is: no, reason: ...}) for the fact", name);
	if (!is_asked(r->catalog, f->name))
		fail(r, item, "names a fact that no control asks about:", name);
}

static void read_person(struct reading *r, const struct yaml *item)
{
	struct person *p = &r->out->people[r->out->person_count++];

	p->name = arena_string(r->arena, yaml_string(item, "name"));
	p->roles = arena_string(r->arena, yaml_string(item, "roles"));
	if (p->name[0] == 0 || p->roles[0] == 0 || !note_read_verifier(yaml_string(item, "key"), &p->key))
		fail(r, item, "has a person without name, roles, or a verifier key (merlon attest make-key prints one)", NULL);
}

static void read_age(struct reading *r, const struct yaml *item)
{
	const char *id = arena_string(r->arena, item->key);
	const struct control *control = catalog_control(r->catalog, id);
	uint64_t days = 0;

	if (!control)
		fail(r, item, "is stricter about a control that does not exist:", id);
	else if (!bytes_to_u64(item->text, &days) || days == 0 || days >= control->max_age_days)
		fail(r, item, "has no number of days that is stricter than the catalogue's for the control", id);
	else
		r->out->ages[r->out->age_count++] = (struct stricter_age){item->key, (unsigned)days};
}

static void demand_known(struct reading *r, const struct yaml *root)
{
	static const char known[] = "name about facts people stricter";

	yaml_each(root, it)
		if (!list_has(known, it->key))
			fail(r, it, "has a field that is not known (name, about, facts, people, stricter):", arena_string(r->arena, it->key));
}

static size_t count_of(const struct yaml *list)
{
	return list ? list->count : 0;
}

bool profile_read(struct arena *arena, struct bytes content, const struct catalog *catalog, struct profile *out, struct profile_error *error)
{
	struct reading r = {.arena = arena, .catalog = catalog, .out = out, .error = error};
	struct yaml_error syntax;
	struct yaml *root = yaml_parse(arena, content, &syntax);
	struct yaml at = {.line = syntax.line, .column = syntax.column};

	*out = (struct profile){.digest = digest_of(content)};
	*error = (struct profile_error){0};
	if (!root) {
		fail(&r, &at, syntax.why, NULL);
		return false;
	}
	demand_known(&r, root);
	const struct yaml *facts = yaml_member(root, "facts"), *people = yaml_member(root, "people"), *ages = yaml_member(root, "stricter");
	out->name = arena_string(arena, yaml_string(root, "name"));
	out->facts = arena_alloc(arena, count_of(facts), sizeof *out->facts);
	out->people = arena_alloc(arena, count_of(people), sizeof *out->people);
	out->ages = arena_alloc(arena, count_of(ages), sizeof *out->ages);
	yaml_each(facts, it)
		read_fact(&r, it);
	yaml_each(people, it)
		read_person(&r, it);
	yaml_each(ages, it)
		read_age(&r, it);
	return !r.failed;
}

static bool fact_holds(const struct profile *p, struct bytes name, const char **reason)
{
	for (size_t i = 0; p && i < p->fact_count; i++) {
		if (!bytes_equal(p->facts[i].name, name))
			continue;
		if (!p->facts[i].truth && !*reason)
			*reason = p->facts[i].reason;
		return p->facts[i].truth;
	}
	return true;
}

/* "a or b and not c": and binds closer than or. */
bool profile_holds(const struct profile *p, const char *predicate, const char **reason)
{
	struct bytes left = bytes_of(predicate), word;
	bool any = false, all = true, negate = false;

	*reason = NULL;
	while ((word = list_next(&left)).len > 0) {
		if (bytes_same(word, "or")) {
			any |= all;
			all = true;
		} else if (bytes_same(word, "not")) {
			negate = !negate;
		} else if (!bytes_same(word, "and") && !bytes_same(word, "always")) {
			all &= fact_holds(p, word, reason) != negate;
			negate = false;
		}
	}
	return any || all;
}

unsigned profile_max_age(const struct profile *p, const struct control *control)
{
	for (size_t i = 0; p && i < p->age_count; i++)
		if (bytes_same(p->ages[i].control, control->id) && p->ages[i].days < control->max_age_days)
			return p->ages[i].days;
	return control->max_age_days;
}

const struct person *profile_signer(const struct profile *p, struct bytes note)
{
	int64_t time_s;

	for (size_t i = 0; p && i < p->person_count; i++)
		if (note_verify(&p->people[i].key, note, &time_s) == NOTE_GOOD)
			return &p->people[i];
	return NULL;
}
