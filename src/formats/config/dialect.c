/* JSON and base64 as Python's modules take them (CPython Lib/json/__init__.py, decoder.py; Modules/binascii.c). */
#include <string.h>

#include "codecs/encoding.h"
#include "formats/config/config.h"

/* ---- wide encodings ---- */

struct encoding {
	unsigned width;             /* of a unit: 1, 2, 4 */
	bool big_endian;
	unsigned mark;              /* bytes of byte order mark before it */
};

/* json.detect_encoding(): by the mark, else by where the zero bytes of the first characters stand. */
static struct encoding detect(struct bytes b)
{
	if (bytes_start_with(b, BYTES("\0\0\xfe\xff")))
		return (struct encoding){4, true, 4};
	if (bytes_start_with(b, BYTES("\xff\xfe\0\0")))
		return (struct encoding){4, false, 4};
	if (bytes_start_with(b, BYTES("\xfe\xff")))
		return (struct encoding){2, true, 2};
	if (bytes_start_with(b, BYTES("\xff\xfe")))
		return (struct encoding){2, false, 2};
	if (bytes_start_with(b, BYTES("\xef\xbb\xbf")))
		return (struct encoding){1, false, 3};
	if (b.len >= 2 && !b.at[0])
		return (struct encoding){b.len >= 4 && !b.at[1] ? 4 : 2, true, 0};
	if (b.len >= 2 && !b.at[1])
		return (struct encoding){b.len >= 4 && !b.at[2] && !b.at[3] ? 4 : 2, false, 0};
	return (struct encoding){1, false, 0};
}

static uint32_t take_unit(struct bytes b, size_t at, struct encoding e)
{
	uint32_t unit = 0;

	for (unsigned i = 0; i < e.width; i++)
		unit |= (uint32_t)b.at[at + i] << 8 * (e.big_endian ? e.width - 1 - i : i);
	return unit;
}

static bool is_high(uint32_t unit)
{
	return unit >= 0xD800 && unit < 0xDC00;
}

static bool is_low(uint32_t unit)
{
	return unit >= 0xDC00 && unit < 0xE000;
}

static struct bytes narrow(struct arena *arena, struct bytes b, struct encoding e)
{
	struct text t;

	text_init(&t, arena);
	for (size_t at = 0; at + e.width <= b.len; at += e.width) {
		uint32_t code = take_unit(b, at, e);
		if (is_high(code) && at + 2 * e.width <= b.len && is_low(take_unit(b, at + e.width, e))) {
			at += e.width;
			code = 0x10000 + ((code - 0xD800) << 10) + (take_unit(b, at, e) - 0xDC00);
		}
		text_add_utf8(&t, is_high(code) || is_low(code) || code > 0x10FFFF ? 0xFFFD : code);
	}
	return text_bytes(&t);
}

/* ---- words that are no JSON ---- */

static void overwrite(unsigned char *at, size_t len)
{
	memset(at, ' ', len);
	at[0] = '0';
}

/* Every word is made a number of its length; "-Infinity" keeps its sign, and "0" follows. */
static size_t replace_word(unsigned char *at, size_t left)
{
	static const struct bytes words[] = {BYTES("NaN"), BYTES("Infinity")};

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (!bytes_start_with((struct bytes){at, left}, words[i]))
			continue;
		overwrite(at, words[i].len);
		return words[i].len;
	}
	return 1;
}

static bool read_escape(const unsigned char *at, size_t left, uint32_t *unit)
{
	*unit = 0;
	if (left < 6 || at[0] != '\\' || at[1] != 'u')
		return false;
	for (size_t i = 2; i < 6; i++) {
		unsigned char c = at[i], letter = c | 0x20;
		bool digit = c >= '0' && c <= '9';
		if (!digit && !(letter >= 'a' && letter <= 'f'))
			return false;
		*unit = *unit << 4 | (digit ? c - (uint32_t)'0' : letter - (uint32_t)'a' + 10);
	}
	return true;
}

/* Bytes the escape at `at` takes, made U+FFFD when it is half of a pair. */
static size_t replace_escape(unsigned char *at, size_t left)
{
	uint32_t first, second;

	if (!read_escape(at, left, &first))
		return 2;
	if (is_high(first) && read_escape(at + 6, left - 6, &second) && is_low(second))
		return 12;
	if (is_high(first) || is_low(first))
		memcpy(at + 2, "fffd", 4);
	return 6;
}

struct bytes config_strict_json(struct arena *arena, struct bytes text)
{
	struct encoding e = detect(text);
	struct bytes in = bytes_from(text, e.mark);
	struct bytes copy = e.width > 1 ? narrow(arena, in, e) : arena_copy(arena, in);
	unsigned char *at = (unsigned char *)copy.at;
	bool quoted = false;

	for (size_t i = 0; i < copy.len;) {
		size_t step = 1;
		if (at[i] == '"')
			quoted = !quoted;
		else if (quoted && at[i] == '\\')
			step = replace_escape(at + i, copy.len - i);
		else if (!quoted && (at[i] == 'N' || at[i] == 'I'))
			step = replace_word(at + i, copy.len - i);
		i += step;
	}
	return copy;
}

struct json *config_parse(struct artifact *art, struct bytes text, uint64_t at, bool stored, struct json_error *error)
{
	enum { KEY_SHOWN = 80 };
	struct json *root = json_parse(art->arena, config_strict_json(art->arena, text), error);
	struct text key;

	if (!root || !error->duplicate)
		return root;
	text_init(&key, art->arena);
	text_add_printable(&key, error->duplicate_key, KEY_SHOWN);
	artifact_note(art, "json.duplicate-key", at + (stored ? error->duplicate_at : 0), "has a configuration with the key \"%s\" twice in one object",
		      text_string(&key));
	return root;
}

/* ---- base64 ---- */

static bool is_base64(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

bool config_decode_base64(struct arena *arena, struct bytes text, struct bytes *out)
{
	unsigned char *kept = arena_alloc_raw(arena, text.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < text.len && text.at[i] != '='; i++)
		if (is_base64(text.at[i]))
			kept[len++] = text.at[i];
	return decode_base64(arena, (struct bytes){kept, len}, out);
}
