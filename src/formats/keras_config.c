/* A Keras configuration by itself: config.json of a model saved as a folder, or what model.to_json() gives. */
#include "formats/keras/config.h"
#include "types/format.h"

extern const struct format format_keras;

/* In an archive it is judged where the archive is. */
static bool belongs_to_archive(const struct source *source, struct arena *arena)
{
	return source->inside && bytes_same(bytes_of(source->name), "config.json") && format_keras.probe(source->inside, arena) > 0;
}

static int probe(const struct source *source, struct arena *arena)
{
	enum { LIKELY = 70 };

	if (!keras_is_likely(source->content))
		return 0;
	source_looked(source, source->content.len, 0);
	if (!keras_names_class(arena, source->content) || belongs_to_archive(source, arena))
		return 0;
	return LIKELY;
}

static void parse(const struct source *source, struct artifact *art)
{
	art->bytes_read += source->content.len;
	keras_judge(art, &(struct keras_document){.text = source->content, .stored = true, .demanded = true});
}

const struct format format_keras_config = {
	.name = "keras-config",
	.title = "Keras configuration",
	.spec = "keras saving/serialization_lib.py",
	.extensions = "json",
	.may_claim = source_may_be_text,
	.probe = probe,
	.parse = parse,
};
