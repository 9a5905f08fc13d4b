/*
 * ZIP and tar archives, honest unless told otherwise:
 *
 *   zip [prefix=N]                       N bytes are counted before the archive begins
 *   member NAME [method=deflate|lzma|lzma-unmarked] [flags=N] [crc=N] [size=N] [needed=N] [attributes=N] [offset=N]
 *               [local-name=NAME] [local-flags=N] [local-crc=N] [local-size=N] [local-method=N]
 *               [align=N] [descriptor] [unlisted]
 *   tar; member NAME [type=C] [link=NAME]
 */
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "recipes/inside.h"

struct recipe_option recipe_option(struct bytes rest, const char *key)
{
	struct recipe_option o = {0};
	struct bytes word;

	recipe_word(&rest);
	while ((word = recipe_word(&rest)).len > 0) {
		size_t equals = bytes_find_byte(word, '=');
		if (!bytes_same(bytes_slice(word, 0, equals), key))
			continue;
		o.given = true;
		snprintf(o.value, sizeof o.value, "%.*s", (int)bytes_from(word, equals + 1).len, (const char *)bytes_from(word, equals + 1).at);
	}
	return o;
}

uint64_t recipe_option_number(struct bytes rest, const char *key, uint64_t otherwise)
{
	struct recipe_option o = recipe_option(rest, key);

	return o.given ? strtoull(o.value, NULL, 0) : otherwise;
}

/* ---- zip ---- */

struct listing {
	struct kitchen *kitchen;
	struct text central;
	unsigned count;
	uint64_t prefix;
};

static void deflate_into(struct bytes in, struct text *out)
{
	z_stream z = {0};
	size_t room = deflateBound(NULL, in.len) + 64;

	deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
	z.next_in = (unsigned char *)in.at;
	z.avail_in = (unsigned)in.len;
	z.next_out = (unsigned char *)text_reserve(out, room);
	z.avail_out = (unsigned)room;
	deflate(&z, Z_FINISH);
	out->len += z.total_out;
	deflateEnd(&z);
}

static void add_central(struct listing *l, struct bytes rest, struct bytes name, uint64_t at, size_t packed, size_t unpacked, uint32_t crc, unsigned method)
{
	struct text *c = &l->central;

	text_add(c, BYTES("PK\1\2"));
	recipe_put(c, 0x031E, 2, false);
	recipe_put(c, recipe_option_number(rest, "needed", 20), 2, false);
	recipe_put(c, recipe_option_number(rest, "flags", recipe_option(rest, "descriptor").given ? 8 : 0), 2, false);
	recipe_put(c, method, 2, false);
	recipe_put(c, 0x00210000, 4, false);
	recipe_put(c, recipe_option_number(rest, "crc", crc), 4, false);
	recipe_put(c, recipe_option_number(rest, "packed", packed), 4, false);
	recipe_put(c, recipe_option_number(rest, "size", unpacked), 4, false);
	recipe_put(c, name.len, 2, false);
	recipe_put(c, 0, 2 + 2 + 2 + 2, false);
	recipe_put(c, recipe_option_number(rest, "attributes", 0), 4, false);
	recipe_put(c, recipe_option_number(rest, "offset", at), 4, false);
	text_add(c, name);
	l->count++;
}

/* Padding goes into an extra field, as torch writes it. */
static void add_alignment(struct text *out, size_t header_at, size_t name_len, uint64_t align)
{
	size_t data_at = out->len, padding;

	if (align == 0)
		return;
	padding = (align - (data_at + 4) % align) % align;
	recipe_put(out, 0x4246, 2, false);
	recipe_put(out, padding, 2, false);
	for (size_t i = 0; i < padding; i++)
		text_add_byte(out, 'Z');
	out->at[header_at + 28] = (char)(padding + 4);
	out->at[header_at + 29] = (char)((padding + 4) >> 8);
	(void)name_len;
}

/* As ZIP has it: version, length of the properties, the properties, LZMA with a mark at its end or without. */
static void lzma_into(struct bytes in, bool marked, struct text *out)
{
	lzma_options_lzma options;
	lzma_filter filters[] = {{LZMA_FILTER_LZMA1EXT, &options}, {LZMA_VLI_UNKNOWN, NULL}};
	size_t room = lzma_stream_buffer_bound(in.len), used = 0;

	lzma_lzma_preset(&options, 1);
	options.ext_flags = marked ? LZMA_LZMA1EXT_ALLOW_EOPM : 0;
	lzma_set_ext_size(options, marked ? UINT64_MAX : in.len);
	text_add(out, BYTES("\x09\x04\x05\0"));
	lzma_properties_encode(filters, (unsigned char *)text_reserve(out, 5));
	out->len += 5;
	if (lzma_raw_buffer_encode(filters, NULL, in.at, in.len, (unsigned char *)text_reserve(out, room), &used, room) != LZMA_OK)
		abort();
	out->len += used;
}

