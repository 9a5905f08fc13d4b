#include "syntax/json.h"

#include <string.h>

enum { DEPTH_MOST = 32 };       /* deeper than any record of ours */

struct walk {
	uint64_t expected;          /* where the next token has to begin */
	struct bytes last_key[DEPTH_MOST];
	bool first[DEPTH_MOST + 1];
};

static bool is_ascii(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (b.at[i] & 0x80)
			return false;
	return true;
}

/* Only what has to be escaped is, in the short form where there is one, in lower case. */
static bool text_is_canonical(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++) {
		if (b.at[i] != '\\')
			continue;
		unsigned char c = b.at[++i];
		if (strchr("\"\\bfnrt", c))
			continue;
		if (c != 'u' || memcmp(b.at + i + 1, "00", 2) != 0 || b.at[i + 3] > '1')
			return false;
		unsigned low = b.at[i + 4];
		bool short_form = b.at[i + 3] == '0' && strchr("89acd", (int)low);
		if (short_form || (low >= 'A' && low <= 'F'))
			return false;
		i += 4;
	}
	return true;
}

static bool number_is_canonical(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if ((b.at[i] < '0' || b.at[i] > '9') && !(i == 0 && b.at[0] == '-'))
			return false;
	return !bytes_same(b, "-0");
}

/* A comma belongs before every item but the first, and nothing else between tokens. */
static uint64_t skip_comma(struct walk *w, unsigned depth)
{
	bool first = w->first[depth];

	w->first[depth] = false;
	return w->expected + !first;
}

static bool key_is_canonical(struct walk *w, const struct json_reader *r)
{
	struct bytes *last = &w->last_key[r->depth - 1];
	bool ordered = last->at == NULL || bytes_compare(*last, r->text) < 0;

	*last = r->text;
	return ordered && !r->escaped && is_ascii(r->text);
}

static bool take(struct walk *w, const struct json_reader *r, enum json_token token, bool after_key)
{
	unsigned depth = r->depth - (token == JSON_OBJECT || token == JSON_ARRAY);
	bool ends = token == JSON_OBJECT_END || token == JSON_ARRAY_END;
	if (r->depth > DEPTH_MOST)
		return false;
	uint64_t begin = ends || after_key ? w->expected : skip_comma(w, depth);

	w->expected = r->before + r->pos + (token == JSON_KEY);     /* the colon */
	if (token == JSON_OBJECT || token == JSON_ARRAY) {
		w->first[r->depth] = true;
		w->last_key[r->depth - 1] = (struct bytes){NULL, 0};
	}
	if (r->offset != begin)
		return false;
	if (token == JSON_KEY)
		return key_is_canonical(w, r);
	if (token == JSON_STRING)
		return !r->escaped || text_is_canonical(r->text);
	return token != JSON_NUMBER || number_is_canonical(r->text);
}

bool json_is_canonical(struct bytes in)
{
	struct json_reader r;
	struct walk w = {.first = {true}};
	bool after_key = false;

	json_begin(&r, in);
	for (;;) {
		enum json_token token = json_next(&r);
		if (token == JSON_ERROR || token == JSON_MORE)
			return false;
		if (token == JSON_END)
			return w.expected == in.len;
		if (!take(&w, &r, token, after_key))
			return false;
		after_key = token == JSON_KEY;
	}
}
