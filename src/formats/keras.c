/*
 * Keras models since version 3 of the format (keras saving/saving_lib.py): a ZIP with
 *
 *   config.json    the model, as objects that name their classes
 *   metadata.json  the version of Keras
 *   model.weights.h5 (.npz, .json with several .h5), assets/
 *
 * The members are examined as those of any ZIP; here the configuration is judged.
 */
#include "formats/keras/config.h"
#include "formats/zip/archive.h"
#include "types/format.h"

extern const struct format format_keras;

enum { CONFIG_MOST = 256 << 20, PROBED_MOST = 16 << 20 };

/* Other archives have a config.json too: this one has Keras' other members, its name, or says what class it is of. */
static int probe(const struct source *source, struct arena *arena)
{
	enum { CERTAIN = 97 };
	static const char *const others[] = {"metadata.json", "model.weights.h5", "model.weights.npz", "model.weights.json"};

	if (!zip_is_likely(source, &format_keras) || !zip_mentions(source->content, BYTES("config.json")))
		return 0;
	struct zip_archive z = zip_list(source, arena);
	const struct zip_entry *config = zip_find(&z, BYTES("config.json"));
	if (!config)
		return 0;
	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (zip_find(&z, bytes_of(others[i])))
			return CERTAIN;
	if (format_expects(&format_keras, source_extension(source)))
		return CERTAIN;
	struct unpacked u = zip_unpack(arena, source->content, config, PROBED_MOST);
	return keras_names_class(arena, u.content) ? CERTAIN : 0;
}

/* Every entry of that name: which of two a reader opens is its own affair. */
static void parse(const struct source *source, struct artifact *art)
{
	struct zip_archive z = zip_list(source, art->arena);

	for (size_t i = 0; i < z.entry_count; i++) {
		const struct zip_entry *e = &z.entries[i];
		if (!bytes_same(e->name, "config.json"))
			continue;
		struct unpacked u = zip_unpack(art->arena, source->content, e, CONFIG_MOST);
		if (u.end != UNPACK_WHOLE)
			artifact_note(art, "file.unexamined", e->data_at, "has a configuration that cannot be unpacked whole");
		keras_judge(art, &(struct keras_document){.text = u.content, .offset = e->data_at,
							  .stored = zip_packing(e) == PACKING_NONE, .demanded = true});
	}
}

const struct format format_keras = {
	.name = "keras",
	.title = "Keras model archive",
	.spec = "keras saving/saving_lib.py, saving/serialization_lib.py",
	.extensions = "keras",
	.may_claim = zip_may_be_likely,
	.probe = probe,
	.parse = parse,
};
