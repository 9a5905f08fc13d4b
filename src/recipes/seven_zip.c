/*
 * 7z archives of one block (7-Zip, DOC/7zFormat.txt), honest unless told otherwise:
 *
 *   7z [method=copy|lzma2|aes|none] [start-crc=N] [header-crc=N] [header-offset=N] [size=N]
 *   member NAME [folder] [attributes=N] [crc=N]
 */
#include <lzma.h>
#include <string.h>
#include <zlib.h>

#include "recipes/inside.h"

enum {
	END = 0, HEADER = 1, STREAMS = 4, FILES = 5, SUBSTREAMS = 8, SIZES = 9, CRCS = 10, FOLDER_SIZES = 12,
	STREAM_COUNTS = 13, EMPTY_STREAMS = 14, NAMES = 17, ATTRIBUTES = 21,
};

struct block {
	struct text content, names, attributes, sizes, crcs, empty;
	uint64_t count, streams, last_size;
};

/* The first byte tells by its leading ones how many follow. */
static void put_number(struct text *out, uint64_t n)
{
	unsigned more = 0;

	while (more < 8 && n >> (7 * more + 7))
		more++;
	unsigned char first = (unsigned char)(0xFF00 >> more);
	if (more < 7)
		first |= (unsigned char)(n >> (8 * more));
	text_add_byte(out, (char)first);
	recipe_put(out, n, more, false);
}

static void add_member(void *context, struct bytes rest, struct bytes content, struct text *out)
{
	struct block *b = context;
	struct bytes copy = rest, name = recipe_word(&copy);
	bool folder = recipe_option(rest, "folder").given, stream = !folder && content.len > 0;

	(void)out;
	for (size_t i = 0; i <= name.len; i++)
		recipe_put(&b->names, i < name.len ? name.at[i] : 0, 2, false);
	recipe_put(&b->attributes, recipe_option_number(rest, "attributes", folder ? 0x10 : 0x20), 4, false);
	text_add_byte(&b->empty, !stream);
	b->count++;
	if (!stream)
		return;
	/* Every size but the last is told. */
	if (b->streams++ > 0)
		put_number(&b->sizes, b->last_size);
	b->last_size = content.len;
	recipe_put(&b->crcs, recipe_option_number(rest, "crc", crc32(0, content.at, (unsigned)content.len)), 4, false);
	text_add(&b->content, content);
}

/* ---- the block ---- */

static void pack(const char *method, struct bytes in, struct text *out)
{
	lzma_options_lzma options;
	lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, NULL}};
	size_t room = lzma_stream_buffer_bound(in.len), used = 0;

	if (strcmp(method, "lzma2") != 0) {
		text_add(out, in);
		return;
	}
	lzma_lzma_preset(&options, 1);
	options.dict_size = 1 << 20;
	lzma_raw_buffer_encode(filters, NULL, in.at, in.len, (unsigned char *)text_reserve(out, room), &used, room);
	out->len += used;
}

static void put_coder(const char *method, struct text *h)
{
	if (strcmp(method, "lzma2") == 0)
		text_add(h, BYTES("\x21\x21\x01\x10"));           /* a dictionary of 1 MB */
	else if (strcmp(method, "aes") == 0)
		text_add(h, BYTES("\x24\x06\xf1\x07\x01\x02\x13\x00"));
	else if (strcmp(method, "none") == 0)
		text_add(h, BYTES("\x02\x7f\x7f"));
	else
		text_add(h, BYTES("\x01\x00"));
}

