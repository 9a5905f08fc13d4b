#include "policies/policies.h"

#include <assert.h>

#include "base/embedded.h"
#include "policies/reading.h"

enum { DISCLOSE_MOST = 2000 };

/* How everything, or what an exception is for, is treated. */
static void read_manner(struct reading *r, const struct yaml *map, struct manner *m)
{
	static const char *const modes[] = {"enforce", "observe", NULL};

	m->has_observe = yaml_member(map, "mode") != NULL;
	m->has_unexamined = yaml_member(map, "unexamined") != NULL;
	m->has_partly = yaml_member(map, "partly-examined") != NULL;
	m->has_overload = yaml_member(map, "overload") != NULL;
	m->has_disclose = yaml_member(map, "disclose") != NULL;
	m->observe = reading_word(r, yaml_member(map, "mode"), modes, 0) == 1;
	m->unexamined = reading_measure(r, yaml_member(map, "unexamined"), MEASURE_DENY);
	m->partly = reading_measure(r, yaml_member(map, "partly-examined"), MEASURE_ALLOW);
	m->overload = reading_measure(r, yaml_member(map, "overload"), MEASURE_DENY);
	m->disclose = reading_string(r, yaml_member(map, "disclose"), DISCLOSE_MOST);
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
		read_manner(r, it, m);
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
	read_manner(&r, root, &r.policy->manner);
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
