#include "gateway/gateway.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "gateway/session.h"
#include "syntax/json.h"

enum { WORKERS_MOST = 64, BACKLOG = 1024, LOOK_MS = 50, SECRET_MOST = 8192, ACCEPTS_A_TURN = 64 };

struct gateway {
	const struct gateway_settings *settings;
	struct shared *shared;
	struct upstream upstream;
	struct keys keys;
	struct addrinfo *address;
	unsigned workers;
	int listeners[WORKERS_MOST];
	int recorders[WORKERS_MOST + 1][2];     /* the last is the supervisor's own */
	pid_t recorder, pids[WORKERS_MOST];
};

/* ---- a worker ---- */

struct worker {
	struct door door;
	struct watch listener, signals;
	struct timer look;
	bool halted;
};

static void accept_some(struct watch *w, uint32_t events)
{
	struct worker *worker = w->owner;
	int one = 1;

	(void)events;
	for (unsigned i = 0; i < ACCEPTS_A_TURN; i++) {
		int fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		session_open(&worker->door, fd, NULL);
	}
}

static void leave(struct worker *w)
{
	loop_forget(w->door.loop, &w->listener);
	close(w->listener.fd);
	w->listener.fd = -1;
	sessions_leave(&w->door);
}

/* Now and then, and at once on a signal: is there something everybody has to do? */
static void look(struct worker *w)
{
	bool halted = atomic_load(&w->door.shared->halted);

	if (halted && !w->halted)
		sessions_halt(&w->door, "the gateway was halted by its operator");
	w->halted = halted;
	if (!atomic_load(&w->door.shared->leaving))
		return;
	if (w->listener.fd >= 0)
		leave(w);
	if (w->door.session_count == 0)
		loop_stop(w->door.loop);
}

static void look_by_time(struct timer *t)
{
	struct worker *w = t->owner;

	look(w);
	timer_set(w->door.loop, t, LOOK_MS);
}

static int work(struct gateway *g, unsigned number)
{
	struct worker *w = calloc(1, sizeof *w);

	if (!w)
		abort();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGTERM, SIG_IGN);       /* the supervisor tells when to leave */
	signal(SIGINT, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	w->door = (struct door){.loop = loop_create(), .shared = g->shared, .upstream = &g->upstream, .keys = &g->keys};
	recorder_open(&w->door.recorder, w->door.loop, g->recorders[number][1], g->shared);
	upstream_begin(&g->upstream, w->door.loop);
	w->listener = (struct watch){.fd = g->listeners[number], .ready = accept_some, .owner = w};
	loop_watch(w->door.loop, &w->listener, EPOLLIN);
	w->look = (struct timer){.due = look_by_time, .owner = w};
	timer_set(w->door.loop, &w->look, LOOK_MS);
	loop_run(w->door.loop);
	recorder_close(&w->door.recorder);
	upstream_finish(&g->upstream);
	loop_destroy(w->door.loop);
	free(w);
	return 0;
}

/* ---- starting ---- */

static bool read_address(struct gateway *g)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	const char *given = g->settings->listen, *colon = strrchr(given, ':');
	char host[256];

	if (!colon || (size_t)(colon - given) >= sizeof host) {
		log_error("--listen: \"%s\" is no HOST:PORT", given);
		return false;
	}
	bool bracket = given[0] == '[' && colon > given + 1 && colon[-1] == ']';
	snprintf(host, sizeof host, "%.*s", (int)(colon - given) - (bracket ? 2 : 0), given + (bracket ? 1 : 0));
	int failed = getaddrinfo(host, colon + 1, &hints, &g->address);
	if (failed)
		log_error("--listen: \"%s\": %s", given, gai_strerror(failed));
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

static bool open_sockets(struct gateway *g)
{
	for (unsigned i = 0; i < g->workers; i++) {
		g->listeners[i] = bind_to(g->address);
		if (g->listeners[i] < 0) {
			log_error("--listen: \"%s\": %m", g->settings->listen);
			return false;
		}
	}
	for (unsigned i = 0; i <= g->workers; i++)
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, g->recorders[i]) != 0) {
			log_error("gateway: %m");
			return false;
		}
	return true;
}

static bool read_upstream_key(struct gateway *g)
{
	struct text t;

	if (!g->settings->upstream_key)
		return true;
	text_init(&t, NULL);
	text_add_string(&t, "Bearer ");
	bool good = file_read(g->settings->upstream_key, SECRET_MOST, &t) == STATUS_OK;
	while (t.len > 0 && (unsigned char)t.at[t.len - 1] <= ' ')
		t.len--;
	if (good)
		g->upstream.authorization = strdup(text_string(&t));
	else
		log_error("%s: cannot be read: %m", g->settings->upstream_key);
	if (t.at)
		explicit_bzero(t.at, t.room);
	text_finish(&t);
	return good;
}

static bool start_recorder(struct gateway *g)
{
	int ready[2], sockets[WORKERS_MOST + 1];
	char byte;

	if (pipe(ready) != 0)
		return false;
	g->recorder = fork();
	if (g->recorder == 0) {
		close(ready[0]);
		for (unsigned i = 0; i < g->workers; i++)
			close(g->listeners[i]);
		for (unsigned i = 0; i <= g->workers; i++) {
			close(g->recorders[i][1]);
			sockets[i] = g->recorders[i][0];
		}
		_exit(recorder_run(g->settings->ledger, sockets, g->workers + 1, ready[1], g->shared));
	}
	close(ready[1]);
	bool good = g->recorder > 0 && read(ready[0], &byte, 1) == 1;
	close(ready[0]);
	return good;
}

