/*
 * PyTorch checkpoints since version 1.6 (torch/serialization.py, _load): a ZIP
 * with one folder that holds data.pkl, the program, and data/KEY, the storages
 * it names.  The members are examined as those of any ZIP; here the program is
 * held against the storages.
 */
#include "formats/pickle/streams.h"
#include "formats/pickle/torch.h"
#include "formats/zip/archive.h"
#include "types/format.h"

enum { PROGRAM_MOST = 64 << 20, KEY_SHOWN = 60 };

static const struct zip_entry *find_program(const struct zip_archive *z)
{
	for (size_t i = 0; i < z->entry_count; i++) {
		struct bytes name = z->entries[i].name;
		size_t slash = bytes_find_byte(name, '/');
		if (!z->entries[i].broken && bytes_equal_folded(bytes_from(name, slash + 1), BYTES("data.pkl")))
			return &z->entries[i];
	}
	return NULL;
}

static int probe(const struct source *source, struct arena *arena)
{
	if (!bytes_start_with(source->content, BYTES("PK\3\4")))
		return 0;
	struct zip_archive z = zip_list(source, arena);
	return find_program(&z) ? 96 : 0;
}

static const struct zip_entry *find_storage(struct arena *arena, const struct zip_archive *z, struct bytes program, struct bytes key)
{
	struct text name;

	text_init(&name, arena);
	text_add(&name, bytes_slice(program, 0, bytes_find_byte(program, '/')));
	text_add_string(&name, "/data/");
	text_add(&name, key);
	return zip_find(z, text_bytes(&name));
}

/* Offsets are those of the file where the program is stored as it is, and else of the program. */
static void check_storage(struct artifact *art, const struct zip_archive *z, const struct zip_entry *program, const struct torch_storage *s)
{
	const struct zip_entry *e = find_storage(art->arena, z, program->name, s->key);
	uint64_t at = s->offset + (zip_packing(program) == PACKING_NONE ? program->data_at : 0);
	int shown = (int)(s->key.len < KEY_SHOWN ? s->key.len : KEY_SHOWN);

	if (!e)
		artifact_note(art, "torch.storage", at, "uses storage \"%.*s\", which it does not hold", shown, (const char *)s->key.at);
	else if (s->element > 0 && e->unpacked != torch_bytes(s->elements, s->element))
		artifact_note(art, "torch.storage", at, "uses storage \"%.*s\" as %llu bytes, but it holds %llu", shown, (const char *)s->key.at,
			      (unsigned long long)torch_bytes(s->elements, s->element), (unsigned long long)e->unpacked);
}

static void parse(const struct source *source, struct artifact *art)
{
	struct zip_archive z = zip_list(source, art->arena);
	const struct zip_entry *program = find_program(&z);
	struct artifact inner;

	if (!program)
		return;
	struct arena_mark mark = arena_mark(art->arena);
	struct unpacked u = zip_unpack(art->arena, source->content, program, art->unpack_most < PROGRAM_MOST ? (size_t)art->unpack_most : PROGRAM_MOST);

	struct oddity **noted = art->last_oddity;
	art->unpacked += zip_packing(program) == PACKING_NONE ? 0 : u.content.len;
	artifact_init(&inner, art->arena, source, NULL);
	pickle_walk(&inner, u.content, 0);
	for (const struct event *e = inner.events; e; e = e->next) {
		struct torch_storage s;
		if (e->kind == EVENT_PERSISTENT && torch_read_storage(e, &s))
			check_storage(art, &z, program, &s);
	}
	if (art->last_oddity == noted)
		arena_rewind(art->arena, mark);
}

const struct format format_torch = {
	.name = "pytorch",
	.title = "PyTorch checkpoint",
	.spec = "pytorch torch/serialization.py, caffe2/serialize/inline_container.cc",
	.extensions = "pt pth ckpt bin",
	.may_claim = source_begins_as_zip,
	.probe = probe,
	.parse = parse,
};
