#include "formats/pickle/inside.h"
#include "formats/pickle/names.h"

static struct interned *import_slot(struct machine *m, struct bytes module, struct bytes name, bool old)
{
	size_t at = (bytes_hash(module) * 31 + bytes_hash(name) * 2 + old) & (m->import_room - 1);

	for (;; at = (at + 1) & (m->import_room - 1)) {
		struct interned *slot = &m->imports[at];
		if (!slot->import || (slot->old == old && bytes_equal(slot->import->written_name, name) && bytes_equal(slot->import->written_module, module)))
			return slot;
	}
}

static void grow_imports(struct machine *m)
{
	struct interned *before = m->imports;
	size_t room = m->import_room;

	m->import_room = room ? room * 4 : 16;
	m->imports = arena_alloc(m->arena, m->import_room, sizeof *m->imports);
	for (size_t i = 0; i < room; i++)
		if (before[i].import)
			*import_slot(m, before[i].import->written_module, before[i].import->written_name, before[i].old) = before[i];
}

/* One struct import for a name, however often it is imported; `*fresh` the first time. */
static struct import *intern_import(struct machine *m, struct bytes module, struct bytes name, bool *fresh)
{
	if (m->import_count * 2 >= m->import_room)
		grow_imports(m);
	struct interned *slot = import_slot(m, module, name, m->protocol < 3);
	*fresh = !slot->import;
	if (!*fresh)
		return slot->import;
	struct import *i = arena_new(m->arena, struct import);
	*i = (struct import){.module = module, .name = name, .written_module = module, .written_name = name, .offset = m->opcode_at};
	if (m->protocol < 3)
		translate_python2_name(&i->module, &i->name);
	*slot = (struct interned){i, m->protocol < 3};
	m->import_count++;
	return i;
}

static void add_reading(struct machine *m, struct import *import)
{
	struct reading *r = arena_new(m->arena, struct reading);

	*r = (struct reading){.at = m->opcode_at, .import = import};
	*m->last_reading = r;
	m->last_reading = &r->next;
}

struct value import_name(struct machine *m, struct bytes module, struct bytes name)
{
	bool fresh;

	/* Ordinary text begins like an import often enough, but not with names a module can have. */
	if (m->probing && !m->expected && (!bytes_are_dotted_name(module) || !bytes_are_dotted_name(name))) {
		stop_all(m, "imports a name that no module has");
		return unknown();
	}
	struct value v = {.kind = VALUE_IMPORT, .import = intern_import(m, module, name, &fresh)};

	if (fresh)
		add_event(m, EVENT_IMPORT, v, unknown());
	if (m->keeps_readings)
		add_reading(m, v.import);
	return v;
}

/* The module or the name is the result of something else. */
struct value import_computed(struct machine *m, struct value module, struct value name)
{
	struct import *i = arena_new(m->arena, struct import);

	*i = (struct import){.module = module.kind == VALUE_TEXT ? value_bytes(module) : BYTES("?"),
			     .name = name.kind == VALUE_TEXT ? value_bytes(name) : BYTES("?"),
			     .offset = m->opcode_at, .computed = true};
	i->written_module = i->module;
	i->written_name = i->name;
	struct value v = {.kind = VALUE_IMPORT, .import = i};
	add_event(m, EVENT_IMPORT, v, unknown());
	return v;
}
