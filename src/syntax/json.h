#ifndef SYNTAX_JSON_H
#define SYNTAX_JSON_H

#include "base/arena.h"
#include "base/text.h"

/*
 * JSON (RFC 8259), strictly: UTF-8, no comments, no trailing commas, one
 * value.  Two layers: a tokenizer that keeps no text and can go on when more
 * bytes arrive, and a tree in an arena for documents that are small.
 */

enum json_token {
	JSON_MORE,          /* the bytes end inside a token: feed more, or it is an error at the end */
	JSON_END,           /* the one value is over, and only white space followed */
	JSON_ERROR,         /* `why` tells */
	JSON_OBJECT, JSON_OBJECT_END,
	JSON_ARRAY, JSON_ARRAY_END,
	JSON_KEY, JSON_STRING, JSON_NUMBER,
	JSON_TRUE, JSON_FALSE, JSON_NULL,
};

enum { JSON_DEPTH_MOST = 256 };

struct json_reader {
	struct bytes in;
	size_t pos;
	uint64_t before;            /* bytes fed and taken before `in` */
	bool final;                 /* no more bytes will be fed */
	bool not_numbers;           /* set after json_begin(): NaN, Infinity and -Infinity are numbers, as many writers have it */

	/* the last token */
	struct bytes text;          /* of keys, strings (without quotes, escapes as written) and numbers */
	uint64_t offset;            /* where it begins, of all bytes fed */
	bool escaped;               /* the text holds backslashes */
	const char *why;

	/* what is open and what may come next */
	unsigned depth;
	unsigned char objects[JSON_DEPTH_MOST / 8];
	unsigned char expects, members;
};

/* All bytes are there. */
void json_begin(struct json_reader *r, struct bytes all);

/* Bytes arrive in pieces: `in` begins with what json_left() gave back of the piece before. */
void json_begin_stream(struct json_reader *r);
void json_feed(struct json_reader *r, struct bytes in, bool final);
struct bytes json_left(const struct json_reader *r);

enum json_token json_next(struct json_reader *r);

/* The text of a key or string with its escapes undone; a lone surrogate becomes U+FFFD and sets `*lone` (may be NULL). */
struct bytes json_text(struct arena *arena, struct bytes text, bool *lone);

/* ---- tree ---- */

enum json_kind { JSON_IS_NULL, JSON_IS_BOOL, JSON_IS_NUMBER, JSON_IS_STRING, JSON_IS_ARRAY, JSON_IS_OBJECT };

struct json {
	enum json_kind kind;
	bool truth;
	uint16_t mark;              /* this and the next of whoever walks through the tree; 0 at first */
	uint64_t marks;
	struct bytes key;           /* inside an object */
	struct bytes text;          /* of strings, escapes undone; of numbers, as written */
	uint64_t offset;            /* of the value; of members: of the key */
	uint64_t at, end;           /* where the value itself begins, and ends: strings with their quotes */
	size_t count;
	struct json *first, *next;
};

struct json_error {
	const char *why;            /* a clause that completes "FILE ..." */
	uint64_t offset;
	bool nul;                   /* a key or string holds a NUL character */
	unsigned depth;             /* of what is open, at most */
	bool duplicate;             /* a key stands twice in one object: the tree holds both */
	uint64_t duplicate_at;
	struct bytes duplicate_key;
};

/* NULL when it is not JSON; duplicate keys alone are no error here, but noted. */
struct json *json_parse(struct arena *arena, struct bytes in, struct json_error *error);

/* The member of that name (the last, as most readers do), or NULL; NULL too when `object` is NULL or no object. */
const struct json *json_member_of(const struct json *object, struct bytes name);

static inline const struct json *json_member(const struct json *object, const char *name)
{
	return json_member_of(object, bytes_of(name));
}

/* Text of a string member, or empty. */
static inline struct bytes json_string(const struct json *object, const char *name)
{
	const struct json *v = json_member(object, name);

	return v && v->kind == JSON_IS_STRING ? v->text : BYTES("");
}

/* A number as an unsigned integer: false for fractions, exponents, signs and what is no number. */
bool json_u64(const struct json *value, uint64_t *out);

#define json_each(value, it) for (const struct json *it = (value) ? (value)->first : NULL; it; it = it->next)

/*
 * Is it in the canonical form of RFC 8785, as far as our records go: keys of
 * ASCII in order, no white space, whole numbers, no escape that is not needed?
 */
bool json_is_canonical(struct bytes in);

/* ---- editing ---- */

/* Of a value in a JSON text. */
struct json_edit {
	uint64_t offset, end;       /* where it stands */
	size_t begin, len;          /* of what stands there instead, in the text that holds all of those */
	bool left_out;              /* an entry of a list: it goes, and a comma with it */
};

/* What stays is the same byte for byte. An edit inside of another is passed over; they are sorted here. */
void json_splice(struct bytes json, struct json_edit *edits, size_t count, struct bytes values, struct text *out);

/* ---- writing ---- */

/* "text", escaped; bytes that are not UTF-8 become U+FFFD. */
void text_add_json(struct text *t, struct bytes b);
/* "key": with a comma before it unless it follows the opening brace. `key`: the program's own word, written as it is. */
void json_write_key(struct text *t, struct bytes key);
void json_write_member(struct text *t, struct bytes key, struct bytes value);
/* The same for one of the program's own words: written as it is. */
void json_write_word(struct text *t, struct bytes key, struct bytes word);
void json_write_number(struct text *t, struct bytes key, uint64_t value);
void json_write_hex(struct text *t, struct bytes key, struct bytes value);

/* The same for a key that stands in the program: its length is known when that is built. */
static inline void text_add_key(struct text *t, const char *key)
{
	json_write_key(t, bytes_of(key));
}

static inline void text_add_member(struct text *t, const char *key, struct bytes value)
{
	json_write_member(t, bytes_of(key), value);
}

static inline void text_add_member_word(struct text *t, const char *key, const char *word)
{
	json_write_word(t, bytes_of(key), bytes_of(word));
}

static inline void text_add_member_number(struct text *t, const char *key, uint64_t value)
{
	json_write_number(t, bytes_of(key), value);
}

/* Digests and ids: in hexadecimal digits. */
static inline void text_add_member_hex(struct text *t, const char *key, struct bytes value)
{
	json_write_hex(t, bytes_of(key), value);
}

#endif
