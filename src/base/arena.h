#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/status.h"

/*
 * Memory that lives as long as one scan or one request, then goes all at once.
 * Allocation never returns NULL: past the budget it leaves arena_run().
 */
struct arena {
	struct arena_block *blocks;    /* newest first */
	unsigned char *free;           /* of the newest, with so many bytes left */
	size_t left;
	size_t used, budget;           /* in bytes, as asked for */
	bool large;                    /* begins with a huge page */
	jmp_buf *exit;
};

void arena_init(struct arena *a, size_t budget);
/* The same where much will be needed: its first block is a huge page, which costs one fault where small ones cost one each. */
void arena_init_large(struct arena *a, size_t budget);
void arena_finish(struct arena *a);

/*
 * Runs body(arg); false if it ran out of budget.  Body may be left at any
 * allocation, so it holds nothing that arena_finish() does not give back:
 * no locks, no malloc, no open files.  Runs may nest.
 */
bool arena_run(struct arena *a, void (*body)(void *), void *arg);

/* A point to go back to: everything allocated after it is given back at once. */
struct arena_mark {
	struct arena_block *block;
	unsigned char *free;
	size_t left, used;
};

struct arena_mark arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark mark);

static inline size_t arena_padded(size_t len)
{
	return (len + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
}

/* A block with that many bytes left, or out of arena_run(). */
RARELY void arena_make_room(struct arena *a, size_t len);

void *arena_alloc(struct arena *a, size_t count, size_t size);   /* zeroed */

/* The same, but with whatever the memory held before: for buffers filled at once. */
static inline void *arena_alloc_raw(struct arena *a, size_t len)
{
	/* What is left is a multiple of the alignment: where `len` fits, it does with its padding. Nothing at all goes the long way. */
	if (len - 1 >= a->left || len > a->budget - a->used)
		arena_make_room(a, len);
	size_t padded = arena_padded(len);
	void *at = a->free;
	a->free += padded;
	a->left -= padded;
	a->used += len;
	return at;
}

#define arena_new(a, type) ((type *)memset(arena_alloc_raw((a), sizeof(type)), 0, sizeof(type)))

struct bytes arena_copy(struct arena *a, struct bytes b);
char *arena_string(struct arena *a, struct bytes b);             /* NUL-terminated copy */

#endif
