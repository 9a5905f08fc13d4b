#include "gateway/door.h"

void door_add(struct door *door, struct client *c)
{
	c->door = door;
	c->next = door->clients;
	c->place = &door->clients;
	if (c->next)
		c->next->place = &c->next;
	door->clients = c;
	door->client_count++;
}

void door_remove(struct client *c)
{
	*c->place = c->next;
	if (c->next)
		c->next->place = c->place;
	c->door->client_count--;
}

void door_halt(struct door *door, const char *why)
{
	for (struct client *c = door->clients, *next; c; c = next) {
		next = c->next;
		c->halt(c, why);
	}
}

void door_leave(struct door *door, bool now)
{
	door->leaving = true;
	for (struct client *c = door->clients, *next; c; c = next) {
		next = c->next;
		c->leave(c, now);
	}
}
