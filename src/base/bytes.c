#include "base/bytes.h"

#include <string.h>

#include "base/status.h"

int bytes_compare(struct bytes a, struct bytes b)
{
	size_t shared = a.len < b.len ? a.len : b.len;
	int order = shared ? memcmp(a.at, b.at, shared) : 0;

	if (order != 0)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

/* Each of the eight as bytes_fold() has it. */
static uint64_t fold_word(uint64_t word)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t low = word & 0x7F * ones, from_a = low + (0x80 - 'A') * ones, after_z = low + (0x7F - 'Z') * ones;

	return word | (from_a & ~after_z & ~word & 0x80 * ones) >> 2;
}

bool bytes_alike(const unsigned char *a, const unsigned char *b, size_t len)
{
	if (len < 8)
		return fold_word(bytes_word((struct bytes){a, len})) == fold_word(bytes_word((struct bytes){b, len}));
	/* The last eight of them reach back into those before. */
	for (size_t i = 0; i < len; i = i + 16 > len && i + 8 < len ? len - 8 : i + 8)
		if (fold_word(bytes_le(a + i, 8)) != fold_word(bytes_le(b + i, 8)))
			return false;
	return true;
}

bool bytes_end_with(struct bytes b, struct bytes suffix)
{
	return b.len >= suffix.len && bytes_equal(bytes_from(b, b.len - suffix.len), suffix);
}

size_t bytes_find(struct bytes b, struct bytes needle)
{
	if (needle.len == 0)
		return 0;
	for (size_t from = 0; from + needle.len <= b.len;) {
		const unsigned char *hit = memchr(b.at + from, needle.at[0], b.len - needle.len - from + 1);
		if (!hit)
			break;
		if (memcmp(hit, needle.at, needle.len) == 0)
			return (size_t)(hit - b.at);
		from = (size_t)(hit - b.at) + 1;
	}
	return b.len;
}

size_t bytes_find_last(struct bytes b, struct bytes needle)
{
	if (needle.len == 0)
		return b.len;
	for (size_t room = b.len; room >= needle.len;) {
		const unsigned char *hit = memrchr(b.at, needle.at[0], room - needle.len + 1);
		if (!hit)
			break;
		if (memcmp(hit, needle.at, needle.len) == 0)
			return (size_t)(hit - b.at);
		room = (size_t)(hit - b.at) + needle.len - 1;
	}
	return b.len;
}

size_t bytes_find_byte(struct bytes b, unsigned char byte)
{
	const unsigned char *hit = b.len ? memchr(b.at, byte, b.len) : NULL;

	return hit ? (size_t)(hit - b.at) : b.len;
}

bool bytes_contain(struct bytes b, struct bytes needle)
{
	return needle.len == 0 || bytes_find(b, needle) < b.len;
}

struct bytes bytes_after_last(struct bytes b, unsigned char byte)
{
	for (size_t i = b.len; i > 0; i--)
		if (b.at[i - 1] == byte)
			return bytes_from(b, i);
	return b;
}

size_t bytes_character(struct bytes b, uint32_t *code)
{
	unsigned char c = b.at[0];
	size_t need = c < 0x80 ? 1 : c >= 0xC2 && c < 0xE0 ? 2 : c >= 0xE0 && c < 0xF0 ? 3
			: c >= 0xF0 && c < 0xF5 ? 4 : 0;

	if (need == 0 || b.len < need)
		return 0;
	for (size_t i = 1; i < need; i++)
		if ((b.at[i] & 0xC0) != 0x80)
			return 0;
	bool overlong = (c == 0xE0 && b.at[1] < 0xA0) || (c == 0xF0 && b.at[1] < 0x90);
	bool surrogate = c == 0xED && b.at[1] >= 0xA0;
	bool beyond = c == 0xF4 && b.at[1] >= 0x90;
	if (overlong || surrogate || beyond)
		return 0;
	if (code) {
		*code = need == 1 ? c : c & (0x7Fu >> need);
		for (size_t i = 1; i < need; i++)
			*code = *code << 6 | (b.at[i] & 0x3F);
	}
	return need;
}

/* Most text is ASCII, and eight bytes a step tell. */
static size_t ascii_run(struct bytes b)
{
	size_t i = 0;
	uint64_t word;

	for (; i + sizeof word <= b.len; i += sizeof word) {
		memcpy(&word, b.at + i, sizeof word);
		if (word & 0x8080808080808080u)
			break;
	}
	return i;
}

bool bytes_are_utf8(struct bytes b)
{
	while (b.len > 0) {
		size_t step = ascii_run(b);
		if (step == 0)
			step = bytes_character(b, NULL);
		if (step == 0)
			return false;
		b = bytes_from(b, step);
	}
	return true;
}

static bool is_name_byte(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
}

bool bytes_are_dotted_name(struct bytes b)
{
	bool at_start = true;

	for (size_t i = 0; i < b.len; i++) {
		unsigned char c = b.at[i];
		if (c == '.' && at_start)
			return false;
		if (c != '.' && (!is_name_byte(c) || (at_start && c >= '0' && c <= '9')))
			return false;
		at_start = c == '.';
	}
	return b.len > 0 && !at_start;
}

static uint64_t mix(uint64_t hash)
{
	hash *= 0x9E3779B97F4A7C15u;    /* 2^64 over the golden ratio */
	return hash ^ hash >> 32;
}

uint64_t bytes_hash(struct bytes b)
{
	uint64_t hash = b.len, word = 0;

	for (; b.len >= sizeof word; b = bytes_from(b, sizeof word)) {
		memcpy(&word, b.at, sizeof word);
		hash = mix(hash ^ word);
	}
	word = 0;
	for (size_t i = 0; i < b.len; i++)
		word = word << 8 | b.at[i];
	return mix(hash ^ word);
}

bool bytes_to_u64(struct bytes b, uint64_t *out)
{
	uint64_t value = 0;

	if (b.len == 0 || b.len > 20 || (b.len > 1 && b.at[0] == '0'))
		return false;
	for (size_t i = 0; i < b.len; i++) {
		unsigned digit = (unsigned)b.at[i] - '0';
		if (digit > 9 || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}

struct bytes bytes_take_letter(struct bytes *b)
{
	static const struct { struct bytes from, to; } folds[] = {{BYTES("\xC5\xBF"), BYTES("s")}, {BYTES("\xE2\x84\xAA"), BYTES("k")}};
	struct bytes letter = bytes_slice(*b, 0, 1);

	for (size_t i = 0; i < COUNT_OF(folds); i++)
		if (bytes_start_with(*b, folds[i].from)) {
			*b = bytes_from(*b, folds[i].from.len);
			return folds[i].to;
		}
	*b = bytes_from(*b, 1);
	return letter;
}

bool bytes_equal_loosely(struct bytes a, struct bytes b)
{
	while (a.len > 0 && b.len > 0)
		if (!bytes_equal_folded(bytes_take_letter(&a), bytes_take_letter(&b)))
			return false;
	return a.len == b.len;
}
