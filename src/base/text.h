#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>

#include "base/arena.h"
#include "base/status.h"

/*
 * Bytes being written.  With an arena it grows there and dies with it; without
 * one it owns its memory, and running out of memory ends the program.
 */
struct text {
	char *at;
	size_t len, room;
	struct arena *arena;
};

void text_init(struct text *t, struct arena *arena);
void text_finish(struct text *t);
void text_clear(struct text *t);

struct bytes text_bytes(const struct text *t);
/* The same memory with a NUL after it, valid until the next addition. */
const char *text_string(struct text *t);

RARELY void text_grow(struct text *t, size_t len);

/* Room for `len` more bytes, to be filled by the caller, who then adds to `t->len`. */
static inline char *text_reserve(struct text *t, size_t len)
{
	if (len > t->room - t->len)
		text_grow(t, len);
	return t->at + t->len;
}

static inline void text_add(struct text *t, struct bytes b)
{
	if (b.len == 0)
		return;
	memcpy(text_reserve(t, b.len), b.at, b.len);
	t->len += b.len;
}

static inline void text_add_string(struct text *t, const char *string)
{
	text_add(t, bytes_of(string));
}

static inline void text_add_byte(struct text *t, char byte)
{
	*text_reserve(t, 1) = byte;
	t->len++;
}

void text_add_number(struct text *t, uint64_t number);
PRINTF_LIKE(2, 3) void text_addf(struct text *t, const char *format, ...);

/* 1234567 as "1.2 MB" */
void text_add_size(struct text *t, uint64_t bytes);

/* A code point up to U+10FFFF. */
void text_add_utf8(struct text *t, uint32_t code);

void text_add_hex(struct text *t, struct bytes b);
void text_add_base64(struct text *t, struct bytes b);

/*
 * For people: at most `most` bytes of `b`, control characters and bytes that
 * are not UTF-8 written as \n, \t or \xNN, and "..." where something was left out.
 */
void text_add_printable(struct text *t, struct bytes b, size_t most);

/*
 * Words of `b`, broken into lines of at most `width` columns, each line but
 * the first indented; ends without a line end. `column`: where the text stands now.
 */
void text_add_wrapped(struct text *t, struct bytes b, unsigned column, unsigned indent, unsigned width);
void text_add_spaces(struct text *t, unsigned count);

#endif
