#include "sandbox/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 1 << 20 };

bool channel_make(int pair[2])
{
	int room = BUFFER;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	for (int i = 0; i < 2; i++)
		setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
	return true;
}

static bool send_message(int channel, int fd, uint64_t ticket, struct bytes body, int flags)
{
	struct iovec parts[2] = {{&ticket, sizeof ticket}, {(void *)body.at, body.len}};
	union { struct cmsghdr align; char room[CMSG_SPACE(sizeof(int))]; } control = {0};
	struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2};

	if (fd >= 0) {
		m.msg_control = control.room;
		m.msg_controllen = sizeof control.room;
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	for (;;) {
		ssize_t n = sendmsg(channel, &m, MSG_NOSIGNAL | flags);
		if (n >= 0 || errno != EINTR)
			return n == (ssize_t)(sizeof ticket + body.len);
	}
}

bool channel_send(int channel, int fd, uint64_t ticket, struct bytes body)
{
	return send_message(channel, fd, ticket, body, 0);
}

bool channel_offer(int channel, int fd, uint64_t ticket, struct bytes body)
{
	return send_message(channel, fd, ticket, body, MSG_DONTWAIT);
}

static int taken_fd(struct msghdr *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	int fd = -1;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(c), sizeof fd);
	return fd;
}

bool channel_receive(int channel, unsigned char *buffer, size_t room, struct message *out)
{
	struct iovec parts[2] = {{&out->ticket, sizeof out->ticket}, {buffer, room}};
	union { struct cmsghdr align; char room[CMSG_SPACE(sizeof(int))]; } control = {0};
	struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2, .msg_control = control.room, .msg_controllen = sizeof control.room};
	ssize_t n;

	do
		n = recvmsg(channel, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	out->fd = n > 0 ? taken_fd(&m) : -1;
	if (n < (ssize_t)sizeof out->ticket || m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		if (out->fd >= 0)
			close(out->fd);
		out->fd = -1;
		return false;
	}
	out->body = (struct bytes){buffer, (size_t)n - sizeof out->ticket};
	return true;
}
