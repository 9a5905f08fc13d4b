#ifndef FORMATS_TREES_DOCUMENT_H
#define FORMATS_TREES_DOCUMENT_H

#include "syntax/ubjson.h"

/*
 * A document read value by value, whether it is written as JSON or as
 * Universal Binary JSON: boosted trees come as both, and too large for a tree
 * of values.
 */
struct document {
	struct arena *arena;
	bool binary;
	struct json_reader json;
	struct ubjson_reader ubjson;

	/* the last token */
	enum json_token token;
	uint64_t offset;
	struct bytes text;          /* of keys and strings, escapes undone; a string's own bytes */
	bool whole;                 /* JSON_NUMBER: it is an integer, `integer` */
	int64_t integer;

	const char *why;            /* it was given up: a clause that completes "FILE ..." */
	uint64_t why_at;
};

/* Does it begin like an object in one of the two forms? */
bool document_begins(struct bytes in);

void document_begin(struct document *d, struct arena *arena, struct bytes in);
enum json_token document_next(struct document *d);
void document_fail(struct document *d, const char *why);

/* Steps to the next member of the object that is open, to its value: false at its end, and when the document is broken. */
bool document_member(struct document *d, struct bytes *key);
/* The same for the items of an array. */
bool document_item(struct document *d);

/* Steps over the rest of the value whose first token was read; `each_text` is called with every string in it. */
void document_skip(struct document *d, void (*each_text)(void *context, struct document *), void *context);

/* A number, or a string that holds nothing but one. */
bool document_number(const struct document *d, int64_t *out);

#endif
