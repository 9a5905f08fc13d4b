#include <string.h>

#include "gateway/hold.h"
#include "base/visible.h"
#include "inspector/shown.h"

/* What a person is shown: read anew from the very bytes that go on, and never kept. */

enum { PAINT_MEMORY = 1 << 30 };

struct painting {
	struct hold *hold;
	struct arena arena;
	bool whole;
	struct text out;
	uint64_t left_out;
};

static struct bytes body_of(const struct hold *h)
{
	return h->question.answer ? h->body : h->turn->to_ask;
}

static void read_again(struct painting *p, struct exchange *x)
{
	const struct turn *t = p->hold->turn;
	struct heading heading = {.method = t->method, .path = t->target, .field = turn_field, .entry = turn_entry, .owner = t->head};

	exchange_init(x, &p->arena, t->dialect);
	x->route = t->of_dialect;
	x->body = body_of(p->hold);
	if (!p->hold->question.answer) {
		t->dialect->request(x, &heading, x->body);
		return;
	}
	heading.status = t->status;
	x->asked = &t->request;
	x->state = arena_alloc(&p->arena, 1, t->dialect->state_size + 1);
	t->dialect->answer(x, &heading, x->body);
}

static void paint(void *arg)
{
	struct painting *p = arg;
	const struct turn *t = p->hold->turn;
	struct exchange x;
	struct text line;
	struct shown s = {.arena = &p->arena, .exchange = &x, .policy = t->route->policy, .whole = p->whole};

	text_init(&p->out, &p->arena);
	read_again(p, &x);
	text_addf(&p->out, "%s \"%s\", %zu bytes\n", p->hold->question.answer ? "Answered by" : "To", t->upstream->name, x.body.len);
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
	if (!arena_run(&p.arena, paint, &p)) {
		text_init(&p.out, NULL);
		text_add_string(&p.out, "It would take more memory to show it than there may be.\n");
		p.left_out = body_of(h).len;
	}
	struct bytes text = text_bytes(&p.out);
	w->len = text.len <= WINDOW_MOST ? text.len : bytes_find_last(bytes_slice(text, 0, WINDOW_MOST), BYTES("\n")) + 1;
	w->len = w->len <= WINDOW_MOST ? w->len : 0;
	w->left_out = p.left_out + (text.len - w->len);
	memcpy(w->text, text.at, w->len);
	memcpy(w->salt, h->turn->salt, sizeof w->salt);
	w->digest = turn_digest(h->turn, (struct bytes){w->text, w->len});
	if (!p.out.arena)
		text_finish(&p.out);
	arena_finish(&p.arena);
	window_give(w);
}
