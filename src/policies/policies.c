#include "policies/policies.h"

#include <assert.h>

#include "base/embedded.h"
#include "policies/reading.h"

enum { DISCLOSE_MOST = 2000 };

/* How everything is treated, or what an exception is for: like all else where it does not say. */
static void read_manner(struct reading *r, const struct yaml *map, const struct manner *all, struct manner *m)
{
	static const char *const modes[] = {"enforce", "observe", NULL};

	const struct yaml *disclose = yaml_member(map, "disclose");

	m->observe = reading_word(r, yaml_member(map, "mode"), modes, all->observe) == 1;
	m->unexamined = reading_measure(r, yaml_member(map, "unexamined"), all->unexamined);
	m->partly = reading_measure(r, yaml_member(map, "partly-examined"), all->partly);
	m->overload = reading_measure(r, yaml_member(map, "overload"), all->overload);
	m->disclose = disclose ? reading_string(r, disclose, DISCLOSE_MOST) : all->disclose;
	if (m->unexamined == MEASURE_REDACT || m->partly == MEASURE_REDACT || m->overload == MEASURE_REDACT)
		reading_fail(r, map, "would redact what was not examined: allow, warn, hold or deny it");
}

static void read_exceptions(struct reading *r, const struct yaml *section)
{
	struct manner **last = &r->policy->manners;

	if (section && section->kind != YAML_IS_LIST)
		reading_fail(r, section, "has exceptions that are no list");
	yaml_each(r->failed ? NULL : section, it) {
		struct manner *m = arena_new(r->arena, struct manner);
		reading_keys(r, it, "name about for unless mode unexamined partly-examined overload disclose");
		read_manner(r, it, &r->policy->manner, m);
		m->rule = reading_string(r, yaml_member(it, "name"), 64);
		m->scope = reading_scope(r, it);
		*last = m;
		last = &m->next;
	}
}

const struct policy *policies_read(struct arena *arena, struct bytes content, struct yaml_error *error)
{
	struct yaml *root = yaml_parse(arena, content, error);
	struct reading r = {.arena = arena, .error = error};

	if (!root)
		return NULL;
	r.policy = arena_new(arena, struct policy);
	r.policy->digest = digest_of(content);
	reading_keys(&r, root, "policy about mode unexamined partly-examined overload disclose exceptions models tools hosts finds rules");
	r.policy->name = reading_string(&r, yaml_member(root, "policy"), 64);
	if (r.policy->name.len == 0)
		reading_fail(&r, root, "has no name: its first line is \"policy: NAME\"");
	read_manner(&r, root, &(struct manner){.unexamined = MEASURE_DENY, .partly = MEASURE_ALLOW, .overload = MEASURE_DENY}, &r.policy->manner);
	read_exceptions(&r, yaml_member(root, "exceptions"));
	r.policy->models = read_entries(&r, yaml_member(root, "models"), "models");
	r.policy->tools = read_entries(&r, yaml_member(root, "tools"), "tools");
	r.policy->hosts = read_entries(&r, yaml_member(root, "hosts"), "hosts");
	read_finds(&r, yaml_member(root, "finds"));
	read_rules(&r, yaml_member(root, "rules"));
	return r.failed ? NULL : r.policy;
}

const struct policy *policies_default(struct arena *arena)
{
	struct yaml_error error;
	const struct policy *p = policies_read(arena, embedded_content("policies/default.yaml"), &error);

	assert(p);
	return p;
}
