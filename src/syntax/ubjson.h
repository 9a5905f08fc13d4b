#ifndef SYNTAX_UBJSON_H
#define SYNTAX_UBJSON_H

#include "base/cursor.h"
#include "syntax/json.h"

/*
 * Universal Binary JSON (ubjson.org, draft 12), as tokens of JSON.  Every count
 * is held against the bytes that are left, so that no token comes from nothing.
 */

enum { UBJSON_DEPTH_MOST = 256 };

/* One object or array that is open. */
struct ubjson_level {
	bool object;
	bool counted;               /* `left` tells when it ends, not a bracket */
	unsigned char type;         /* of every value in it; 0 when each tells its own */
	uint64_t left;
};

struct ubjson_reader {
	struct cursor c;            /* its `why` is what went wrong */
	unsigned depth;
	bool value_due;             /* a key was read */
	bool done;
	struct ubjson_level open[UBJSON_DEPTH_MOST];

	/* the last token */
	uint64_t offset;
	struct bytes text;          /* of keys and strings, and of high-precision numbers */
	bool whole;                 /* JSON_NUMBER: it is an integer, `integer` */
	int64_t integer;
};

void ubjson_begin(struct ubjson_reader *r, struct bytes all);
enum json_token ubjson_next(struct ubjson_reader *r);

/* Bytes a number of this type takes; 0 when it is none. */
unsigned ubjson_width(unsigned char type);

#endif
