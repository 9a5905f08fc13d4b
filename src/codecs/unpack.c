#include "codecs/unpack.h"

#include <bzlib.h>
#include <libdeflate.h>
#include <lz4frame.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "codecs/encoding.h"

/*
 * Where decoded bytes go.  Twice through the same decoder: the first time they
 * are only counted, the second time there is exactly enough room, so that no
 * decoder is ever left in the middle for want of memory.
 */
struct sink {
	unsigned char *at;      /* NULL while counting */
	size_t len, most;
};

enum { CHUNK = 64 << 10 };

/* False when there is no room for more. */
static bool put(struct sink *s, const unsigned char *chunk, size_t len)
{
	size_t fits = len < s->most - s->len ? len : s->most - s->len;

	if (s->at && fits)
		memcpy(s->at + s->len, chunk, fits);
	s->len += fits;
	return fits == len;
}

static unsigned int_size(size_t len)
{
	return len > 1u << 30 ? 1u << 30 : (unsigned)len;
}

static enum unpack_end run_zlib(struct bytes in, int window, struct sink *s, size_t *used)
{
	unsigned char chunk[CHUNK];
	z_stream z = {0};
	enum unpack_end end = UNPACK_WHOLE;
	int step = Z_OK;

	if (inflateInit2(&z, window) != Z_OK)
		abort();
	for (*used = 0; end == UNPACK_WHOLE && step != Z_STREAM_END;) {
		z.next_in = (unsigned char *)in.at + *used;
		z.avail_in = int_size(in.len - *used);
		z.next_out = chunk;
		z.avail_out = CHUNK;
		step = inflate(&z, Z_NO_FLUSH);
		*used = (size_t)(z.next_in - in.at);
		if (!put(s, chunk, CHUNK - z.avail_out))
			end = UNPACK_LIMIT;
		else if (step != Z_OK && step != Z_STREAM_END)
			end = UNPACK_CORRUPT;
	}
	inflateEnd(&z);
	return end;
}

/* Members follow each other; what is no further member is left alone. */
static enum unpack_end run_gzip(struct bytes in, struct sink *s, size_t *used)
{
	enum unpack_end end;

	*used = 0;
	do {
		size_t step;
		end = run_zlib(bytes_from(in, *used), 15 + 16, s, &step);
		*used += step;
	} while (end == UNPACK_WHOLE && bytes_start_with(bytes_from(in, *used), BYTES("\x1f\x8b")));
	return end;
}

static enum unpack_end run_bzip2(struct bytes in, struct sink *s, size_t *used)
{
	unsigned char chunk[CHUNK];
	enum unpack_end end = UNPACK_WHOLE;

	*used = 0;
	do {
		bz_stream b = {0};
		int step = BZ_OK;
		if (BZ2_bzDecompressInit(&b, 0, 0) != BZ_OK)
			abort();
		while (end == UNPACK_WHOLE && step != BZ_STREAM_END) {
			b.next_in = (char *)in.at + *used;
			b.avail_in = int_size(in.len - *used);
			b.next_out = (char *)chunk;
			b.avail_out = CHUNK;
			step = BZ2_bzDecompress(&b);
			*used = (size_t)((unsigned char *)b.next_in - in.at);
			bool stuck = step == BZ_OK && b.avail_out == CHUNK && *used == in.len;
			if (!put(s, chunk, CHUNK - b.avail_out))
				end = UNPACK_LIMIT;
			else if ((step != BZ_OK && step != BZ_STREAM_END) || stuck)
				end = UNPACK_CORRUPT;
		}
		BZ2_bzDecompressEnd(&b);
	} while (end == UNPACK_WHOLE && bytes_start_with(bytes_from(in, *used), BYTES("BZh")));
	return end;
}

static enum unpack_end run_xz(struct bytes in, struct sink *s, size_t *used)
{
	enum { MEMORY = 128 << 20 };
	unsigned char chunk[CHUNK];
	lzma_stream l = LZMA_STREAM_INIT;
	enum unpack_end end = UNPACK_WHOLE;
	lzma_ret step = LZMA_OK;

