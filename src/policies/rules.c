#include "policies/reading.h"

/* The sections finds and rules. */

enum { MESSAGE_MOST = 400, PLACEHOLDER_MOST = 100, PATTERNS_MOST = 1024 };

/* ---- finds ---- */

static void add_patterns(struct reading *r, const struct yaml *list, struct find_text what, unsigned find, struct text *digested)
{
	struct names names = reading_names(r, list);

	for (size_t i = 0; i < names.count && !r->failed; i++) {
		what.text = names.at[i];
		text_addf(digested, "%d%d%d %zu ", what.shape, what.fold, what.word, what.text.len);
		text_add(digested, what.text);
		const char *why = finder_add(r->arena, r->policy->finder, find, &what);
		if (why)
			reading_fail(r, list, why);
	}
}

static void read_find(struct reading *r, const struct yaml *item, unsigned number)
{
	struct find *f = &r->policy->finds[number];
	struct find_text what = {.fold = reading_yes(r, yaml_member(item, "fold")), .word = reading_yes(r, yaml_member(item, "word"))};
	struct text digested;

	reading_keys(r, item, "name about texts shapes fold word");
	f->name = reading_string(r, yaml_member(item, "name"), 64);
	if (f->name.len == 0 || (!yaml_member(item, "texts") && !yaml_member(item, "shapes")))
		reading_fail(r, item, "has a find without a name, or without texts and shapes");
	for (unsigned i = 0; i < number; i++)
		if (bytes_equal(r->policy->finds[i].name, f->name))
			reading_fail(r, item, "has two finds of one name");
	text_init(&digested, NULL);
	add_patterns(r, yaml_member(item, "texts"), what, number, &digested);
	what.shape = true;
	add_patterns(r, yaml_member(item, "shapes"), what, number, &digested);
	f->digest = digest_of(text_bytes(&digested));
	text_finish(&digested);
}

void read_finds(struct reading *r, const struct yaml *section)
{
	r->policy->finder = finder_create(r->arena, PATTERNS_MOST);
	if (section && (section->kind != YAML_IS_LIST || section->count > FINDS_MOST))
		reading_fail(r, section, "has finds that are no list, or more than 128");
	else
		yaml_each(section, it)
			read_find(r, it, (unsigned)r->policy->find_count++);
	if (!r->failed)
		finder_seal(r->arena, r->policy->finder);
}

/* ---- rules ---- */

static void choose_finds(struct reading *r, const struct yaml *value, struct rule *rule)
{
	struct names names = reading_names(r, value);

	rule->has_finds = names.count > 0;
	for (size_t i = 0; i < names.count; i++) {
		bool known = false;
		for (size_t find = 0; find < r->policy->find_count; find++) {
			if (!name_fits(names.at[i], r->policy->finds[find].name))
				continue;
			rule->finds[find >> 3] |= (unsigned char)(1u << (find & 7));
			known = true;
		}
		if (!known)
			reading_fail(r, value, "names a find that does not exist");
	}
}

static unsigned read_channels(struct reading *r, const struct yaml *value)
{
	struct names names = reading_names(r, value);
	unsigned set = names.count ? 0 : (1u << CHANNEL_COUNT) - 1;

	for (size_t i = 0; i < names.count; i++) {
		unsigned before = set;
		for (unsigned c = 0; c < CHANNEL_COUNT; c++)
			if (bytes_same(names.at[i], channel_name(c)))
				set |= 1u << c;
		if (set == before)
			reading_fail(r, value, "names a channel twice, or one that is none of: system user assistant reasoning args tool doc tool_desc meta");
	}
	return set;
}

static struct bytes placeholder_of(struct reading *r, const struct rule *rule)
{
	struct text t;

	text_init(&t, r->arena);
	text_add_string(&t, "[removed: ");
	text_add(&t, rule->name);
	text_add_byte(&t, ']');
	return text_bytes(&t);
}

static void read_rule(struct reading *r, const struct yaml *item, struct rule *rule)
{
	static const char *const halves[] = {"", "request", "answer", "both", NULL};

	reading_keys(r, item, "name about finds channels in for unless measure approvals message placeholder");
	rule->name = reading_string(r, yaml_member(item, "name"), 64);
	choose_finds(r, yaml_member(item, "finds"), rule);
	rule->channels = read_channels(r, yaml_member(item, "channels"));
	rule->halves = reading_word(r, yaml_member(item, "in"), halves, HALF_REQUEST | HALF_ANSWER);
	rule->scope = reading_scope(r, item);
	rule->measure = reading_measure(r, yaml_member(item, "measure"), MEASURE_DENY);
	rule->approvals = reading_approvals(r, item, rule->measure);
	rule->message = reading_string(r, yaml_member(item, "message"), MESSAGE_MOST);
	rule->placeholder = yaml_member(item, "placeholder") ? reading_string(r, yaml_member(item, "placeholder"), PLACEHOLDER_MOST) : placeholder_of(r, rule);
	if (rule->name.len == 0 || !yaml_member(item, "measure"))
		reading_fail(r, item, "has a rule without a name or without a measure");
	if (!rule->has_finds && rule->measure == MEASURE_REDACT)
		reading_fail(r, item, "has a rule that redacts, but not what");
	if (!rule->has_finds && yaml_member(item, "channels"))
		reading_fail(r, item, "has a rule with channels, but nothing to find in them");
}

void read_rules(struct reading *r, const struct yaml *section)
{
	struct rule **last = &r->policy->rules;

	if (section && section->kind != YAML_IS_LIST) {
		reading_fail(r, section, "has rules that are no list");
		return;
	}
	yaml_each(section, it) {
		struct rule *rule = arena_new(r->arena, struct rule);
		read_rule(r, it, rule);
		*last = rule;
		last = &rule->next;
	}
}
