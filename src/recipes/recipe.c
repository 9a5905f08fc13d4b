#include "recipes/recipe.h"

#include <bzlib.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/lookup3.h"
#include "recipes/inside.h"

bool recipe_fail(struct kitchen *k, const char *format, ...)
{
	va_list args;

	if (!k->failed) {
		va_start(args, format);
		vsnprintf(k->error->why, sizeof k->error->why, format, args);
		va_end(args);
		k->error->line = k->line;
	}
	k->failed = true;
	return false;
}

/* ---- reading ---- */

struct bytes recipe_word(struct bytes *b)
{
	while (b->len > 0 && b->at[0] == ' ')
		*b = bytes_from(*b, 1);
	size_t len = bytes_find_byte(*b, ' ');
	struct bytes word = bytes_slice(*b, 0, len);
	*b = bytes_from(*b, len + 1);
	return word;
}

bool recipe_number(struct kitchen *k, struct bytes word, uint64_t *out)
{
	char digits[40], *end;

	if (word.len == 0 || word.len >= sizeof digits)
		return recipe_fail(k, "a number is missing");
	memcpy(digits, word.at, word.len);
	digits[word.len] = 0;
	*out = digits[0] == '-' ? (uint64_t)strtoll(digits, &end, 0) : strtoull(digits, &end, 0);
	return *end == 0 || recipe_fail(k, "\"%s\" is no number", digits);
}

bool recipe_next(struct kitchen *k, struct step *out)
{
	while (k->left.len > 0) {
		size_t len = bytes_find_byte(k->left, '\n');
		struct bytes line = bytes_slice(k->left, 0, len);
		k->left = bytes_from(k->left, len + 1);
		k->line++;
		while (line.len > 0 && (line.at[0] == ' ' || line.at[0] == '\t'))
			line = bytes_from(line, 1);
		if (line.len == 0 || line.at[0] == '#')
			continue;
		size_t blank = bytes_find_byte(line, ' ');
		*out = (struct step){bytes_slice(line, 0, blank), bytes_from(line, blank + 1), k->line};
		return true;
	}
	return false;
}

bool recipe_unescape(struct kitchen *k, struct bytes b, struct text *out)
{
	for (size_t i = 0; i < b.len; i++) {
		char hex[3] = {0};
		if (b.at[i] != '\\') {
			text_add_byte(out, (char)b.at[i]);
			continue;
		}
		unsigned char c = ++i < b.len ? b.at[i] : 0;
		if (c == 'x' && i + 2 < b.len) {
			memcpy(hex, b.at + i + 1, 2);
			text_add_byte(out, (char)strtoul(hex, NULL, 16));
			i += 2;
		} else if (c == 'n' || c == 't' || c == '0' || c == '\\') {
			text_add_byte(out, c == 'n' ? '\n' : c == 't' ? '\t' : c == '0' ? 0 : '\\');
		} else {
			return recipe_fail(k, "an escape that is none of \\n \\t \\0 \\\\ \\xNN");
		}
	}
	return true;
}

void recipe_put(struct text *out, uint64_t value, unsigned width, bool big_endian)
{
	for (unsigned i = 0; i < width; i++)
		text_add_byte(out, (char)(value >> 8 * (big_endian ? width - 1 - i : i)));
}

/* ---- steps ---- */

static bool add_hex(struct kitchen *k, struct bytes rest, struct text *out)
{
	struct bytes word;

	while ((word = recipe_word(&rest)).len > 0) {
		for (size_t i = 0; i < word.len; i += 2) {
			char digits[3] = {(char)word.at[i], i + 1 < word.len ? (char)word.at[i + 1] : 0}, *end;
			unsigned long byte = strtoul(digits, &end, 16);
			if (*end || word.len % 2)
				return recipe_fail(k, "hexadecimal digits come in pairs");
			text_add_byte(out, (char)byte);
		}
	}
	return true;
}

struct width {
	const char *name;
	unsigned bytes;
	bool big_endian;
};

static const struct width widths[] = {
	{"u8", 1, false}, {"u16", 2, false}, {"u32", 4, false}, {"u64", 8, false}, {"be16", 2, true}, {"be32", 4, true}, {"be64", 8, true},
};

static const struct width *find_width(struct bytes name)
{
	for (size_t i = 0; i < COUNT_OF(widths); i++)
		if (bytes_same(name, widths[i].name))
			return &widths[i];
	return NULL;
}

