/* Pictures, sound and documents: recognised by their first bytes, so that they are no strangers in a model folder. */
#include "types/format.h"

struct signature {
	uint8_t at;
	struct bytes magic;
};

static const struct signature signatures[] = {
	{12, BYTES("IHDR")}, {0, BYTES("\xff\xd8\xff")}, {0, BYTES("GIF87a")}, {0, BYTES("GIF89a")},
	{8, BYTES("WEBP")}, {8, BYTES("WAVE")}, {0, BYTES("ID3")}, {0, BYTES("OggS")}, {0, BYTES("fLaC")},
	{4, BYTES("ftyp")}, {0, BYTES("%PDF-")}, {0, BYTES("wOF2")}, {0, BYTES("wOFF")}, {0, BYTES("II*\0")}, {0, BYTES("MM\0*")},
};

static bool may_claim(const struct source *source)
{
	for (size_t i = 0; i < COUNT_OF(signatures); i++)
		if (bytes_start_with(bytes_from(source->first, signatures[i].at), signatures[i].magic))
			return true;
	return false;
}

static int probe(const struct source *source, struct arena *arena)
{
	(void)arena;
	for (size_t i = 0; i < COUNT_OF(signatures); i++)
		if (bytes_start_with(bytes_from(source->content, signatures[i].at), signatures[i].magic))
			return 40;
	return 0;
}

static void parse(const struct source *source, struct artifact *art)
{
	(void)source;
	art->bytes_read += 16;
}

const struct format format_media = {
	.name = "media",
	.title = "picture, sound or document",
	.spec = "file signatures",
	.extensions = "png jpg jpeg gif webp wav mp3 ogg flac mp4 pdf woff woff2 tif tiff",
	.may_claim = may_claim,
	.probe = probe,
	.parse = parse,
};
