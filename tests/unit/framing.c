/* A stream is cut into the same events however its bytes arrive, and each is given out as soon as it is whole. */
#include "tests/unit/test.h"

#include "gateway/framing.h"

enum { LETTERS = 5, LENGTH_MOST = 7 };

/* Every event as it came, with its data: "raw|data;". */
static void take_all(struct framing *f, struct arena *arena, struct text *events)
{
	struct framed event;

	while (framing_next(f, arena, &event)) {
		text_add(events, event.raw);
		text_add_byte(events, '|');
		text_add(events, event.data);
		text_add_byte(events, ';');
	}
}

static void cut(struct bytes stream, size_t step, enum framing_kind kind, struct arena *arena, struct text *events)
{
	struct framing f;

	framing_init(&f, kind, SIZE_MAX);
	for (size_t i = 0; i < stream.len; i += step) {
		assert_true(framing_feed(&f, bytes_slice(stream, i, step)));
		take_all(&f, arena, events);
	}
	framing_end(&f);
	take_all(&f, arena, events);
	text_add(events, framing_left(&f));
	framing_finish(&f);
}

static void compare(struct bytes stream, enum framing_kind kind)
{
	struct arena arena;
	struct text whole, parts;

	arena_init(&arena, SIZE_MAX);
	text_init(&whole, NULL);
	cut(stream, stream.len, kind, &arena, &whole);
	for (size_t step = 1; step < stream.len; step++) {
		text_init(&parts, NULL);
		cut(stream, step, kind, &arena, &parts);
		if (!bytes_equal(text_bytes(&whole), text_bytes(&parts)))
			fail_msg("cut into other events when it comes %zu bytes at a time", step);
		text_finish(&parts);
	}
	text_finish(&whole);
	arena_finish(&arena);
}

/* As the specification has it, line by line; a CR at the very end may be half of a line's end. */
static size_t count_events(struct bytes b)
{
	size_t count = 0;

	if (bytes_start_with(b, BYTES("\xEF\xBB\xBF")))
		b = bytes_from(b, 3);
	for (bool line_is_empty = true; b.len > 0;) {
		size_t end = b.at[0] == '\n' ? 1 : b.at[0] != '\r' ? 0 : b.len == 1 ? 2 : b.at[1] == '\n' ? 2 : 1;
		if (end > b.len)
			break;
		count += end && line_is_empty;
		line_is_empty = end > 0;
		b = bytes_from(b, end ? end : 1);
	}
	return count;
}

static void come_at_once(struct bytes stream)
{
	struct framing f;
	struct framed event;
	struct arena arena;
	size_t count = 0;

	arena_init(&arena, SIZE_MAX);
	framing_init(&f, FRAMING_EVENTS, SIZE_MAX);
	for (size_t i = 0; i < stream.len; i++) {
		assert_true(framing_feed(&f, bytes_slice(stream, i, 1)));
		while (framing_next(&f, &arena, &event))
			count++;
		assert_int_equal(count, count_events(bytes_slice(stream, 0, i + 1)));
	}
	framing_finish(&f);
	arena_finish(&arena);
}

static void every_short_stream(void **state)
{
	static const char *const letters[LETTERS] = {"a", ":", "\n", "\r", "\xEF\xBB\xBF"};

	(void)state;
	for (size_t len = 1, count = LETTERS; len <= LENGTH_MOST; len++, count *= LETTERS)
		for (size_t number = 0; number < count; number++) {
			struct text stream;
			text_init(&stream, NULL);
			for (size_t i = 0, left = number; i < len; i++, left /= LETTERS)
				text_add_string(&stream, letters[left % LETTERS]);
			come_at_once(text_bytes(&stream));
			compare(text_bytes(&stream), FRAMING_EVENTS);
			if (len < LENGTH_MOST)
				compare(text_bytes(&stream), FRAMING_LINES);
			text_finish(&stream);
		}
}

static void events_and_what_they_say(void **state)
{
	struct bytes stream = BYTES("event: one\r\ndata: a\r\ndata:b\r\n\r\n: nothing\n\ndata: 0123456789 0123456789 0123456789\r\rdata: cut");
	struct arena arena;
	struct text events;

	(void)state;
	arena_init(&arena, SIZE_MAX);
	text_init(&events, NULL);
	cut(stream, 3, FRAMING_EVENTS, &arena, &events);
	assert_true(bytes_equal(text_bytes(&events), BYTES("event: one\r\ndata: a\r\ndata:b\r\n\r\n|a\nb;:        \n\n|;data: 0123456789 0123456789 0123456789\r\r|0123456789 0123456789 0123456789;data: cut")));
	text_finish(&events);
	arena_finish(&arena);
	for (size_t len = 1; len < stream.len; len++)
		compare(bytes_slice(stream, 0, len), FRAMING_EVENTS);
}

/* Ids stand beside data or alone; the last of an event counts, and none is left for the next. */
static void ids_and_waits(void **state)
{
	struct bytes stream = BYTES("id: 1\nretry: 20\ndata: \n\nid:2\nid: 3\ndata: x\n\ndata: y\nretry\n\nid: 4\n");
	static const char *const said[][3] = {{"1", "20", ""}, {"3", "", "x"}, {"", "", "y"}};
	struct framing f;
	struct framed event;
	struct arena arena;

	(void)state;
	arena_init(&arena, SIZE_MAX);
	framing_init(&f, FRAMING_EVENTS, SIZE_MAX);
	assert_true(framing_feed(&f, stream));
	framing_end(&f);
	for (size_t i = 0; i < COUNT_OF(said); i++) {
		assert_true(framing_next(&f, &arena, &event));
		assert_true(bytes_same(event.id, said[i][0]) && bytes_same(event.retry, said[i][1]) && bytes_same(event.data, said[i][2]));
	}
	assert_false(framing_next(&f, &arena, &event));
	framing_again(&f);
	assert_true(framing_feed(&f, BYTES("data: z\n\n\xEF\xBB\xBF")));
	assert_true(framing_next(&f, &arena, &event));
	assert_true(bytes_same(event.data, "z") && bytes_same(event.id, "") && !event.why);
	framing_again(&f);
	assert_true(framing_feed(&f, BYTES("\xEF\xBB\xBF" "data: z\n\n")));
	assert_true(framing_next(&f, &arena, &event));
	assert_true(event.why != NULL);
	framing_finish(&f);
	arena_finish(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_short_stream),
		cmocka_unit_test(events_and_what_they_say),
		cmocka_unit_test(ids_and_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