static bool add_numbers(struct kitchen *k, const struct width *w, struct bytes rest, struct text *out)
{
	struct bytes word;
	uint64_t value;

	while ((word = recipe_word(&rest)).len > 0) {
		if (!recipe_number(k, word, &value))
			return false;
		recipe_put(out, value, w->bytes, w->big_endian);
	}
	return true;
}

static void fill(struct text *out, uint64_t count, unsigned char byte)
{
	if (count)
		memset(text_reserve(out, count), byte, count);
	out->len += count;
}

/* xorshift64*: the same bytes everywhere. */
static void add_random(struct text *out, uint64_t count, uint64_t seed)
{
	uint64_t x = seed * 0x9E3779B97F4A7C15u + 1;

	for (uint64_t i = 0; i < count; i++) {
		x ^= x >> 12;
		x ^= x << 25;
		x ^= x >> 27;
		text_add_byte(out, (char)(x * 0x2545F4914F6CDD1Du >> 56));
	}
}

static bool set_bytes(struct kitchen *k, struct bytes rest, struct text *out)
{
	struct text bytes;
	uint64_t at;

	text_init(&bytes, NULL);
	bool good = recipe_number(k, recipe_word(&rest), &at) && add_hex(k, rest, &bytes);
	if (good && (int64_t)at < 0)
		at += out->len;
	good = good && (at <= out->len && bytes.len <= out->len - at ? true : recipe_fail(k, "the offset lies outside of what was made so far"));
	if (good)
		memcpy(out->at + at, bytes.at, bytes.len);
	text_finish(&bytes);
	return good;
}

static bool add_two_numbers(struct kitchen *k, const struct step *s, struct text *out)
{
	struct bytes rest = s->rest, first = recipe_word(&rest), second = recipe_word(&rest);
	uint64_t count, other = 0;
	enum { MOST = 1 << 28 };

	if (!recipe_number(k, first, &count) || (second.len > 0 && !recipe_number(k, second, &other)))
		return false;
	if (count > MOST)
		return recipe_fail(k, "that is more than a test file needs");
	if (bytes_same(s->word, "random"))
		add_random(out, count, other);
	else if (bytes_same(s->word, "align"))
		fill(out, count ? (count - out->len % count) % count : 0, (unsigned char)other);
	else if (bytes_same(s->word, "cut"))
		out->len -= count < out->len ? count : out->len;
	else
		fill(out, count, (unsigned char)other);
	return true;
}

static bool add_words(struct kitchen *k, const struct step *s, struct text *out)
{
	struct text words;

	text_init(&words, NULL);
	bool good = recipe_unescape(k, s->rest, &words);
	if (bytes_same(s->word, "str"))
		recipe_put(out, words.len, 8, false);
	else if (bytes_same(s->word, "ubj")) {
		text_add_byte(out, 'L');
		recipe_put(out, words.len, 8, true);
	}
	text_add(out, text_bytes(&words));
	if (bytes_same(s->word, "line"))
		text_add_byte(out, '\n');
	text_finish(&words);
	return good;
}

/* ---- blocks ---- */

static void pack_zlib(struct bytes in, int window, struct text *out)
{
	z_stream z = {0};
	size_t room = deflateBound(NULL, in.len) + 64;

	deflateInit2(&z, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
	z.next_in = (unsigned char *)in.at;
	z.avail_in = (unsigned)in.len;
	z.next_out = (unsigned char *)text_reserve(out, room);
	z.avail_out = (unsigned)room;
	deflate(&z, Z_FINISH);
	out->len += z.total_out;
	deflateEnd(&z);
}

static void pack_bzip2(struct bytes in, struct text *out)
{
	unsigned room = (unsigned)(in.len + in.len / 100 + 600);

	BZ2_bzBuffToBuffCompress(text_reserve(out, room), &room, (char *)in.at, (unsigned)in.len, 1, 0, 0);
	out->len += room;
}

static void pack_xz(struct bytes in, struct text *out)
{
	size_t room = lzma_stream_buffer_bound(in.len), used = 0;

	lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, in.at, in.len, (unsigned char *)text_reserve(out, room), &used, room);
	out->len += used;
}

static bool add_repeated(struct kitchen *k, struct bytes rest, struct bytes in, struct text *out)
{
	uint64_t count;

	if (!recipe_number(k, recipe_word(&rest), &count))
		return false;
	for (uint64_t i = 0; i < count; i++)
		text_add(out, in);
	return true;
}

