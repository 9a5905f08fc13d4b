/*
 * Streams as upstreams write them: however their bytes arrive, the same events come out of them, with all that came,
 * but for what comments say, of which nothing is left.
 */
#include "gateway/framing.h"

struct reading {
	struct text events;         /* what each says */
	struct text raw;            /* as they go on, and what is left */
	size_t given;               /* of `raw`: what is not left */
};

static void note(struct text *out, struct bytes b)
{
	text_addf(out, "%zu ", b.len);
	text_add(out, b);
}

static void take_all(struct framing *f, struct arena *arena, struct reading *r)
{
	struct framed event;

	while (framing_next(f, arena, &event)) {
		text_add(&r->raw, event.raw);
		note(&r->events, event.raw);
		note(&r->events, event.name);
		note(&r->events, event.data);
		note(&r->events, event.id);
		note(&r->events, event.retry);
		text_add_string(&r->events, event.why ? event.why : "");
	}
}

static void read_all(struct reading *r, enum framing_kind kind, struct bytes in, size_t step)
{
	struct framing f;
	struct arena arena;

	arena_init(&arena, SIZE_MAX);
	text_init(&r->events, NULL);
	text_init(&r->raw, NULL);
	framing_init(&f, kind, UINT64_MAX);
	for (; in.len > 0; in = bytes_from(in, step)) {
		if (!framing_feed(&f, bytes_slice(in, 0, step)))
			__builtin_trap();
		take_all(&f, &arena, r);
	}
	framing_end(&f);
	take_all(&f, &arena, r);
	r->given = r->raw.len;
	text_add(&r->raw, framing_left(&f));
	framing_finish(&f);
	arena_finish(&arena);
}

static void finish(struct reading *r)
{
	text_finish(&r->events);
	text_finish(&r->raw);
}

/* Where a comment begins, its line says nothing once it is given out; everything else is as it came. */
static void compare(enum framing_kind kind, struct bytes in, const struct reading *r)
{
	struct bytes out = text_bytes(&r->raw);
	const struct bytes mark = BYTES("\xEF\xBB\xBF");
	bool begins = true, comment = false;

	if (in.len != out.len)
		__builtin_trap();
	for (size_t i = kind == FRAMING_EVENTS && bytes_start_with(in, mark) ? mark.len : 0; i < in.len; i++) {
		bool end = in.at[i] == '\n' || in.at[i] == '\r';
		comment = !end && (begins ? kind == FRAMING_EVENTS && in.at[i] == ':' : comment);
		bool says = comment && !begins;
		bool blank = says && out.at[i] == ' ', as_it_came = out.at[i] == in.at[i] && !(says && i < r->given);
		if (!blank && !as_it_came)
			__builtin_trap();
		begins = end;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
	struct reading whole, parts;
	enum framing_kind kind = len > 0 && at[0] & 1 ? FRAMING_LINES : FRAMING_EVENTS;
	size_t step = len > 0 ? (at[0] >> 1) + 1u : 1;
	struct bytes in = bytes_from((struct bytes){at, len}, 1);

	read_all(&whole, kind, in, SIZE_MAX);
	read_all(&parts, kind, in, step);
	if (!bytes_equal(text_bytes(&whole.events), text_bytes(&parts.events)))
		__builtin_trap();
	compare(kind, in, &whole);
	compare(kind, in, &parts);
	finish(&whole);
	finish(&parts);
	return 0;
}
