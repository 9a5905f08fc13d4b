#include "formats/xml/entities.h"

#include <string.h>

enum { ENTITIES_MOST = 4096, PASSES = 40, SHOWN = 80, BOMB = 1 << 20, NOTES_MOST = 16 };

void entities_begin(struct entities *e, struct artifact *art)
{
	*e = (struct entities){.art = art};
	names_init(&e->general, art->arena);
	names_init(&e->parameters, art->arena);
}

static const char *shown(struct entities *e, struct bytes b)
{
	struct text t;

	text_init(&t, e->art->arena);
	text_add_printable(&t, b, SHOWN);
	return text_string(&t);
}

/* The first of one name counts. */
static void keep(struct entities *e, const struct xml_reader *r)
{
	bool added;

	if (e->count == e->room) {
		size_t room = e->room ? e->room * 2 : 16;
		struct entity *list = arena_alloc_raw(e->art->arena, room * sizeof *list);
		if (e->count)
			memcpy(list, e->list, e->count * sizeof *list);
		e->list = list;
		e->room = room;
	}
	names_add(r->parameter ? &e->parameters : &e->general, r->name, e->count, &added);
	if (added)
		e->list[e->count++] = (struct entity){.name = r->name, .text = r->text, .external = r->external, .parameter = r->parameter, .offset = r->offset};
}

static void add_entity(struct entities *e, const struct xml_reader *r)
{
	if (e->count == ENTITIES_MOST)
		return;
	keep(e, r);
	if (e->count == ENTITIES_MOST)
		artifact_note(e->art, "file.unexamined", r->offset, "declares more entities than are followed here");
	if (e->notes++ >= NOTES_MOST && !r->external)
		return;
	if (r->external)
		artifact_note(e->art, "xml.external", r->offset, "puts into itself what lies at \"%s\", as the entity \"%s\"", shown(e, r->text),
			      shown(e, r->name));
	else
		artifact_note(e->art, "xml.entity", r->offset, "declares the entity \"%s\" as \"%s\"", shown(e, r->name), shown(e, r->text));
}

static void look_at_instruction(struct entities *e, const struct xml_reader *r)
{
	if (bytes_contain(r->text, BYTES("href")))
		artifact_note(e->art, "xml.reference", r->offset, "points its reader to another file: <?%s %s", shown(e, r->name), shown(e, r->text));
}

void entities_declare(struct entities *e, const struct xml_reader *r, enum xml_token token)
{
	if (token == XML_ENTITY)
		add_entity(e, r);
	else if (token == XML_DOCTYPE && r->external)
		artifact_note(e->art, "xml.external", r->offset, "takes its document type from \"%s\"", shown(e, r->text));
	else if (token == XML_DECLARATION && bytes_same(r->name, "ATTLIST") && e->notes++ < NOTES_MOST)
		artifact_note(e->art, "xml.entity", r->offset, "declares attributes that its reader puts in: %s", shown(e, r->text));
	else if (token == XML_INSTRUCTION)
		look_at_instruction(e, r);
}

/* ---- unfolding ---- */

static const struct entity *find(const struct entities *e, struct bytes name, bool parameter)
{
	const struct name_entry *entry = names_find(parameter ? &e->parameters : &e->general, name);

	return entry ? &e->list[entry->index] : NULL;
}

/* Of the text with every reference in it put in, as far as that is known. */
static uint64_t unfolded_size(const struct entities *e, struct bytes text)
{
	uint64_t size = text.len;
	struct bytes name, rest = text;

	while (size <= BOMB && xml_reference(&rest, '&', &name)) {
		const struct entity *it = xml_is_builtin(name) ? NULL : find(e, name, false);
		size += it ? it->size : 0;
	}
	for (rest = text; size <= BOMB && xml_reference(&rest, '%', &name);) {
		const struct entity *it = find(e, name, true);
		size += it ? it->size : 0;
	}
	return size;
}

static void note_bomb(struct entities *e, uint64_t offset)
{
	if (!e->bomb)
		artifact_note(e->art, "file.bomb", offset, "has entities that unfold to more than a million characters, or without end");
	e->bomb = true;
}

/* Each pass knows one level more; what still grows after all of them refers to itself. */
void entities_measure(struct entities *e)
{
	bool grows = e->count > 0;

	for (unsigned pass = 0; pass < PASSES && grows; pass++) {
		grows = false;
		for (struct entity *it = e->list; it < e->list + e->count; it++) {
			uint64_t size = unfolded_size(e, it->text);
			if (size > BOMB) {
				note_bomb(e, it->offset);
				return;
			}
			grows |= size != it->size;
			it->size = size;
		}
	}
	if (grows)
		note_bomb(e, e->list[0].offset);
}

void entities_use(struct entities *e, const struct xml_reader *r)
{
	struct bytes name, rest = r->text;

	while (!r->plain && !e->bomb && xml_reference(&rest, '&', &name)) {
		if (xml_is_builtin(name))
			continue;
		const struct entity *it = find(e, name, false);
		if (!it && e->notes++ < NOTES_MOST) {
			artifact_note(e->art, "file.malformed", r->offset, "refers to an entity \"%s\" that nothing declares", shown(e, name));
			return;
		}
		e->expanded += it ? it->size : 0;
		if (e->expanded > BOMB)
			note_bomb(e, r->offset);
	}
}
