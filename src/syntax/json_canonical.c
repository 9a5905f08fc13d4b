#include "syntax/json.h"

#include <string.h>

#include "syntax/json_plain.h"

/*
 * One pass over the bytes, without the tokenizer: every record of a ledger
 * goes through here whenever the ledger is verified.  The lengths below are of
 * what stands at the start of `b`, and 0 when it is not canonical.
 */

enum { DEPTH_MOST = 32 };       /* deeper than any record of ours */

struct level {
	unsigned char close;        /* the byte that ends it; 0 outside everything */
	struct bytes last_key;
};

static inline unsigned char first_of(struct bytes b)
{
	return b.len > 0 ? b.at[0] : 0;
}

/* Only what has to be escaped is, in the short form where there is one, in lower case. */
static size_t escape_length(struct bytes b)
{
	if (b.len >= 2 && b.at[1] && strchr("\"\\bfnrt", b.at[1]))
		return 2;
	if (b.len < 6 || memcmp(b.at, "\\u00", 4) != 0)
		return 0;
	unsigned char high = b.at[4], low = b.at[5];
	bool control = (high == '0' || high == '1') && ((low >= '0' && low <= '9') || (low >= 'a' && low <= 'f'));
	bool has_short_form = high == '0' && strchr("89acd", low);
	return control && !has_short_form ? 6 : 0;
}

/* A string that does not stand for itself up to its end. */
static size_t unusual_length(struct bytes b)
{
	size_t at = 1;

	for (unsigned char c; (c = first_of(bytes_from(b, at))) != '"';) {
		size_t step = c == '\\' ? escape_length(bytes_from(b, at)) : c >= 0x20;
		if (step == 0)
			return 0;
		at += step;
	}
	return bytes_are_utf8(bytes_slice(b, 0, at)) ? at + 1 : 0;
}

static inline size_t string_length(struct bytes b)
{
	size_t end = 1 + json_plain_run(bytes_from(b, 1));

	return end < b.len && b.at[end] == '"' ? end + 1 : unusual_length(b);
}

/* A key and its colon: ASCII that needs no escapes, and greater than the key before. */
static inline size_t key_length(struct bytes b, struct bytes *last)
{
	struct bytes rest = bytes_from(b, 1), key = bytes_slice(rest, 0, json_plain_run(rest)), end = bytes_from(rest, key.len);

	if (first_of(b) != '"' || end.len < 2 || end.at[0] != '"' || end.at[1] != ':' || (last->at && bytes_compare(*last, key) >= 0))
		return 0;
	*last = key;
	return key.len + 3;
}

/* Whole numbers. */
static inline size_t number_length(struct bytes b)
{
	size_t begin = first_of(b) == '-', end = begin;

	while (end < b.len && b.at[end] >= '0' && b.at[end] <= '9')
		end++;
	bool zero = end > begin && b.at[begin] == '0';
	return end == begin || (zero && end > 1) ? 0 : end;
}

static inline size_t word_length(struct bytes b, struct bytes word)
{
	return bytes_start_with(b, word) ? word.len : 0;
}

static inline size_t scalar_length(struct bytes b)
{
	switch (first_of(b)) {
	case '"': return string_length(b);
	case 't': return word_length(b, BYTES("true"));
	case 'f': return word_length(b, BYTES("false"));
	case 'n': return word_length(b, BYTES("null"));
	default: return number_length(b);
	}
}

bool json_is_canonical(struct bytes left)
{
	struct level levels[DEPTH_MOST + 1];
	unsigned depth = 0;

	levels[0].close = 0;
	for (;;) {
		size_t key = levels[depth].close == '}' ? key_length(left, &levels[depth].last_key) : 0;
		if (levels[depth].close == '}' && key == 0)
			return false;
		left = bytes_from(left, key);
		bool opens = first_of(left) == '{' || first_of(left) == '[';
		size_t value = opens ? depth < DEPTH_MOST : scalar_length(left);
		if (value == 0)
			return false;
		if (opens)
			levels[++depth] = (struct level){.close = (unsigned char)(left.at[0] + 2)};
		left = bytes_from(left, value);
		if (opens && first_of(left) != levels[depth].close)
			continue;
		for (; depth > 0 && first_of(left) == levels[depth].close; depth--)
			left = bytes_from(left, 1);
		if (depth == 0)
			return left.len == 0;
		if (first_of(left) != ',')
			return false;
		left = bytes_from(left, 1);
	}
}
