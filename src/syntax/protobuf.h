#ifndef SYNTAX_PROTOBUF_H
#define SYNTAX_PROTOBUF_H

#include "base/arena.h"
#include "base/cursor.h"

/*
 * Protocol buffers, the wire format, without copying (protobuf.dev, "Encoding"):
 *
 *   message: fields, one after the other          field: varint number << 3 | wire type, then its value
 *
 * Groups are refused, and so are varints of more than 64 bits.  Of a scalar
 * written twice the last counts; messages written twice are one message, which
 * is that of their bytes put together.
 */
enum proto_wire { PROTO_VARINT = 0, PROTO_FIXED64 = 1, PROTO_SIZED = 2, PROTO_FIXED32 = 5 };

struct proto_field {
	uint32_t number;
	enum proto_wire wire;
	uint64_t integer;           /* of varints and fixed widths */
	struct bytes bytes;         /* of sized fields */
};

/* The next field of the message the cursor stands over; false at its end, and when it is broken. */
bool proto_next(struct cursor *c, struct proto_field *out);

/* May a message of `len` bytes begin with these? Says no only when one of its first fields is broken. */
bool proto_may_begin(struct bytes first, uint64_t len);

/* The next field of that number that is sized. */
bool proto_next_sized(struct cursor *c, uint32_t number, struct bytes *out);

uint64_t proto_varint(struct cursor *c);

/* What the last field of that number holds; false (and 0, or empty) when there is none. */
bool proto_integer(struct bytes message, uint32_t number, uint64_t *out);
bool proto_bytes(struct bytes message, uint32_t number, struct bytes *out);

/* All fields of that number as one message; empty when there is none. */
struct bytes proto_merged(struct arena *arena, struct bytes message, uint32_t number);

/* ---- messages of known types ---- */

enum proto_kind { PROTO_INTEGER, PROTO_FOUR, PROTO_EIGHT, PROTO_TEXT, PROTO_BYTES, PROTO_MESSAGE };

struct proto_word {
	const char *name;           /* of an enumeration; the list ends with NULL */
	uint64_t value;
};

struct proto_member {
	uint32_t number;
	const char *name;
	enum proto_kind kind;
	bool repeated;
	const struct proto_type *type;      /* of messages */
	const struct proto_word *words;     /* of integers that are enumerations, or NULL */
};

struct proto_type {
	const char *name;
	const struct proto_member *members;
	size_t count;               /* at most 64 */
};

/* NULL when the type has no such member. */
const struct proto_member *proto_member(const struct proto_type *type, uint32_t number);
const struct proto_member *proto_member_named(const struct proto_type *type, struct bytes name);

/* Where bytes that were made from another text came from: sorted by `made`. */
struct proto_origin {
	uint32_t made, written;
};

/* A message on the way through a file. */
struct proto_place {
	const struct proto_type *type;
	const struct proto_member *member;  /* that holds it, or NULL */
	struct bytes message;
	uint64_t offset;            /* in the file */
	const struct proto_place *above;
};

enum { PROTO_DEPTH_MOST = 100 };

/*
 * Walks a message and all messages in it, depth first.  Everything a reader of
 * the whole would decode is looked at, the content of texts and bytes apart.
 */
struct proto_walk {
	struct arena *arena;
	struct bytes file;          /* what offsets count in */
	const struct proto_origin *origins;
	size_t origin_count;
	void (*enter)(void *context, const struct proto_place *place);
	void *context;
	bool utf8;                  /* texts that are not UTF-8 make the whole unreadable, as in proto3 */
	uint64_t skipped;           /* bytes of long texts and bytes, which were stepped over */
	const char *why;            /* what is wrong first: a clause that completes "FILE ..."; or NULL */
	uint64_t why_at;
	bool too_deep;
};

void proto_walk(struct proto_walk *w, const struct proto_type *type, struct bytes message);

/* Where these bytes of the file stand; `otherwise` when they are none of it. */
uint64_t proto_offset(const struct proto_walk *w, struct bytes b, uint64_t otherwise);

#endif
