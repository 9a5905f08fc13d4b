#include "rules/operators.h"

#include "base/path.h"
#include "rules/names.h"
#include "rules/words.h"
#include "syntax/yaml.h"

enum { ROOM = 8192 };

static uint64_t slot_of(struct bytes family, struct bytes name)
{
	return names_hash(family, name) % ROOM;
}

static bool read_level(struct bytes word, enum operator_level *out)
{
	static const char *const names[] = {"allowed", "path", "outside", "dangerous"};

	for (unsigned i = 0; i < COUNT_OF(names); i++) {
		if (!bytes_same(word, names[i]))
			continue;
		*out = (enum operator_level)i;
		return true;
	}
	return false;
}

static void add_name(struct arena *arena, struct operator_rules *rules, const struct operator_rule *model, struct bytes name)
{
	bool pattern = names_have_pattern(name);
	struct operator_rule *r = arena_new(arena, struct operator_rule);

	if (!pattern && !rules->listed)
		rules->listed = arena_alloc(arena, ROOM, sizeof *rules->listed);
	struct operator_rule **list = pattern ? &rules->patterns : &rules->listed[slot_of(model->family, name)];
	*r = *model;
	r->name = name;
	r->next = *list;
	*list = r;
}

const char *operators_add(struct arena *arena, struct operator_rules *rules, struct bytes family, const struct yaml *entry, bool built_in)
{
	struct bytes names = yaml_string(entry, "names"), name;
	struct operator_rule model = {.family = family, .does = yaml_string(entry, "does"), .paths = yaml_string(entry, "paths")};

	if (family.len == 0 || names.len == 0)
		return "has operators without a family or without names";
	if (!read_level(yaml_string(entry, "level"), &model.level))
		return "has operators of a level that is none of allowed, path, outside, dangerous";
	if (model.level != OPERATOR_ALLOWED && model.does.len == 0)
		return "has operators without what they do";
	if (built_in)
		rules->built[rules->built_count++] = model;
	if (built_in && !names_have_pattern(names))
		return NULL;
	while ((name = rules_word(&names)).len > 0)
		if (!built_in || names_have_pattern(name))
			add_name(arena, rules, &model, name);
	return NULL;
}

static bool fits(struct bytes pattern, struct bytes name)
{
	size_t star = bytes_find_byte(pattern, '*');
	struct bytes before = bytes_slice(pattern, 0, star), after = bytes_from(pattern, star + 1);

	return name.len >= before.len + after.len && bytes_start_with(name, before) && bytes_end_with(name, after);
}

/* Of several patterns the worst counts: a domain on the list does not bless every name in it. */
const struct operator_rule *operators_find(const struct operator_rules *rules, struct bytes family, struct bytes name)
{
	const struct operator_rule *found = NULL;

	for (const struct operator_rule *r = rules->listed ? rules->listed[slot_of(family, name)] : NULL; r; r = r->next)
		if (bytes_equal(r->family, family) && bytes_equal(r->name, name))
			return r;
	int entry = rules->built ? names_entry(NAMES_OPERATORS, family, name) : NAMES_NONE;
	if (entry != NAMES_NONE)
		return &rules->built[entry];
	for (const struct operator_rule *r = rules->patterns; r; r = r->next)
		if (bytes_equal(r->family, family) && fits(r->name, name) && (!found || r->level > found->level))
			found = r;
	return found;
}

struct operator_path operators_path(const struct operator_rule *rule, struct value arguments)
{
	struct operator_path found = {.text = BYTES("")};
	struct bytes list = rule->paths, key;

	while ((key = rules_word(&list)).len > 0) {
		for (size_t i = 0; i + 1 < value_count(arguments) * 2; i += 2) {
			struct value argument = value_item(arguments, i + 1);
			struct bytes path = value_bytes(argument);
			if (!bytes_equal(value_bytes(value_item(arguments, i)), key))
				continue;
			found.made_up |= argument.kind == VALUE_UNKNOWN;
			if (!found.outside && (found.text.len == 0 || path_leads_out(path)))
				found.text = path;
			found.outside |= path_leads_out(path);
		}
	}
	return found;
}

struct bytes operators_describe(struct arena *arena, const struct event *use, const struct operator_rule *rule, struct bytes path)
{
	enum { PATH_SHOWN = 120, NAME_SHOWN = 80 };
	struct text t;

	text_init(&t, arena);
	text_add_string(&t, "uses the operator ");
	text_add_printable(&t, value_bytes(use->subject), NAME_SHOWN);
	text_add_string(&t, ", which ");
	text_add(&t, rule->does);
	if (path.len) {
		text_add_string(&t, ": \"");
		text_add_printable(&t, path, PATH_SHOWN);
		text_add_string(&t, "\"");
	}
	return text_bytes(&t);
}