static void add_member(struct listing *l, struct bytes rest, struct bytes content, struct text *out)
{
	struct bytes copy = rest, word = recipe_word(&copy);
	struct recipe_option local_name = recipe_option(rest, "local-name");
	struct text packed, unescaped;
	struct recipe_option how = recipe_option(rest, "method");
	bool deflated = strcmp(how.value, "deflate") == 0, lzma = bytes_start_with(bytes_of(how.value), BYTES("lzma")), follows = recipe_option(rest, "descriptor").given;
	unsigned method = deflated ? 8 : lzma ? 14 : (unsigned)recipe_option_number(rest, "method", 0);
	uint32_t crc = (uint32_t)crc32(0, content.at, (unsigned)content.len);
	uint64_t header_at = out->len;
	text_init(&unescaped, NULL);
	recipe_unescape(l->kitchen, word, &unescaped);
	struct bytes name = text_bytes(&unescaped);
	struct bytes shown = local_name.given ? bytes_of(local_name.value) : name;

	text_init(&packed, NULL);
	if (deflated)
		deflate_into(content, &packed);
	else if (lzma)
		lzma_into(content, strcmp(how.value, "lzma") == 0, &packed);
	else
		text_add(&packed, content);
	text_add(out, BYTES("PK\3\4"));
	recipe_put(out, 20, 2, false);
	recipe_put(out, recipe_option_number(rest, "local-flags", recipe_option_number(rest, "flags", follows ? 8 : 0)), 2, false);
	recipe_put(out, recipe_option_number(rest, "local-method", method), 2, false);
	recipe_put(out, 0x00210000, 4, false);
	recipe_put(out, recipe_option_number(rest, "local-crc", follows ? 0 : crc), 4, false);
	recipe_put(out, recipe_option_number(rest, "local-packed", follows ? 0 : packed.len), 4, false);
	recipe_put(out, recipe_option_number(rest, "local-size", follows ? 0 : content.len), 4, false);
	recipe_put(out, shown.len, 2, false);
	recipe_put(out, 0, 2, false);
	text_add(out, shown);
	add_alignment(out, header_at, shown.len, recipe_option_number(rest, "align", 0));
	text_add(out, text_bytes(&packed));
	if (follows) {
		text_add(out, BYTES("PK\7\10"));
		recipe_put(out, crc, 4, false);
		recipe_put(out, packed.len, 4, false);
		recipe_put(out, content.len, 4, false);
	}
	if (!recipe_option(rest, "unlisted").given)
		add_central(l, rest, name, header_at + l->prefix, packed.len, content.len, crc, method);
	text_finish(&packed);
	text_finish(&unescaped);
}

static void add_end(struct listing *l, struct text *out, uint64_t start, struct bytes rest)
{
	uint64_t at = out->len - start + l->prefix;

	text_add(out, text_bytes(&l->central));
	text_add(out, BYTES("PK\5\6"));
	recipe_put(out, 0, 4, false);
	recipe_put(out, recipe_option_number(rest, "entries", l->count), 2, false);
	recipe_put(out, recipe_option_number(rest, "entries", l->count), 2, false);
	recipe_put(out, l->central.len, 4, false);
	recipe_put(out, recipe_option_number(rest, "directory", at), 4, false);
	recipe_put(out, 0, 2, false);
}

bool recipe_each_member(struct kitchen *k, struct text *out, recipe_add_member *add, void *context)
{
	struct step s;

	while (recipe_next(k, &s)) {
		struct text content;
		if (bytes_same(s.word, "end"))
			return true;
		if (!bytes_same(s.word, "member"))
			return recipe_fail(k, "an archive holds members");
		text_init(&content, NULL);
		bool good = recipe_run(k, &content, false);
		if (good)
			add(context, s.rest, text_bytes(&content), out);
		text_finish(&content);
		if (!good)
			return false;
	}
	return recipe_fail(k, "an end is missing");
}

static void add_zip_member(void *context, struct bytes rest, struct bytes content, struct text *out)
{
	add_member(context, rest, content, out);
}

bool recipe_zip(struct kitchen *k, const struct step *s, struct text *out)
{
	struct text archive, options;
	struct listing l = {.kitchen = k};

	text_init(&archive, NULL);
	text_init(&options, NULL);
	text_init(&l.central, NULL);
	text_add_string(&options, "zip ");
	text_add(&options, s->rest);
	l.prefix = recipe_option_number(text_bytes(&options), "prefix", 0);
	bool good = recipe_each_member(k, &archive, add_zip_member, &l);
	if (good)
		add_end(&l, &archive, 0, text_bytes(&options));
	text_add(out, text_bytes(&archive));
	text_finish(&archive);
	text_finish(&options);
	text_finish(&l.central);
	return good;
}

/* ---- tar ---- */

static void add_tar_member(void *context, struct bytes rest, struct bytes content, struct text *out)
{
	char header[512] = {0};
	struct bytes copy = rest, name = recipe_word(&copy);
	struct recipe_option type = recipe_option(rest, "type"), link = recipe_option(rest, "link");
	unsigned sum = 0;

	(void)context;
	snprintf(header, 100, "%.*s", (int)name.len, (const char *)name.at);
	memcpy(header + 100, "0000644\0000000000\0000000000", 24);
	snprintf(header + 124, 12, "%011zo", content.len);
	memcpy(header + 136, "00000000000", 12);
	header[156] = type.given ? type.value[0] : '0';
	snprintf(header + 157, 100, "%.99s", link.value);
	memcpy(header + 257, "ustar\00000", 8);
	memset(header + 148, ' ', 8);
	for (size_t i = 0; i < sizeof header; i++)
		sum += (unsigned char)header[i];
	snprintf(header + 148, 8, "%06o", sum);
	text_add(out, (struct bytes){(unsigned char *)header, sizeof header});
	text_add(out, content);
	while (out->len % 512)
		text_add_byte(out, 0);
}

bool recipe_tar(struct kitchen *k, struct text *out)
{
	struct text archive;

	text_init(&archive, NULL);
	bool good = recipe_each_member(k, &archive, add_tar_member, NULL);
	for (unsigned i = 0; i < 1024; i++)
		text_add_byte(&archive, 0);
	text_add(out, text_bytes(&archive));
	text_finish(&archive);
	return good;
}
