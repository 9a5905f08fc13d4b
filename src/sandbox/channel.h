#ifndef SANDBOX_CHANNEL_H
#define SANDBOX_CHANNEL_H

#include "base/bytes.h"

/* Whole messages between two processes, each with a ticket and perhaps an open file. */

struct message {
	uint64_t ticket;
	int fd;                 /* -1 when none came along */
	struct bytes body;      /* in the buffer given */
};

bool channel_make(int pair[2]);

/* False when the other side is gone. `fd` -1 sends none. */
bool channel_send(int channel, int fd, uint64_t ticket, struct bytes body);

/* As channel_send, but false as well when the channel is full. */
bool channel_offer(int channel, int fd, uint64_t ticket, struct bytes body);

/* False when the other side is gone, or sent more than fits. */
bool channel_receive(int channel, unsigned char *buffer, size_t room, struct message *out);

#endif
