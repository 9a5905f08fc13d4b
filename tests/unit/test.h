#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H

/* cmocka wants these four before itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* The body of a test that needs an arena: it gets one of 16 MB. */
static inline void with_arena(void (*body)(void *))
{
	struct arena arena;

	arena_init(&arena, 16 << 20);
	assert_true(arena_run(&arena, body, &arena));
	arena_finish(&arena);
}

#define assert_bytes(b, literal) \
	do { \
		struct bytes assert_b = (b); \
		assert_int_equal(assert_b.len, sizeof(literal) - 1); \
		assert_memory_equal(assert_b.len ? (const char *)assert_b.at : "", literal, sizeof(literal) - 1); \
	} while (0)

#endif