static bool make_keys(struct gateway *g)
{
	char path[4096];
	bool made;

	snprintf(path, sizeof path, "%s/key", g->settings->ledger);
	const char *why = keys_first(&g->keys, path, &made);
	if (why)
		log_error("%s: %s", path, why);
	else if (made)
		log_note("gateway: the first key was made and lies in %s; callers send it as \"Authorization: Bearer KEY\"", path);
	return !why;
}

static void start_worker(struct gateway *g, unsigned i)
{
	g->pids[i] = fork();
	if (g->pids[i] != 0)
		return;
	for (unsigned k = 0; k <= g->workers; k++) {
		close(g->recorders[k][0]);
		if (k == i)
			continue;
		close(g->recorders[k][1]);
		if (k < g->workers)
			close(g->listeners[k]);
	}
	_exit(work(g, i));
}

/* ---- watching over them ---- */

static void note(struct gateway *g, const char *what)
{
	struct recorder r;
	struct loop *loop = loop_create();
	struct text body;

	recorder_open(&r, loop, dup(g->recorders[g->workers][1]), g->shared);
	text_init(&body, NULL);
	text_add_byte(&body, '{');
	text_add_member(&body, "listen", bytes_of(g->settings->listen));
	text_add_member(&body, "upstream", bytes_of(g->settings->upstream));
	text_add_member(&body, "what", bytes_of(what));
	text_add_byte(&body, '}');
	recorder_note(&r, text_bytes(&body));
	text_finish(&body);
	recorder_close(&r);
	loop_destroy(loop);
}

static void set_halted(struct gateway *g, bool halted)
{
	if (atomic_exchange(&g->shared->halted, halted) == halted)
		return;
	note(g, halted ? "halted" : "let go on");
	log_warning("gateway: %s", halted ? "HALTED; every exchange is refused" : "goes on");
}

/* A child has ended: false when the gateway cannot go on. */
static bool reap(struct gateway *g, bool leaving, unsigned *left)
{
	int status;

	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
		if (pid == g->recorder) {
			g->recorder = 0;
			if (!leaving)
				log_error("gateway: the process that keeps the evidence ended; nothing is let through without it");
			return false;
		}
		for (unsigned i = 0; i < g->workers; i++) {
			if (g->pids[i] != pid)
				continue;
			g->pids[i] = 0;
			(*left)--;
			if (!leaving)
				log_error("gateway: a worker ended (status %d)", status);
		}
	}
	return true;
}

static bool file_is_there(const char *folder, const char *name)
{
	char path[4096];
	struct stat about;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return stat(path, &about) == 0;
}

static int watch_over(struct gateway *g, int signals)
{
	struct pollfd poll_signals = {.fd = signals, .events = POLLIN};
	unsigned left = g->workers;
	bool leaving = false, by_signal = false, going = true;

	while (going && left > 0) {
		poll(&poll_signals, 1, LOOK_MS);
		struct signalfd_siginfo info;
		while (read(signals, &info, sizeof info) == sizeof info) {
			if (info.ssi_signo == SIGUSR1)
				by_signal = !by_signal;
			else if (info.ssi_signo != SIGCHLD && !leaving) {
				leaving = true;
				note(g, "ends");
				atomic_store(&g->shared->leaving, 1);
			}
		}
		set_halted(g, by_signal || file_is_there(g->settings->ledger, "halt"));
		going = reap(g, leaving, &left);
	}
	return leaving && left == 0 ? 0 : 2;
}

static int end(struct gateway *g, int status)
{
	int recorder = 0;

	for (unsigned i = 0; i < g->workers; i++)
		if (g->pids[i] > 0)
			kill(g->pids[i], SIGKILL);
	if (g->recorder > 0) {
		close(g->recorders[g->workers][1]);
		waitpid(g->recorder, &recorder, 0);
	}
	if (recorder != 0)
		status = 2;
	keys_finish(&g->keys);
	upstream_finish(&g->upstream);
	if (g->address)
		freeaddrinfo(g->address);
	free(g);
	return status;
}

static int take_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int gateway_run(const struct gateway_settings *settings)
{
	struct gateway *g = calloc(1, sizeof *g);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (!g)
		abort();
	g->settings = settings;
	g->shared = shared_create();
	g->workers = settings->workers ? settings->workers : cores < 1 ? 1 : cores > WORKERS_MOST ? WORKERS_MOST : (unsigned)cores;
	const char *why = upstream_init(&g->upstream, "default", settings->upstream);
	if (why) {
		log_error("--upstream: \"%s\": %s", settings->upstream, why);
		return end(g, 64);
	}
	if (!read_upstream_key(g) || !read_address(g))
		return end(g, 64);
	int signals = take_signals();
	if (!open_sockets(g) || !start_recorder(g) || !make_keys(g))
		return end(g, 2);
	for (unsigned i = 0; i < g->workers; i++)
		if (listen(g->listeners[i], BACKLOG) != 0)
			return end(g, 2);
	note(g, "begins");
	for (unsigned i = 0; i < g->workers; i++)
		start_worker(g, i);
	for (unsigned i = 0; i < g->workers; i++) {
		close(g->listeners[i]);
		close(g->recorders[i][0]);
		close(g->recorders[i][1]);  /* so that the recorder hears of a worker that dies */
	}
	close(g->recorders[g->workers][0]);
	log_note("gateway: listens on %s, in front of %s", settings->listen, settings->upstream);
	return end(g, watch_over(g, signals));
}