	bool old = in.len > 0 && in.at[0] != 0xfd;      /* .lzma: no magic, and no doubts about its header */
	if ((old ? lzma_alone_decoder(&l, MEMORY) : lzma_stream_decoder(&l, MEMORY, LZMA_CONCATENATED)) != LZMA_OK)
		abort();
	l.next_in = in.at;
	l.avail_in = in.len;
	while (end == UNPACK_WHOLE && step != LZMA_STREAM_END) {
		l.next_out = chunk;
		l.avail_out = CHUNK;
		step = lzma_code(&l, LZMA_FINISH);
		if (!put(s, chunk, CHUNK - l.avail_out))
			end = UNPACK_LIMIT;
		else if (step == LZMA_MEMLIMIT_ERROR)
			end = UNPACK_LIMIT;
		else if (step != LZMA_OK && step != LZMA_STREAM_END)
			end = UNPACK_CORRUPT;
	}
	*used = in.len - l.avail_in;
	lzma_end(&l);
	return end;
}

/*
 * ZIP method 14 (APPNOTE 5.8.8): u16 version of the packer, u16 length of the
 * properties, the properties, bare LZMA.  Its end is marked or not; where it
 * is not, the size in the directory is where readers stop, as does this.
 */
static enum unpack_end run_lzma(struct bytes in, uint64_t claimed, struct sink *s, size_t *used)
{
	enum { MEMORY = 128 << 20, HEAD = 4, PROPERTIES = 5 };
	unsigned char chunk[CHUNK];
	lzma_stream l = LZMA_STREAM_INIT;
	lzma_filter filters[] = {{LZMA_FILTER_LZMA1, NULL}, {LZMA_VLI_UNKNOWN, NULL}};
	enum unpack_end end = UNPACK_WHOLE;
	lzma_ret step = LZMA_OK;

	*used = 0;
	if (in.len < HEAD + PROPERTIES || in.at[2] != PROPERTIES || in.at[3] != 0 || lzma_properties_decode(&filters[0], NULL, in.at + HEAD, PROPERTIES) != LZMA_OK)
		return UNPACK_CORRUPT;
	bool large = lzma_raw_decoder_memusage(filters) > MEMORY;
	step = large ? LZMA_MEMLIMIT_ERROR : lzma_raw_decoder(&l, filters);
	free(filters[0].options);
	if (step != LZMA_OK)
		return large ? UNPACK_LIMIT : UNPACK_CORRUPT;
	l.next_in = in.at + HEAD + PROPERTIES;
	l.avail_in = in.len - HEAD - PROPERTIES;
	while (end == UNPACK_WHOLE && step == LZMA_OK) {
		l.next_out = chunk;
		l.avail_out = CHUNK;
		step = lzma_code(&l, LZMA_FINISH);
		if (!put(s, chunk, CHUNK - l.avail_out))
			end = UNPACK_LIMIT;
		else if (step != LZMA_OK && step != LZMA_STREAM_END && step != LZMA_BUF_ERROR)
			end = UNPACK_CORRUPT;
	}
	*used = in.len - l.avail_in;
	lzma_end(&l);
	if (end == UNPACK_WHOLE && step == LZMA_BUF_ERROR) {
		end = s->len < claimed ? UNPACK_CORRUPT : UNPACK_WHOLE;
		s->len = s->len < claimed ? s->len : (size_t)claimed;
	}
	return end;
}

static enum unpack_end run_zstd(struct bytes in, struct sink *s, size_t *used)
{
	enum { WINDOW_LOG_MOST = 27 };
	unsigned char chunk[CHUNK];
	ZSTD_DStream *z = ZSTD_createDStream();
	ZSTD_inBuffer from = {in.at, in.len, 0};
	enum unpack_end end = UNPACK_WHOLE;
	size_t step = 1;

	if (!z)
		abort();
	ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, WINDOW_LOG_MOST);
	while (end == UNPACK_WHOLE && (step != 0 || from.pos < from.size)) {
		ZSTD_outBuffer to = {chunk, CHUNK, 0};
		size_t before = from.pos;
		step = ZSTD_decompressStream(z, &to, &from);
		if (!put(s, chunk, to.pos))
			end = UNPACK_LIMIT;
		else if (ZSTD_isError(step) || (to.pos == 0 && from.pos == before))
			end = UNPACK_CORRUPT;
	}
	*used = from.pos;
	ZSTD_freeDStream(z);
	return end;
}

