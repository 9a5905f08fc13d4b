#include "types/exchange.h"

void exchange_init(struct exchange *x, struct arena *arena, const struct dialect *dialect)
{
	*x = (struct exchange){.arena = arena, .dialect = dialect};
	x->last = &x->pieces;
}

void exchange_init_part(struct exchange *x, struct arena *arena, const struct exchange *answer)
{
	exchange_init(x, arena, answer->dialect);
	x->route = answer->route;
	x->asked = answer->asked;
	x->state = answer->state;
}

struct piece *exchange_add(struct exchange *x, enum piece_kind kind, enum channel channel, unsigned trust, uint64_t offset, struct bytes text)
{
	struct piece *p = arena_alloc_raw(x->arena, sizeof *p);

	*p = (struct piece){.kind = kind, .channel = channel, .trust = trust, .offset = offset, .text = text};
	*x->last = p;
	x->last = &p->next;
	x->piece_count++;
	x->text_bytes += text.len;
	x->partly |= kind == PIECE_OPAQUE;
	return p;
}

void exchange_fail(struct exchange *x, const char *why)
{
	if (!x->why)
		x->why = why;
}

enum examined exchange_examined(const struct exchange *x, uint64_t bytes)
{
	if (x->why)
		return EXAMINED_NOT;
	return x->partly ? EXAMINED_PARTLY : bytes > 0 ? EXAMINED_WHOLE : EXAMINED_NOTHING;
}

const char *channel_name(enum channel channel)
{
	static const char *const names[CHANNEL_COUNT] = {"system", "user", "assistant", "reasoning", "args", "tool", "doc", "tool_desc", "meta"};

	return names[channel];
}

const char *examined_name(enum examined examined)
{
	static const char *const names[] = {"not", "partly", "whole", "nothing"};

	return names[examined];
}
