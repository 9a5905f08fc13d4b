/* One file behind a compressor: gzip, bzip2, xz, lzma, zstd, lz4, zlib, and the oldest joblib dumps. */
#include "base/cursor.h"
#include "codecs/unpack.h"
#include "types/format.h"

struct compressor {
	struct bytes magic;
	enum packing packing;
	const char *extension;
};

static const struct compressor compressors[] = {
	{BYTES("\x1f\x8b\x08"), PACKING_GZIP, "gz"},
	{BYTES("BZh"), PACKING_BZIP2, "bz2"},
	{BYTES("\xfd" "7zXZ\0"), PACKING_XZ, "xz"},
	{BYTES("\x5d\0"), PACKING_XZ, "lzma"},
	{BYTES("\x28\xb5\x2f\xfd"), PACKING_ZSTD, "zst"},
	{BYTES("\x04\x22\x4d\x18"), PACKING_LZ4, "lz4"},
};

/* joblib before 0.10: "ZF", the size in hexadecimal padded to 19 characters, zlib data. */
static const struct bytes joblib_magic = BYTES("ZF0x");
enum { JOBLIB_HEADER = 21 };

static bool is_zlib(struct bytes in)
{
	return in.len > 6 && in.at[0] == 0x78 && (in.at[0] * 256u + in.at[1]) % 31 == 0;
}

enum { WINDOW = 64 << 10 };

/* Formats that begin with two or three small bytes begin like many others: does anything come out? */
static bool unpacks(struct arena *arena, enum packing packing, struct bytes in)
{
	struct unpacked u = unpack(arena, packing, bytes_slice(in, 0, WINDOW), 0, WINDOW);

	return u.end != UNPACK_CORRUPT || u.content.len > 0;
}

static const struct compressor *find(struct bytes in)
{
	for (size_t i = 0; i < COUNT_OF(compressors); i++)
		if (bytes_start_with(in, compressors[i].magic))
			return &compressors[i];
	return NULL;
}

static bool may_claim(const struct source *source)
{
	return find(source->first) || bytes_start_with(source->first, joblib_magic) || is_zlib(source->first);
}

static int probe(const struct source *source, struct arena *arena)
{
	const struct compressor *c = find(source->content);

	if (c && (c->packing != PACKING_XZ || c->magic.len > 3))
		return c->magic.len > 3 ? 95 : 80;
	if (bytes_start_with(source->content, joblib_magic))
		return 60;
	if (!c && !is_zlib(source->content))
		return 0;
	source_looked(source, WINDOW, 0);
	return unpacks(arena, c ? PACKING_XZ : PACKING_ZLIB, source->content) ? 60 : 0;
}

/* "model.pkl.gz" holds "model.pkl". */
static struct bytes inner_name(const struct source *source)
{
	struct bytes file = bytes_after_last(bytes_of(source->name), '/');
	struct bytes extension = source_extension(source);

	for (size_t i = 0; i < COUNT_OF(compressors); i++)
		if (bytes_equal_folded(extension, bytes_of(compressors[i].extension)))
			return bytes_slice(file, 0, file.len - extension.len - 1);
	return BYTES("content");
}

static void parse(const struct source *source, struct artifact *art)
{
	struct bytes in = source->content;
	const struct compressor *c = find(in);
	bool joblib = bytes_start_with(in, joblib_magic);
	uint64_t from = joblib ? JOBLIB_HEADER : 0;

	if (joblib && !is_zlib(bytes_from(in, from)))
		from++;         /* one more blank in some versions */
	struct part *p = artifact_add(art, PART_EMBEDDED, from, inner_name(source), bytes_from(in, from));
	p->packing = c ? c->packing : PACKING_ZLIB;
	art->bytes_read += in.len;
}

const struct format format_compressed = {
	.name = "compressed",
	.title = "compressed file",
	.spec = "RFC 1950, 1952, 8878; bzip2; xz; lz4 frames",
	.extensions = "gz bz2 xz lzma zst lz4 z joblib jbl pkl pickle rds rda rdata nemo",
	.may_claim = may_claim,
	.probe = probe,
	.parse = parse,
};
