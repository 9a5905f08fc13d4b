#include "gateway/sockets.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

/* Callers who come at once and find no place here try again after a second; the system allows 4096 by default. */
enum { BACKLOG = 4096 };

static bool read_address(const char *given, struct addrinfo **out)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	const char *colon = strrchr(given, ':');
	char host[256];

	if (!colon || (size_t)(colon - given) >= sizeof host) {
		log_error("gateway: \"%s\" is no HOST:PORT to listen on", given);
		return false;
	}
	bool bracket = given[0] == '[' && colon > given + 1 && colon[-1] == ']';
	snprintf(host, sizeof host, "%.*s", (int)(colon - given) - (bracket ? 2 : 0), given + (bracket ? 1 : 0));
	int failed = getaddrinfo(host, colon + 1, &hints, out);
	if (failed)
		log_error("gateway: \"%s\": %s", given, gai_strerror(failed));
	return !failed;
}

static int bind_to(const struct addrinfo *a)
{
	int one = 1, fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0)
		return fd;
	close(fd);
	return -1;
}

static void close_sockets(struct sockets *s)
{
	for (unsigned i = 0; i < WORKERS_MOST; i++)
		if (s->fds[i] >= 0)
			close(s->fds[i]);
	free(s->address);
	free(s);
}

static struct sockets *make_sockets(const char *address, unsigned workers)
{
	struct sockets *s = calloc(1, sizeof *s);
	struct addrinfo *found = NULL;
	bool good;

	if (!s || !(s->address = strdup(address)))
		abort();
	s->count = workers;
	for (unsigned i = 0; i < WORKERS_MOST; i++)
		s->fds[i] = -1;
	good = read_address(address, &found);
	for (unsigned i = 0; good && i < workers; i++) {
		s->fds[i] = bind_to(found);
		good = s->fds[i] >= 0;
		if (!good)
			log_error("gateway: cannot listen on %s: %m", address);
	}
	if (found)
		freeaddrinfo(found);
	if (good)
		return s;
	close_sockets(s);
	return NULL;
}

struct sockets *sockets_of(struct sockets *all, const char *address)
{
	for (struct sockets *s = all; s; s = s->next)
		if (strcmp(s->address, address) == 0)
			return s;
	return NULL;
}

bool sockets_open(struct sockets **all, const struct config *c, unsigned workers)
{
	for (size_t i = 0; i < c->listener_count; i++) {
		if (sockets_of(*all, c->listeners[i].address))
			continue;
		struct sockets *s = make_sockets(c->listeners[i].address, workers);
		if (!s)
			return false;
		s->next = *all;
		*all = s;
	}
	return true;
}

bool sockets_listen(const struct sockets *all)
{
	for (const struct sockets *s = all; s; s = s->next)
		for (unsigned i = 0; i < s->count; i++)
			if (listen(s->fds[i], BACKLOG) != 0) {
				log_error("gateway: cannot listen on %s: %m", s->address);
				return false;
			}
	return true;
}

void sockets_close_others(struct sockets **all, const struct config *c)
{
	for (struct sockets *s = *all; s; s = s->next)
		s->wanted = false;
	for (size_t i = 0; i < c->listener_count; i++)
		sockets_of(*all, c->listeners[i].address)->wanted = true;
	for (struct sockets **at = all; *at;) {
		struct sockets *s = *at;
		if (s->wanted) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		close_sockets(s);
	}
}

void sockets_close(struct sockets **all)
{
	while (*all) {
		struct sockets *s = *all;
		*all = s->next;
		close_sockets(s);
	}
}

bool address_is_local(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strncmp(address, "[::1]:", 6) == 0 || strncmp(address, "localhost:", 10) == 0;
}
