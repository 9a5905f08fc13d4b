#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include "base/bytes.h"
#include "base/status.h"

/*
 * Reads forward through bytes and cannot run past the end.  The first failure
 * sticks: from then on every read gives zero, so a parser may read a whole
 * record and ask cursor_ok() once.  Every loop must ask.
 */
struct cursor {
	struct bytes all;
	size_t pos;
	const char *why;    /* what went wrong first: a clause that completes "FILE ..."; or NULL */
	size_t why_at;      /* where it went wrong */
};

struct cursor cursor_over(struct bytes b);
bool cursor_ok(const struct cursor *c);
size_t cursor_left(const struct cursor *c);
RARELY void cursor_fail(struct cursor *c, const char *why);

/* Moves to an absolute position; past the end is a failure. */
void cursor_seek(struct cursor *c, uint64_t pos);

uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16le(struct cursor *c);
uint32_t cursor_u32le(struct cursor *c);
uint64_t cursor_u64le(struct cursor *c);
uint16_t cursor_u16be(struct cursor *c);
uint32_t cursor_u32be(struct cursor *c);
uint64_t cursor_u64be(struct cursor *c);

struct bytes cursor_take(struct cursor *c, uint64_t len);
struct bytes cursor_rest(struct cursor *c);

/* Takes up to the next `stop` and steps over it; no `stop` before the end is a failure. */
struct bytes cursor_until(struct cursor *c, unsigned char stop);

/* The byte at the position without taking it, or -1 at the end. */
int cursor_peek(const struct cursor *c);

#endif