static bool add_sized(struct kitchen *k, struct bytes rest, struct bytes in, struct text *out)
{
	const struct width *w = find_width(recipe_word(&rest));

	if (!w)
		return recipe_fail(k, "sized needs one of u8 u16 u32 u64 be16 be32 be64");
	recipe_put(out, in.len, w->bytes, w->big_endian);
	text_add(out, in);
	return true;
}

static bool finish_block(struct kitchen *k, const struct step *s, struct bytes in, struct text *out)
{
	if (bytes_same(s->word, "sized"))
		return add_sized(k, s->rest, in, out);
	if (bytes_same(s->word, "repeat"))
		return add_repeated(k, s->rest, in, out);
	if (bytes_same(s->word, "proto"))
		return recipe_proto_message(k, s->rest, in, out);
	if (bytes_same(s->word, "deflate"))
		pack_zlib(in, -15, out);
	else if (bytes_same(s->word, "zlib"))
		pack_zlib(in, 15, out);
	else if (bytes_same(s->word, "gzip"))
		pack_zlib(in, 15 + 16, out);
	else if (bytes_same(s->word, "bzip2"))
		pack_bzip2(in, out);
	else if (bytes_same(s->word, "xz"))
		pack_xz(in, out);
	else if (bytes_same(s->word, "base64"))
		text_add_base64(out, in);
	else if (bytes_same(s->word, "hexed"))
		text_add_hex(out, in);
	else if (bytes_same(s->word, "lookup3")) {
		text_add(out, in);
		recipe_put(out, lookup3(in), 4, false);
	} else if (bytes_same(s->word, "frame")) {
		text_add_byte(out, (char)0x95);
		recipe_put(out, in.len, 8, false);
		text_add(out, in);
	} else {                        /* bytes: a pickle constant */
		text_add_byte(out, 'B');
		recipe_put(out, in.len, 4, false);
		text_add(out, in);
	}
	return true;
}

static bool is_block(struct bytes word)
{
	static const char *const names[] = {"sized", "repeat", "deflate", "zlib", "gzip", "bzip2", "xz", "base64", "hexed", "lookup3", "frame", "bytes",
					   "proto"};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (bytes_same(word, names[i]))
			return true;
	return false;
}

static bool run_block(struct kitchen *k, const struct step *s, struct text *out)
{
	struct text inner;

	text_init(&inner, NULL);
	bool good = recipe_run(k, &inner, false) && finish_block(k, s, text_bytes(&inner), out);
	text_finish(&inner);
	return good;
}

/* ---- the whole ---- */

static bool is_one_of(struct bytes word, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bytes_same(word, names[i]))
			return true;
	return false;
}

static bool run_step(struct kitchen *k, const struct step *s, struct text *out)
{
	static const char *const words[] = {"text", "line", "str", "ubj"}, *const counts[] = {"zeros", "fill", "random", "align", "cut"};
	const struct width *w = find_width(s->word);

	if (w)
		return add_numbers(k, w, s->rest, out);
	if (is_one_of(s->word, words, COUNT_OF(words)))
		return add_words(k, s, out);
	if (is_one_of(s->word, counts, COUNT_OF(counts)))
		return add_two_numbers(k, s, out);
	if (bytes_same(s->word, "hex"))
		return add_hex(k, s->rest, out);
	if (bytes_same(s->word, "set"))
		return set_bytes(k, s->rest, out);
	if (is_block(s->word))
		return run_block(k, s, out);
	if (bytes_same(s->word, "zip"))
		return recipe_zip(k, s, out);
	if (bytes_same(s->word, "7z"))
		return recipe_seven_zip(k, s, out);
	if (bytes_same(s->word, "tar"))
		return recipe_tar(k, out);
	return recipe_proto_step(k, s, out) || recipe_pickle_step(k, s, out) || recipe_fail(k, "there is no step \"%.*s\"", (int)s->word.len, (const char *)s->word.at);
}

bool recipe_run(struct kitchen *k, struct text *out, bool outermost)
{
	struct step s;

	while (recipe_next(k, &s)) {
		if (bytes_same(s.word, "end"))
			return !outermost || recipe_fail(k, "an end without a beginning");
		if (!run_step(k, &s, out))
			return false;
	}
	return outermost || recipe_fail(k, "an end is missing");
}

bool recipe_build(struct bytes recipe, struct text *out, struct recipe_error *error)
{
	struct kitchen k = {.left = recipe, .error = error};

	*error = (struct recipe_error){0};
	return recipe_run(&k, out, true);
}
