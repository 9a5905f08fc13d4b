#include "rules/components.h"

#include "rules/words.h"
#include "syntax/yaml.h"

const char *components_add(struct arena *arena, struct component_rules *rules, const struct yaml *entry)
{
	struct bytes names = yaml_string(entry, "names"), kind = yaml_string(entry, "kind"), name;
	bool folder = bytes_same(kind, "folder");

	if (!folder && !bytes_same(kind, "library"))
		return "has components of a kind that is neither library nor folder";
	if (names.len == 0)
		return "has components without names";
	while ((name = rules_word(&names)).len > 0) {
		struct component_name *n = arena_new(arena, struct component_name);
		*n = (struct component_name){name, folder, rules->names};
		rules->names = n;
	}
	return NULL;
}

bool components_listed(const struct component_rules *rules, struct bytes module, bool component)
{
	struct bytes package = bytes_slice(module, 0, bytes_find_byte(module, '.'));

	for (const struct component_name *n = rules->names; n; n = n->next)
		if (n->folder ? component && bytes_equal(n->name, module) : bytes_equal(n->name, package))
			return true;
	return false;
}