static enum unpack_end run_lz4(struct bytes in, struct sink *s, size_t *used)
{
	unsigned char chunk[CHUNK];
	LZ4F_dctx *l;
	enum unpack_end end = UNPACK_WHOLE;
	size_t step = 1;

	if (LZ4F_isError(LZ4F_createDecompressionContext(&l, LZ4F_VERSION)))
		abort();
	for (*used = 0; end == UNPACK_WHOLE && (step != 0 || *used < in.len);) {
		size_t out = CHUNK, taken = in.len - *used;
		step = LZ4F_decompress(l, chunk, &out, in.at + *used, &taken, NULL);
		if (LZ4F_isError(step) || (out == 0 && taken == 0))
			end = UNPACK_CORRUPT;
		else if (!put(s, chunk, out))
			end = UNPACK_LIMIT;
		*used += LZ4F_isError(step) ? 0 : taken;
	}
	LZ4F_freeDecompressionContext(l);
	return end;
}

static enum unpack_end run(enum packing packing, struct bytes in, uint64_t claimed, struct sink *s, size_t *used)
{
	switch (packing) {
	case PACKING_DEFLATE: return run_zlib(in, -15, s, used);
	case PACKING_ZLIB: return run_zlib(in, 15, s, used);
	case PACKING_GZIP: return run_gzip(in, s, used);
	case PACKING_BZIP2: return run_bzip2(in, s, used);
	case PACKING_XZ: return run_xz(in, s, used);
	case PACKING_LZMA: return run_lzma(in, claimed, s, used);
	case PACKING_ZSTD: return run_zstd(in, s, used);
	case PACKING_LZ4: return run_lz4(in, s, used);
	default: return UNPACK_UNKNOWN;
	}
}

/* Several times faster than zlib, but it must be told the size. */
static bool unpack_at_once(struct arena *arena, struct bytes in, size_t size, struct unpacked *out)
{
	static struct libdeflate_decompressor *decompressor;
	unsigned char *at = arena_alloc_raw(arena, size);
	size_t used, len;

	if (!decompressor)
		decompressor = libdeflate_alloc_decompressor();
	if (!decompressor || libdeflate_deflate_decompress_ex(decompressor, in.at, in.len, at, size, &used, &len) != LIBDEFLATE_SUCCESS)
		return false;
	*out = (struct unpacked){.content = {at, len}, .used = used};
	return true;
}

static struct unpacked unpack_text(struct arena *arena, struct bytes in, bool (*decode)(struct arena *, struct bytes, struct bytes *))
{
	struct unpacked u = {.used = in.len};

	if (!decode(arena, in, &u.content))
		u.end = UNPACK_CORRUPT;
	return u;
}

struct unpacked unpack(struct arena *arena, enum packing packing, struct bytes in, uint64_t claimed, size_t most)
{
	struct unpacked u = {.content = in, .used = in.len};
	struct sink s = {.most = most};
	struct arena_mark mark = arena_mark(arena);

	if (packing == PACKING_NONE)
		return u;
	if (packing == PACKING_BASE64)
		return unpack_text(arena, in, decode_base64);
	if (packing == PACKING_HEX)
		return unpack_text(arena, in, decode_hex);
	if (packing == PACKING_DEFLATE && claimed > 0 && claimed <= most && unpack_at_once(arena, in, (size_t)claimed, &u))
		return u;
	arena_rewind(arena, mark);
	u.content = BYTES("");
	u.end = run(packing, in, claimed, &s, &u.used);
	if (s.len == 0)
		return u;
	struct sink filled = {.at = arena_alloc_raw(arena, s.len), .most = s.len};
	run(packing, in, claimed, &filled, &u.used);
	u.content = (struct bytes){filled.at, filled.len};
	return u;
}

uint32_t checksum_crc32(struct bytes b)
{
	return libdeflate_crc32(0, b.at, b.len);
}
