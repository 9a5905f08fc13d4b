#include "rules/templates.h"

#include "base/status.h"
#include "rules/words.h"
#include "syntax/yaml.h"

/* The list of that name, or -1. */
static int list_named(struct bytes word)
{
	static const char *const words[] = {"internals", "frameworks", "harmful", "functions", "objects", "methods", "filters", "tests"};

	_Static_assert(COUNT_OF(words) == TEMPLATE_NAMES_COUNT, "one word a list");
	for (int i = 0; i < TEMPLATE_NAMES_COUNT; i++)
		if (bytes_same(word, words[i]))
			return i;
	return -1;
}

const char *template_rules_add(struct arena *arena, struct template_rules *rules, const struct yaml *entry)
{
	struct bytes names = yaml_string(entry, "names"), name;
	int list = list_named(yaml_string(entry, "list"));

	if (list < 0)
		return "has names for a list of templates that does not exist";
	if (names.len == 0)
		return "has a list of templates without names";
	while ((name = rules_word(&names)).len > 0) {
		struct template_name **place = &rules->names[list][bytes_hash(name) % TEMPLATE_ROOM];
		struct template_name *n = arena_new(arena, struct template_name);
		*n = (struct template_name){name, *place};
		*place = n;
	}
	return NULL;
}

bool template_rules_have(const struct template_rules *rules, enum template_names list, struct bytes name)
{
	for (const struct template_name *n = rules->names[list][bytes_hash(name) % TEMPLATE_ROOM]; n; n = n->next)
		if (bytes_equal(n->name, name))
			return true;
	return false;
}
