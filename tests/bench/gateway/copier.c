/*
 * copier LISTEN UPSTREAM WORKERS: what any proxy costs on this machine.
 *
 * Every connection is joined to one to the model, and bytes are copied both
 * ways as they come, one recv() and one send() each: nothing is read in them.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DESCRIPTORS_MOST = 65536, READ_MOST = 64 << 10, EVENTS_A_TURN = 256, BACKLOG = 8192 };

static int epoll_fd, listener;
static int others[DESCRIPTORS_MOST];    /* where what comes from a descriptor goes */

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in address(const char *port)
{
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)atoi(port))};
}

static void watch(int fd)
{
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.fd = fd}) != 0)
		fail("epoll_ctl");
}

static void listen_at(const char *port)
{
	struct sockaddr_in a = address(port);
	int one = 1;

	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
	if (bind(listener, (struct sockaddr *)&a, sizeof a) != 0 || listen(listener, BACKLOG) != 0)
		fail("listen");
	epoll_fd = epoll_create1(0);
	watch(listener);
}

static void join(int caller, const struct sockaddr_in *upstream)
{
	int model = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	if (model < 0 || model >= DESCRIPTORS_MOST || caller >= DESCRIPTORS_MOST || connect(model, (const struct sockaddr *)upstream, sizeof *upstream) != 0)
		fail("connect");
	others[caller] = model;
	others[model] = caller;
	for (int i = 0; i < 2; i++) {
		int fd = i ? caller : model;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		watch(fd);
	}
}

/* What does not fit into the other side's buffer at once is waited for. */
static void copy(int from)
{
	static char buffer[READ_MOST];
	ssize_t n = recv(from, buffer, sizeof buffer, MSG_DONTWAIT);

	if (n > 0)
		send(others[from], buffer, (size_t)n, MSG_NOSIGNAL);
	if (n == 0) {
		close(others[from]);
		close(from);
	}
}

int main(int argc, char **argv)
{
	static struct epoll_event events[EVENTS_A_TURN];

	if (argc != 4)
		return 64;
	struct sockaddr_in upstream = address(argv[2]);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 1; i < atoi(argv[3]) && fork() != 0; i++)
		;
	listen_at(argv[1]);
	for (;;) {
		int n = epoll_wait(epoll_fd, events, EVENTS_A_TURN, -1);
		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd, caller;
			if (fd != listener)
				copy(fd);
			else while ((caller = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
				join(caller, &upstream);
		}
	}
}
