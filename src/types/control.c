#include "types/control.h"

#include <string.h>

const struct control *catalog_control(const struct catalog *c, const char *id)
{
	for (size_t i = 0; i < c->control_count; i++)
		if (strcmp(c->controls[i].id, id) == 0)
			return &c->controls[i];
	return NULL;
}

static const struct clause *find_clause(const struct framework *f, struct bytes id)
{
	for (size_t i = 0; i < f->clause_count; i++)
		if (bytes_same(id, f->clauses[i].id))
			return &f->clauses[i];
	return NULL;
}

const struct clause *catalog_clause(const struct catalog *c, const char *name, const struct framework **framework)
{
	struct bytes whole = bytes_of(name);
	size_t slash = bytes_find_byte(whole, '/');
	const struct clause *found = NULL;

	for (size_t i = 0; i < c->framework_count; i++) {
		bool named = slash < whole.len && bytes_same(bytes_slice(whole, 0, slash), c->frameworks[i].id);
		if (slash < whole.len && !named)
			continue;
		const struct clause *clause = find_clause(&c->frameworks[i], named ? bytes_from(whole, slash + 1) : whole);
		if (clause && found)
			return NULL;
		if (clause) {
			found = clause;
			*framework = &c->frameworks[i];
		}
	}
	return found;
}

const struct sentence *catalog_sentence(const struct catalog *c, struct bytes id)
{
	for (size_t i = 0; i < c->document_count; i++)
		for (size_t k = 0; k < c->documents[i].sentence_count; k++)
			if (bytes_same(id, c->documents[i].sentences[k].id))
				return &c->documents[i].sentences[k];
	return NULL;
}

struct bytes list_next(struct bytes *list)
{
	while (list->len > 0 && (list->at[0] == ' ' || list->at[0] == '\n'))
		*list = bytes_from(*list, 1);
	size_t len = 0;
	while (len < list->len && list->at[len] != ' ' && list->at[len] != '\n')
		len++;
	struct bytes word = bytes_slice(*list, 0, len);
	*list = bytes_from(*list, len);
	return word;
}

bool list_has(const char *list, struct bytes word)
{
	struct bytes left = bytes_of(list), next;

	while ((next = list_next(&left)).len > 0)
		if (bytes_equal(next, word))
			return true;
	return false;
}

static bool is_touched(const struct catalog *c, const char *framework, const char *clause)
{
	size_t len = strlen(framework);

	for (size_t i = 0; i < c->control_count; i++)
		for (size_t k = 0; k < c->controls[i].map_count; k++) {
			const char *name = c->controls[i].maps[k].clause;
			if (strncmp(name, framework, len) == 0 && name[len] == '/' && strcmp(name + len + 1, clause) == 0)
				return true;
		}
	return false;
}

size_t catalog_touched(const struct catalog *c, const struct framework *framework)
{
	size_t touched = 0;

	for (size_t i = 0; i < framework->clause_count; i++)
		touched += is_touched(c, framework->id, framework->clauses[i].id);
	return touched;
}
