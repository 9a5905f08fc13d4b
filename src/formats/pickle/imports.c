#include "formats/pickle/inside.h"
#include "formats/pickle/names.h"

static uint64_t hash_import(struct bytes module, struct bytes name, bool translated)
{
	return bytes_hash(module) * 31 + bytes_hash(name) * 2 + translated;
}

static bool same_import(const struct import *i, struct bytes module, struct bytes name, bool translated)
{
	return bytes_equal(i->written_module, module) && bytes_equal(i->written_name, name) &&
	       (translated || (bytes_equal(i->module, module) && bytes_equal(i->name, name)));
}

static struct import **import_slot(struct machine *m, struct bytes module, struct bytes name, bool translated)
{
	size_t at = hash_import(module, name, translated) & (m->import_room - 1);

	while (m->imports[at] && !same_import(m->imports[at], module, name, translated))
		at = (at + 1) & (m->import_room - 1);
	return &m->imports[at];
}

static void grow_imports(struct machine *m)
{
	struct import **old = m->imports;
	size_t old_room = m->import_room;

	m->import_room = old_room ? old_room * 4 : 64;
	m->imports = arena_alloc(m->arena, m->import_room, sizeof(struct import *));
	for (size_t i = 0; i < old_room; i++) {
		struct import *it = old[i];
		if (!it)
			continue;
		bool translated = !bytes_equal(it->module, it->written_module) || !bytes_equal(it->name, it->written_name);
		*import_slot(m, it->written_module, it->written_name, translated) = it;
	}
}

/* One struct import for a name, however often it is imported; `*fresh` the first time. */
static struct import *intern_import(struct machine *m, struct bytes module, struct bytes name, bool *fresh)
{
	struct bytes new_module = module, new_name = name;

	if (m->protocol < 3)
		translate_python2_name(&new_module, &new_name);
	bool translated = !bytes_equal(new_module, module) || !bytes_equal(new_name, name);
	if (m->import_count * 2 >= m->import_room)
		grow_imports(m);
	struct import **slot = import_slot(m, module, name, translated);
	*fresh = !*slot;
	if (*fresh) {
		*slot = arena_new(m->arena, struct import);
		**slot = (struct import){.module = new_module, .name = new_name, .written_module = module,
					 .written_name = name, .offset = m->opcode_at};
		m->import_count++;
	}
	return *slot;
}

struct value import_name(struct machine *m, struct bytes module, struct bytes name)
{
	bool fresh;

	/* Ordinary text begins like an import often enough, but not with names a module can have. */
	if (m->probing && (!bytes_are_dotted_name(module) || !bytes_are_dotted_name(name))) {
		stop_all(m, "imports a name that no module has");
		return unknown();
	}
	struct value v = {.kind = VALUE_IMPORT, .import = intern_import(m, module, name, &fresh)};

	if (fresh)
		add_event(m, EVENT_IMPORT, v, unknown());
	if (m->protocol < 4 && bytes_find_byte(name, '.') < name.len)
		stop_all(m, "imports a dotted name, which protocols below 4 do not allow");
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
