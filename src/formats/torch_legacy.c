/*
 * What torch.save wrote before version 1.6 (torch/serialization.py, _legacy_load):
 *
 *   five pickles: magic number | protocol 1001 | system information | the object | list of storage keys
 *   for each key: i64 number of elements | the elements
 */
#include "formats/pickle/streams.h"
#include "formats/pickle/torch.h"
#include "types/format.h"

#include "base/cursor.h"

enum { PICKLES = 5, PICKLE_OBJECT = 3, PICKLE_KEYS = 4 };

static int probe(const struct source *source, struct arena *arena)
{
	return torch_legacy_claims(arena, source->content) ? 95 : 0;
}

static bool find_storage(const struct artifact *art, struct bytes key, struct torch_storage *out)
{
	for (const struct event *e = art->events; e; e = e->next)
		if (e->kind == EVENT_PERSISTENT && torch_read_storage(e, out) && bytes_equal(out->key, key))
			return true;
	return false;
}

/* Where the raw storages end; the keys' order is that of the file. */
static uint64_t skip_storages(struct artifact *art, struct bytes in, uint64_t from, struct value keys)
{
	struct cursor c = cursor_over(in);

	cursor_seek(&c, from);
	for (size_t i = 0; i < value_count(keys) && cursor_ok(&c); i++) {
		struct torch_storage storage;
		struct bytes key = value_bytes(value_item(keys, i));
		size_t at = c.pos;
		uint64_t elements = cursor_u64le(&c);
		art->bytes_read += sizeof elements;
		if (!find_storage(art, key, &storage) || storage.element == 0) {
			artifact_note(art, "torch.storage", at, "lists storage \"%.*s\", whose size nothing in it tells", (int)(key.len < 60 ? key.len : 60), (const char *)key.at);
			break;
		}
		if (cursor_ok(&c) && elements != storage.elements)
			artifact_note(art, "torch.storage", at, "says that storage \"%.*s\" holds %llu elements in one place and %llu in another",
				      (int)(key.len < 60 ? key.len : 60), (const char *)key.at, (unsigned long long)storage.elements, (unsigned long long)elements);
		cursor_take(&c, torch_bytes(elements, storage.element));
	}
	if (!cursor_ok(&c))
		artifact_note(art, "file.malformed", c.why_at, "ends in the middle of a storage");
	return c.pos;
}

static bool is_protocol(struct value v)
{
	return v.kind == VALUE_INT && v.holds == 0 && v.integer == 1001;
}

/* Each of the five is a load of its own; what a later one holds is not trusted to an earlier one. */
static void parse(const struct source *source, struct artifact *art)
{
	struct bytes in = source->content;
	struct machine m;
	struct value results[PICKLES];
	uint64_t pos = 0;

	machine_init(&m, art->arena, art, in, LOADER_ALL);
	for (unsigned i = 0; i < PICKLES; i++) {
		m.kept_per_node = i == PICKLE_KEYS ? UINT16_MAX : 64;
		if (!machine_run(&m, pos, &results[i])) {
			artifact_note(art, "file.malformed", m.why_at, "%s", m.why);
			return;
		}
		pos = m.pos;
	}
	if (m.frame_crossed || m.frame_nested || m.frame_long)
		artifact_note(art, "pickle.frame", m.frame_at, "has frames that do not hold whole opcodes, so that readers see different programs");
	if (!is_protocol(results[1]))
		artifact_note(art, "torch.storage", 0, "is of a protocol of torch.save that never was");
	art->bytes_read += pos;
	uint64_t end = skip_storages(art, in, pos, results[PICKLE_KEYS]);
	if (end < in.len)
		pickle_walk_tail(art, in, end);
}

const struct format format_torch_legacy = {
	.name = "pytorch-legacy",
	.title = "PyTorch checkpoint, before version 1.6",
	.spec = "pytorch torch/serialization.py _legacy_load",
	.extensions = "pt pth ckpt bin",
	.may_claim = pickle_may_claim,
	.probe = probe,
	.parse = parse,
};
