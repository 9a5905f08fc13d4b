#include <string.h>

#include "gateway/hold.h"
#include "base/visible.h"
#include "gateway/framing.h"
#include "inspector/shown.h"

/* What a person is shown: read anew from the very bytes that go on, and never kept. */

enum { PAINT_MEMORY = 1 << 30, SLICE = 64 << 10 };

struct painting {
	struct hold *hold;
	struct arena arena;
	bool whole, failed;
	struct text out;
	uint64_t left_out;
};

static struct bytes body_of(const struct hold *h)
{
	return h->question.answer ? h->body : h->turn->to_ask;
}

/* ---- the rest of a stream ---- */

/* A text that came in parts becomes one. */
struct joined {
	struct piece *piece;
	struct text text, name;
	struct joined *next;
};

struct rest {
	struct turn *turn;
	struct arena *arena;
	struct bytes body;
	struct exchange *out;
	struct framing framing;
	struct exchange part;       /* read last */
	struct joined *joined;
	uint64_t at;                /* where the event stands in the rest */
};

static struct joined *join(struct rest *r, const struct piece *p)
{
	struct joined *j = r->joined;

	while (j && (p->thread.len == 0 || j->piece->kind != p->kind || !bytes_equal(j->piece->thread, p->thread)))
		j = j->next;
	if (j)
		return j;
	j = arena_new(r->arena, struct joined);
	j->piece = exchange_add(r->out, p->kind, p->channel, p->trust, r->at, BYTES(""));
	j->piece->thread = arena_copy(r->arena, p->thread);
	text_init(&j->text, r->arena);
	text_init(&j->name, r->arena);
	j->next = r->joined;
	r->joined = j;
	return j;
}

static void add_event(struct rest *r, const struct framed *event)
{
	exchange_init_part(&r->part, r->arena, r->out);
	r->turn->dialect->event(&r->part, event->name, event->data);
	for (const struct piece *p = r->part.pieces; p; p = p->next) {
		if (p->kind == PIECE_ECHO || p->kind == PIECE_OPAQUE || p->repeats || (p->text.len == 0 && p->name.len == 0))
			continue;
		struct joined *j = join(r, p);
		text_add(&j->text, p->text);
		text_add(&j->name, p->name);
	}
}

static void begin_answer(struct exchange *x, struct arena *arena, const struct turn *t, struct bytes body)
{
	exchange_init_part(x, arena, &t->answer);
	x->state = arena_alloc(arena, 1, t->dialect->state_size + 1);
	x->body = body;
}

static void read_rest(void *arg)
{
	struct rest *r = arg;
	struct turn *t = r->turn;
	struct framed event;

	begin_answer(r->out, r->arena, t, r->body);
	if (t->before->state)
		memcpy(r->out->state, t->before->state, t->dialect->state_size);
	for (struct bytes left = r->body; left.len > 0; left = bytes_from(left, SLICE)) {
		framing_feed(&r->framing, bytes_slice(left, 0, SLICE));
		if (left.len <= SLICE)
			framing_end(&r->framing);
		for (; framing_next(&r->framing, r->arena, &event); r->at += event.raw.len)
			if (event.data.len > 0 && !event.why)
				add_event(r, &event);
	}
	for (struct joined *j = r->joined; j; j = j->next) {
		j->piece->text = text_bytes(&j->text);
		j->piece->name = text_bytes(&j->name);
	}
}

bool hold_read_rest(struct turn *t, struct arena *arena, struct bytes body, struct exchange *out)
{
	struct rest r = {.turn = t, .arena = arena, .body = body, .out = out};

	framing_init(&r.framing, t->dialect->framing, t->route->answer_most);
	bool good = arena_run(arena, read_rest, &r);
	framing_finish(&r.framing);
	return good;
}

/* ---- what is shown ---- */

/* False when it needs too much memory. */
static bool read_again(struct painting *p, struct exchange *x)
{
	struct turn *t = p->hold->turn;
	struct heading heading = {.method = t->method, .path = t->target, .field = turn_field, .entry = turn_entry, .owner = t->head};

	if (t->before)
		return hold_read_rest(t, &p->arena, p->hold->body, x);
	if (p->hold->question.answer) {
		heading.status = t->status;
		begin_answer(x, &p->arena, t, body_of(p->hold));
		t->dialect->answer(x, &heading, x->body);
		return true;
	}
	exchange_init(x, &p->arena, t->dialect);
	x->route = t->of_dialect;
	x->body = body_of(p->hold);
	t->dialect->request(x, &heading, x->body);
	return true;
}

static void paint(void *arg)
{
	struct painting *p = arg;
	const struct turn *t = p->hold->turn;
	struct exchange x;
	struct text line;
	struct shown s = {.arena = &p->arena, .exchange = &x, .policy = t->route->policy, .whole = p->whole};

	text_init(&p->out, &p->arena);
	if (!read_again(p, &x)) {
		p->failed = true;
		return;
	}
	text_addf(&p->out, "%s \"%s\", %zu bytes%s\n", p->hold->question.answer ? "Answered by" : "To", t->upstream->name, x.body.len, t->before ? ": the rest of a stream whose beginning has gone out" : "");
	text_init(&line, &p->arena);
	text_add(&line, t->method);
	text_add_byte(&line, ' ');
	text_add(&line, t->target);
	visible_add_lines(&p->out, text_bytes(&line), "  | ", "  : ", 79);
	shown_write(&s, &p->out);
	p->left_out = s.left_out;
}

void hold_paint(struct hold *h, struct window *w)
{
	struct painting p = {.hold = h, .whole = w->whole};

	arena_init(&p.arena, PAINT_MEMORY);
	if (!arena_run(&p.arena, paint, &p) || p.failed) {
		text_init(&p.out, NULL);
		text_add_string(&p.out, "It would take more memory to show it than there may be.\n");
		p.left_out = body_of(h).len;
	}
	struct bytes text = text_bytes(&p.out);
	size_t len = text.len <= WINDOW_MOST ? text.len : bytes_find_last(bytes_slice(text, 0, WINDOW_MOST - 1), BYTES("\n")) + 1;
	w->left_out = p.left_out + (text.len - len);
	memcpy(w->text, text.at, len);
	memcpy(w->salt, h->turn->salt, sizeof w->salt);
	w->digest = turn_digest(h->turn, bytes_slice(text, 0, len));
	atomic_store(&w->len, len);
	if (!p.out.arena)
		text_finish(&p.out);
	arena_finish(&p.arena);
	window_give(w);
}
