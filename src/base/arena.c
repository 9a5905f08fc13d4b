#include "base/arena.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/spare.h"

/* Under a sanitizer each allocation is a block of its own, so that it sees every overrun. */
#ifdef __SANITIZE_ADDRESS__
enum { BLOCK_MIN = 0, BLOCK_MAX = 0, HUGE_PAGE = 2 << 20 };
#else
enum { BLOCK_MIN = 4 << 10, BLOCK_MAX = 8 << 20, HUGE_PAGE = 2 << 20 };
#endif

struct arena_block {
	struct arena_block *next;
	size_t room;
	_Alignas(max_align_t) unsigned char data[];
};

void arena_init(struct arena *a, size_t budget)
{
	*a = (struct arena){.budget = budget};
}

void arena_init_large(struct arena *a, size_t budget)
{
	*a = (struct arena){.budget = budget, .large = true};
}

static void free_until(struct arena *a, struct arena_block *stop)
{
	while (a->blocks != stop) {
		struct arena_block *next = a->blocks->next;
		spare_give(a->blocks, sizeof *a->blocks + a->blocks->room);
		a->blocks = next;
	}
}

void arena_finish(struct arena *a)
{
	arena_rewind(a, (struct arena_mark){0});
}

/* The only setjmp in the program: nothing here changes between it and a jump. */
bool arena_run(struct arena *a, void (*body)(void *), void *arg)
{
	jmp_buf exit;
	jmp_buf *volatile outer = a->exit;

	a->exit = &exit;
	if (setjmp(exit)) {
		a->exit = outer;
		return false;
	}
	body(arg);
	a->exit = outer;
	return true;
}

struct arena_mark arena_mark(const struct arena *a)
{
	return (struct arena_mark){a->blocks, a->free, a->left, a->used};
}

void arena_rewind(struct arena *a, struct arena_mark mark)
{
	free_until(a, mark.block);
	a->free = mark.free;
	a->left = mark.left;
	a->used = mark.used;
}

/* Of the whole block. */
static size_t next_size(const struct arena *a, size_t len)
{
	size_t first = a->large && BLOCK_MIN > 0 ? HUGE_PAGE : BLOCK_MIN;
	size_t size = a->blocks ? (sizeof *a->blocks + a->blocks->room) * 2 : first;

	if (size > BLOCK_MAX)
		size = BLOCK_MAX;
	return size < sizeof *a->blocks + len ? sizeof *a->blocks + len : size;
}

/* Large blocks in huge pages, where the system has them: a fault for each small one costs more than what is done in it. */
static void *get_block(size_t size)
{
	if (size % HUGE_PAGE != 0)
		return spare_take(size);
	void *at = aligned_alloc(HUGE_PAGE, size);
	if (at)
		madvise(at, size, MADV_HUGEPAGE);
	return at;
}

void arena_make_room(struct arena *a, size_t len)
{
	size_t padded = arena_padded(len);

	/* What is nearly as long as all memory is over every budget. */
	if (len > a->budget - a->used || padded < len)
		longjmp(*a->exit, 1);
	if (a->blocks && len <= a->left)
		return;
	size_t size = next_size(a, padded);
	struct arena_block *b = get_block(size);
	if (!b)
		longjmp(*a->exit, 1);
	*b = (struct arena_block){.next = a->blocks, .room = size - sizeof *b};
	a->blocks = b;
	a->free = b->data;
	a->left = b->room;
}

void *arena_alloc(struct arena *a, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		longjmp(*a->exit, 1);
	return memset(arena_alloc_raw(a, count * size), 0, count * size);
}

struct bytes arena_copy(struct arena *a, struct bytes b)
{
	unsigned char *at = arena_alloc_raw(a, b.len);

	bytes_copy(at, b);
	return (struct bytes){at, b.len};
}

char *arena_string(struct arena *a, struct bytes b)
{
	char *string = arena_alloc(a, b.len + 1, 1);

	bytes_copy(string, b);
	return string;
}