/* Where the block lies, how it was packed, and what comes out of it. */
static void put_streams(const struct block *b, const char *method, uint64_t packed, uint64_t unpacked, struct text *h)
{
	recipe_put(h, STREAMS, 1, false);
	text_add(h, BYTES("\x06\x00\x01\x09"));                      /* PACKS, at 0, one, SIZES */
	put_number(h, packed);
	recipe_put(h, END, 1, false);
	text_add(h, BYTES("\x07\x0b\x01\x00\x01"));                  /* FOLDERS, FOLDER, one, here, of one coder */
	put_coder(method, h);
	recipe_put(h, FOLDER_SIZES, 1, false);
	put_number(h, unpacked);
	recipe_put(h, END, 1, false);
	recipe_put(h, SUBSTREAMS, 1, false);
	recipe_put(h, STREAM_COUNTS, 1, false);
	put_number(h, b->streams);
	if (b->sizes.len > 0)
		recipe_put(h, SIZES, 1, false);
	text_add(h, text_bytes(&b->sizes));
	recipe_put(h, CRCS | 1 << 8, 2, false);
	text_add(h, text_bytes(&b->crcs));
	recipe_put(h, END, 2, false);
}

/* Bits, the first in the highest place. */
static void put_bits(struct text *h, struct bytes bits)
{
	put_number(h, (bits.len + 7) / 8);
	for (size_t i = 0; i < bits.len; i += 8) {
		unsigned byte = 0;
		for (size_t k = 0; k < 8; k++)
			byte |= i + k < bits.len && bits.at[i + k] ? 0x80u >> k : 0;
		recipe_put(h, byte, 1, false);
	}
}

static void put_files(const struct block *b, struct text *h)
{
	recipe_put(h, FILES, 1, false);
	put_number(h, b->count);
	if (b->streams < b->count) {
		recipe_put(h, EMPTY_STREAMS, 1, false);
		put_bits(h, text_bytes(&b->empty));
	}
	recipe_put(h, NAMES, 1, false);
	put_number(h, b->names.len + 1);
	recipe_put(h, 0, 1, false);
	text_add(h, text_bytes(&b->names));
	recipe_put(h, ATTRIBUTES, 1, false);
	put_number(h, b->attributes.len + 2);
	recipe_put(h, 1, 2, false);
	text_add(h, text_bytes(&b->attributes));
	recipe_put(h, END, 2, false);
}

/* ---- the whole ---- */

static uint32_t crc_of(const struct text *t, size_t from)
{
	return (uint32_t)crc32(0, (const unsigned char *)t->at + from, (unsigned)(t->len - from));
}

static void put_archive(const struct block *b, struct bytes options, struct text *out)
{
	struct recipe_option method = recipe_option(options, "method");
	struct text packed, header, start;

	text_init(&packed, NULL);
	text_init(&header, NULL);
	text_init(&start, NULL);
	pack(method.value, text_bytes(&b->content), &packed);
	recipe_put(&header, HEADER, 1, false);
	if (b->streams)
		put_streams(b, method.value, packed.len, recipe_option_number(options, "size", b->content.len), &header);
	put_files(b, &header);
	recipe_put(&start, recipe_option_number(options, "header-offset", packed.len), 8, false);
	recipe_put(&start, header.len, 8, false);
	recipe_put(&start, recipe_option_number(options, "header-crc", crc_of(&header, 0)), 4, false);
	text_add(out, BYTES("7z\xbc\xaf\x27\x1c\0\4"));
	recipe_put(out, recipe_option_number(options, "start-crc", crc_of(&start, 0)), 4, false);
	text_add(out, text_bytes(&start));
	text_add(out, text_bytes(&packed));
	text_add(out, text_bytes(&header));
	text_finish(&packed);
	text_finish(&header);
	text_finish(&start);
}

bool recipe_seven_zip(struct kitchen *k, const struct step *s, struct text *out)
{
	struct block b = {0};
	struct text *const texts[] = {&b.content, &b.names, &b.attributes, &b.sizes, &b.crcs, &b.empty};
	struct text options;

	text_init(&options, NULL);
	text_add_string(&options, "7z ");
	text_add(&options, s->rest);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		text_init(texts[i], NULL);
	bool good = recipe_each_member(k, out, add_member, &b);
	if (good)
		put_archive(&b, text_bytes(&options), out);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		text_finish(texts[i]);
	text_finish(&options);
	return good;
}
