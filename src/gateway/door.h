#ifndef GATEWAY_DOOR_H
#define GATEWAY_DOOR_H

#include "gateway/config.h"
#include "gateway/holds.h"
#include "gateway/recorder.h"

/* What the connections of one worker have in common. */
struct door {
	struct loop *loop;
	struct shared *shared;
	unsigned number;            /* of the worker, among all that live */
	struct config *config;
	struct recorder recorder;
	struct text evidence;       /* what is being written for it, one at a time */
	struct client *clients;
	unsigned client_count;
	uint64_t holding;           /* bytes, by the accounts of its turns and connections */
	struct holds *board;        /* where persons are asked */
	struct hold *holds;         /* what of this worker waits there */
	unsigned hold_count;
	bool leaving;               /* what is under way may end; nothing more is taken on */
};

/* One connection of a caller, of whatever HTTP; part of what speaks it. */
struct client {
	struct door *door;
	/* Ends what is under way, now: its record says `why`. The client is gone afterwards. */
	void (*halt)(struct client *, const char *why);
	/* The door is leaving: ends when there is nothing under way; `now` also when the caller may be about to ask. */
	void (*leave)(struct client *, bool now);
	struct client *next, **place;
};

void door_add(struct door *door, struct client *client);
void door_remove(struct client *client);

void door_halt(struct door *door, const char *why);
void door_leave(struct door *door, bool now);

#endif
