/*
 * ZIP archives, and everything that is one: PyTorch checkpoints, .npz, .keras, .mar, wheels.
 *
 *   local header | data | ... | central directory | end record
 */
#include "formats/zip/archive.h"
#include "types/format.h"

extern const struct format format_zip;

static bool may_claim(const struct source *source)
{
	return source_begins_as_zip(source) || zip_may_be_likely(source);
}

static int probe(const struct source *source, struct arena *arena)
{
	(void)arena;
	if (bytes_start_with(source->content, BYTES("PK\3\4")))
		return 95;
	if (bytes_start_with(bytes_from(source->content, 4), BYTES("TFL3")))
		return 0;       /* a model with its labels behind it: they are taken out by its own reader */
	return zip_is_likely(source, &format_zip) ? 80 : 0;
}

static void parse(const struct source *source, struct artifact *art)
{
	struct zip_archive archive = zip_list(source, art->arena);

	artifact_take(art, archive.noted);
	zip_add_members(art, source->content, &archive);
}

const struct format format_zip = {
	.name = "zip",
	.title = "ZIP archive",
	.spec = "PKWARE APPNOTE 6.3; Python Lib/zipfile.py; miniz",
	.extensions = "zip pt pth npz keras mar skops pt2 ptl",
	.may_claim = may_claim,
	.probe = probe,
	.parse = parse,
};
