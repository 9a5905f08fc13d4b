#include "inspector/inside.h"

struct event *event_take(struct inspection *i)
{
	struct event *e = i->free_events;

	if (!e) {
		e = arena_new(i->arena, struct event);
		text_init(&e->raw, i->arena);
		text_init(&e->data, i->arena);
		text_init(&e->state, i->arena);
		return e;
	}
	i->free_events = e->next;
	text_clear(&e->raw);
	text_clear(&e->data);
	text_clear(&e->state);
	e->place_count = 0;
	e->next = NULL;
	return e;
}

void event_add_place(struct inspection *i, struct event *e, struct place place)
{
	if (e->place_count == e->place_room) {
		size_t room = e->place_room ? 2 * e->place_room : 4;
		struct place *more = arena_alloc(i->arena, room, sizeof *more);
		if (e->place_count > 0)
			memcpy(more, e->places, e->place_count * sizeof *more);
		e->places = more;
		e->place_room = room;
	}
	if (place.thread)
		place.thread->waiting++;
	e->places[e->place_count++] = place;
}

void event_free(struct inspection *i, struct event *e)
{
	for (size_t p = 0; p < e->place_count; p++)
		if (e->places[p].thread)
			thread_let_go(e->places[p].thread, e->places[p].to);
	e->next = i->free_events;
	i->free_events = e;
}

bool event_is_safe(struct inspection *i, const struct event *e)
{
	(void)i;
	for (size_t p = 0; p < e->place_count; p++) {
		const struct place *place = &e->places[p];
		bool waits = place->thread && place->thread->holds && !place->thread->judged;
		if (place->thread && (thread_safe(place->thread) < place->to || (waits && !place->thread->inspection->let_go)))
			return false;
	}
	return true;
}
