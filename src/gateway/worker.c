#include "gateway/worker.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "gateway/hold.h"
#include "gateway/session.h"
#include "gateway/session_http2.h"
#include "gateway/signer.h"
#include "sandbox/confine.h"

#define MEMORY_MOST ((size_t)8 << 30)

enum { LOOK_MS = 25, ACCEPTS_A_TURN = 64, HANDSHAKE_MS = 10000 };

struct entrance {
	struct watch watch;
	struct worker *worker;
	const struct listener *listener;
};

struct worker {
	struct door door;
	unsigned generation;
	struct entrance *entrances;
	struct timer look;
	bool halted, left;
};

/* ---- callers over TLS: what they speak is known after the handshake ---- */

struct guest {
	struct client client;
	struct connection connection;
	struct timer patience;
};

static void free_guest(struct guest *g)
{
	struct loop *loop = g->client.door->loop;

	timer_cancel(loop, &g->patience);
	connection_close(&g->connection);
	door_remove(&g->client);
	loop_free_later(loop, g);
}

static void shaken(struct connection *c)
{
	struct guest *g = c->owner;
	struct door *door = g->client.door;
	SSL *ssl = c->ssl;
	int fd = connection_hand_over(c);

	free_guest(g);
	(tls_chose_http2(ssl) ? session_http2_open : session_open)(door, fd, ssl);
}

static void guest_gone(struct connection *c, const char *why)
{
	(void)why;
	free_guest(c->owner);
}

static void guest_late(struct timer *t)
{
	free_guest(t->owner);
}

static void guest_halted(struct client *c, const char *why)
{
	(void)why;
	free_guest((struct guest *)c);
}

/* In the middle of a handshake it has asked for nothing; once that is over it is told. */
static void guest_left(struct client *c, bool now)
{
	(void)c, (void)now;
}

static void receive_guest(struct door *door, int fd, const struct listener *l)
{
	struct guest *g = calloc(1, sizeof *g);
	SSL *ssl = SSL_new(l->context);

	if (!g || !ssl)
		abort();
	SSL_set_accept_state(ssl);
	g->client.halt = guest_halted;
	g->client.leave = guest_left;
	g->connection.owner = g;
	g->connection.made = shaken;
	g->connection.gone = guest_gone;
	g->patience = (struct timer){.due = guest_late, .owner = g};
	door_add(door, &g->client);
	connection_open(&g->connection, door->loop, fd, ssl, false);
	timer_set(door->loop, &g->patience, HANDSHAKE_MS);
}

static void accept_some(struct watch *w, uint32_t events)
{
	struct entrance *e = w->owner;
	int one = 1;

	(void)events;
	for (unsigned i = 0; i < ACCEPTS_A_TURN; i++) {
		int fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		shared_count(e->worker->door.shared, COUNT_CONNECTIONS, 1);
		if (e->listener->context)
			receive_guest(&e->worker->door, fd, e->listener);
		else
			session_open(&e->worker->door, fd, NULL);
	}
}

/* The sockets stay open elsewhere: who comes now is served by somebody else. */
static void leave(struct worker *w, bool now)
{
	for (size_t i = 0; !w->left && i < w->door.config->listener_count; i++) {
		loop_forget(w->door.loop, &w->entrances[i].watch);
		close(w->entrances[i].watch.fd);
		w->entrances[i].watch.fd = -1;
	}
	w->left = true;
	door_leave(&w->door, now);
}

/* Now and then: is there something everybody has to do? */
static void look(struct timer *t)
{
	struct worker *w = t->owner;
	struct shared *shared = w->door.shared;
	bool halted = atomic_load(&shared->halted), leaving = atomic_load(&shared->leaving);

	if (halted && !w->halted)
		door_halt(&w->door, "the gateway was halted by its operator");
	w->halted = halted;
	if (leaving || (!w->left && atomic_load(&shared->generation) != w->generation))
		leave(w, leaving);
	(leaving ? hold_refuse_all : hold_look)(&w->door);
	if (w->left && w->door.client_count == 0)
		loop_stop(w->door.loop);
	identity_take_up(w->door.config->identity);
	for (size_t i = 0; i < w->door.config->upstream_count; i++)
		upstream_take_up(&w->door.config->upstreams[i]);
	timer_set(w->door.loop, t, LOOK_MS);
}

static bool begin(struct worker *w, const struct worker_start *start)
{
	struct config *c = start->config;

	w->generation = start->generation;
	w->door = (struct door){.loop = loop_create(), .shared = start->shared, .board = start->board, .config = c, .number = start->number};
	if (!recorder_open(&w->door.recorder, w->door.loop, start->recorder, start->journal, start->shared)) {
		log_error("gateway: the journal of what is under way cannot be mapped: %m");
		return false;
	}
	for (size_t i = 0; i < c->upstream_count; i++) {
		const char *why = upstream_begin(&c->upstreams[i], w->door.loop, &w->door.holding);
		if (why) {
			log_error("gateway: upstream %s %s", c->upstreams[i].name, why);
			return false;
		}
	}
	if (start->signer >= 0 && !signer_use(c, start->signer, start->shared))
		return false;
	w->entrances = calloc(c->listener_count, sizeof *w->entrances);
	if (!w->entrances)
		abort();
	for (size_t i = 0; i < c->listener_count; i++) {
		struct entrance *e = &w->entrances[i];
		*e = (struct entrance){.worker = w, .listener = &c->listeners[i], .watch = {.fd = start->listeners[i], .ready = accept_some, .owner = e}};
		loop_watch(w->door.loop, &e->watch, EPOLLIN);
	}
	w->look = (struct timer){.due = look, .owner = w};
	timer_set(w->door.loop, &w->look, LOOK_MS);
	return true;
}

int worker_run(const struct worker_start *start)
{
	struct worker *w = calloc(1, sizeof *w);

	if (!w)
		abort();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGTERM, SIG_IGN);       /* the supervisor tells when to leave */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	bool good = begin(w, start);
	if (good) {
		/* From here on it reads what strangers send. */
		atomic_fetch_or(&start->shared->gaps, confine(CONFINE_TO_SOCKETS, MEMORY_MOST));
		loop_run(w->door.loop);
	}
	recorder_close(&w->door.recorder);
	text_finish(&w->door.evidence);
	config_destroy(start->config);
	loop_destroy(w->door.loop);
	free(w->entrances);
	free(w);
	return good ? 0 : 2;
}
