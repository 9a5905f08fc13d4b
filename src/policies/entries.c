#include "policies/reading.h"

/* The sections models, tools and hosts. */

enum { MESSAGE_MOST = 400 };

static struct bytes joined(struct reading *r, const char *what, struct bytes name)
{
	struct text t;

	text_init(&t, r->arena);
	text_add_string(&t, what);
	text_add_string(&t, ": ");
	text_add(&t, bytes_slice(name, 0, 100));
	return text_bytes(&t);
}

static struct finder *read_shape(struct reading *r, const struct yaml *value)
{
	struct find_text what = {.text = reading_string(r, value, 1024), .shape = true};

	if (!value || r->failed)
		return NULL;
	struct finder *f = finder_create(r->arena, 1);
	const char *why = finder_add(r->arena, f, 0, &what);
	if (why)
		reading_fail(r, value, why);
	return f;
}

static void read_argument(struct reading *r, const struct yaml *item, struct argument *a)
{
	static const char *const types[] = {"any", "string", "number", "integer", "boolean", "address", NULL};

	reading_keys(r, item, "type one-of shape longest least most hosts required");
	a->name = item->key;
	a->type = (enum argument_type)reading_word(r, yaml_member(item, "type"), types, ARGUMENT_STRING);
	a->one_of = reading_names(r, yaml_member(item, "one-of"));
	a->shape = read_shape(r, yaml_member(item, "shape"));
	a->longest = reading_count(r, yaml_member(item, "longest"));
	a->has_least = yaml_member(item, "least") != NULL;
	a->has_most = yaml_member(item, "most") != NULL;
	a->least = reading_decimal(r, yaml_member(item, "least"));
	a->most = reading_decimal(r, yaml_member(item, "most"));
	a->hosts = reading_names(r, yaml_member(item, "hosts"));
	a->required = reading_yes(r, yaml_member(item, "required"));
	bool number = a->type == ARGUMENT_NUMBER || a->type == ARGUMENT_INTEGER, text = a->type == ARGUMENT_STRING || a->type == ARGUMENT_ADDRESS;
	if ((a->has_least || a->has_most) && !number)
		reading_fail(r, item, "has a least or most for what is no number");
	if ((a->shape || a->longest) && !text)
		reading_fail(r, item, "has a shape or a length for what is no string");
	if (a->hosts.count > 0 && a->type != ARGUMENT_ADDRESS)
		reading_fail(r, item, "has hosts for what is no address");
}

/* The tree as it was read, so that two writings of the same conditions may differ, but never two conditions agree. */
static struct digest conditions_of(const struct yaml *arguments, bool others)
{
	struct text t;

	text_init(&t, NULL);
	text_add_byte(&t, others ? '+' : '-');
	for (const struct yaml *it = arguments->first; it; it = it->next) {
		text_addf(&t, "%zu ", it->key.len);
		text_add(&t, it->key);
		for (const struct yaml *c = it->first; c; c = c->next) {
			text_addf(&t, " %zu ", c->key.len);
			text_add(&t, c->key);
			text_addf(&t, " %zu ", c->text.len);
			text_add(&t, c->text);
			for (const struct yaml *w = c->first; w; w = w->next) {
				text_addf(&t, " [%zu ", w->text.len);
				text_add(&t, w->text);
			}
		}
		text_add_byte(&t, '\n');
	}
	struct digest d = digest_of(text_bytes(&t));
	text_finish(&t);
	return d;
}

static void read_arguments(struct reading *r, const struct yaml *item, struct entry *e)
{
	static const char *const words[] = {"deny", "allow", NULL};
	const struct yaml *arguments = yaml_member(item, "arguments");
	struct argument **last = &e->arguments;

	e->others = reading_word(r, yaml_member(item, "other-arguments"), words, 0) == 1;
	if (!arguments)
		return;
	if (arguments->kind != YAML_IS_MAP && arguments->count > 0)
		reading_fail(r, arguments, "has arguments that are no map of conditions");
	e->typed = true;
	yaml_each(arguments, it) {
		struct argument *a = arena_new(r->arena, struct argument);
		read_argument(r, it, a);
		*last = a;
		last = &a->next;
	}
	e->conditions = conditions_of(arguments, e->others);
}

static void read_entry(struct reading *r, const struct yaml *item, const char *what, struct entry *e)
{
	bool tool = strcmp(what, "tools") == 0;

	if (item->kind == YAML_IS_SCALAR) {
		e->names = reading_names(r, item);
	} else {
		reading_keys(r, item, tool ? "names measure approvals message for unless provider arguments other-arguments" : "names measure approvals message for unless");
		e->names = reading_names(r, yaml_member(item, "names"));
		e->scope = reading_scope(r, item);
		e->measure = reading_measure(r, yaml_member(item, "measure"), MEASURE_ALLOW);
		e->approvals = reading_approvals(r, item, e->measure);
		e->message = reading_string(r, yaml_member(item, "message"), MESSAGE_MOST);
		if (tool)
			read_arguments(r, item, e);
		if (yaml_member(item, "provider"))
			e->whose = reading_yes(r, yaml_member(item, "provider")) ? WHOSE_PROVIDER : WHOSE_OTHERS;
	}
	if (e->names.count == 0)
		reading_fail(r, item, "has an entry without names");
	if (e->measure == MEASURE_REDACT && strcmp(what, "hosts") != 0)
		reading_fail(r, item, "would redact what is no text: allow, warn, hold or deny it");
	e->rule = joined(r, e->whose == WHOSE_PROVIDER ? "tools.provider" : what, e->names.count ? e->names.at[0] : BYTES(""));
}

struct entry *read_entries(struct reading *r, const struct yaml *section, const char *what)
{
	struct entry *first = NULL, **last = &first;

	if (section && section->kind == YAML_IS_SCALAR && !bytes_same(section->text, "any") && !bytes_same(section->text, "none"))
		reading_fail(r, section, "has a section that is neither \"any\", \"none\" nor a list");
	if (section && section->kind == YAML_IS_MAP)
		reading_fail(r, section, "has a section that is neither \"any\", \"none\" nor a list");
	if (section && section->kind == YAML_IS_SCALAR && bytes_same(section->text, "any")) {
		first = arena_new(r->arena, struct entry);
		first->names.at = arena_new(r->arena, struct bytes);
		first->names.at[first->names.count++] = BYTES("*");
		first->rule = joined(r, what, BYTES("*"));
	}
	if (r->failed || !section || section->kind != YAML_IS_LIST)
		return first;
	yaml_each(section, it) {
		struct entry *e = arena_new(r->arena, struct entry);
		read_entry(r, it, what, e);
		*last = e;
		last = &e->next;
	}
	return first;
}
