#include "gateway/steward.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/connection.h"
#include "gateway/halt.h"
#include "gateway/http.h"
#include "gateway/metrics.h"
#include "sandbox/confine.h"

enum { LOOK_MS = 25, PATIENCE_MS = 5000, BACKLOG = 16, MEMORY_MOST = 256 << 20, BODY_MOST = HOLD_NOTE_MOST };

struct steward {
	const struct steward_start *start;
	struct loop *loop;
	struct watch listener;
	struct decisions decisions;
	struct timer look;
	bool ends;
	unsigned asking;            /* visitors who have no answer yet */
	struct visitor *watcher;    /* one of them is about to be shown what waits; or NULL */
};

struct visitor {
	struct steward *steward;
	struct connection connection;
	struct http_reader reader;
	struct timer patience;
	struct text body;
	uid_t uid;                  /* of the process at the other end */
	bool answered;
};

/* ---- answers ---- */

static unsigned write_ready(struct shared *s, struct text *out)
{
	const char *why;
	bool ready = gateway_is_ready(s, &why);

	text_addf(out, "%s\n", why);
	return ready ? 200 : 503;
}

static unsigned get(struct steward *s, struct bytes path, struct text *out)
{
	struct shared *shared = s->start->shared;

	if (bytes_same(path, "/readyz"))
		return write_ready(shared, out);
	if (bytes_same(path, "/healthz")) {
		text_add_string(out, "alive\n");
		return 200;
	}
	if (bytes_same(path, "/holds")) {
		decisions_list(&s->decisions, out);
		return 200;
	}
	if (!bytes_same(path, "/metrics"))
		return 404;
	metrics_write(s->start->config, shared, s->start->holds, out);
	return 200;
}

static unsigned post(struct visitor *v, struct bytes path, struct text *out)
{
	struct shared *shared = v->steward->start->shared;

	if (bytes_same(path, "/shows"))
		return decisions_show(&v->steward->decisions, v->uid, text_bytes(&v->body), out);
	if (bytes_same(path, "/decisions"))
		return decisions_enter(&v->steward->decisions, v->uid, text_bytes(&v->body), out);
	if (bytes_same(path, "/halt")) {
		atomic_store(&shared->halt_asked, 1);
		halt_now(shared);       /* workers need not wait for the supervisor */
		text_add_string(out, "halted\n");
	} else if (bytes_same(path, "/go-on")) {
		atomic_store(&shared->halt_asked, 0);
		text_add_string(out, "goes on, unless the file or the signal says otherwise\n");
	} else if (bytes_same(path, "/reload")) {
		atomic_store(&shared->reload_asked, 1);
		text_add_string(out, "the configuration is read again; the log says with what result\n");
	} else {
		return 404;
	}
	return 200;
}

/* What content went through here does not stay. */
static void finish_wiped(struct text *t)
{
	if (t->at)
		explicit_bzero(t->at, t->room);
	text_finish(t);
}

static void respond(struct visitor *v, unsigned status, struct text *body)
{
	struct text head;

	v->answered = true;
	v->steward->asking--;
	text_init(&head, NULL);
	if (status >= 400 && body->len == 0)
		text_addf(body, "%s\n", http_reason(status));
	text_addf(&head, "HTTP/1.1 %u %s\r\nContent-Type: " METRICS_TYPE "\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n", status, http_reason(status), body->len);
	connection_send(&v->connection, text_bytes(&head));
	connection_send(&v->connection, text_bytes(body));
	text_finish(&head);
	connection_finish(&v->connection);
}

static void answer(struct visitor *v)
{
	const struct http_head *h = &v->reader.head;
	struct text body;

	text_init(&body, NULL);
	unsigned status = bytes_same(h->method, "GET") ? get(v->steward, h->path, &body) : bytes_same(h->method, "POST") ? post(v, h->path, &body) : 405;
	if (status)
		respond(v, status, &body);
	else
		v->steward->watcher = v;
	text_finish(&body);
}

/* Who has asked to be shown what waits is, once it is there. */
static void look_for_watcher(struct steward *s)
{
	struct visitor *v = s->watcher;
	struct text body;

	if (!v)
		return;
	text_init(&body, NULL);
	unsigned status = decisions_look(&s->decisions, &body);
	if (status) {
		s->watcher = NULL;
		respond(v, status, &body);
	}
	finish_wiped(&body);
}

/* ---- visitors ---- */

static void free_visitor(struct visitor *v)
{
	v->steward->asking -= !v->answered;
	if (v->steward->watcher == v) {
		decisions_show_no_more(&v->steward->decisions);
		v->steward->watcher = NULL;
	}
	timer_cancel(v->steward->loop, &v->patience);
	connection_close(&v->connection);
	http_reader_finish(&v->reader);
	text_finish(&v->body);
	loop_free_later(v->steward->loop, v);
}

static void input(struct connection *c, struct bytes in)
{
	struct visitor *v = c->owner;

	for (;;) {
		enum http_event event = http_next(&v->reader, &in);
		if (event == HTTP_NEEDS_MORE)
			return;
		if (event == HTTP_HAS_BODY)
			text_add(&v->body, v->reader.body);
		if (event == HTTP_IS_BAD || v->body.len > BODY_MOST) {
			free_visitor(v);
			return;
		}
		if (event == HTTP_IS_OVER || v->reader.complete) {
			answer(v);
			return;
		}
	}
}

static void gone(struct connection *c, const char *why)
{
	(void)why;
	free_visitor(c->owner);
}

static void too_slow(struct timer *t)
{
	free_visitor(t->owner);
}

static void welcome(struct watch *w, uint32_t events)
{
	struct steward *s = w->owner;
	int fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t len = sizeof peer;

	(void)events;
	if (fd < 0)
		return;
	/* The mode of the socket says so already; a folder that was copied or shared may not. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || (peer.uid != s->decisions.own && peer.uid != 0)) {
		close(fd);
		return;
	}
	struct visitor *v = calloc(1, sizeof *v);
	if (!v)
		abort();
	v->steward = s;
	v->uid = peer.uid;
	s->asking++;
	text_init(&v->body, NULL);
	http_reader_init(&v->reader, HTTP_REQUESTS);
	v->connection.owner = v;
	v->connection.input = input;
	v->connection.gone = gone;
	v->patience = (struct timer){.due = too_slow, .owner = v};
	connection_open(&v->connection, s->loop, fd, NULL, false);
	timer_set(s->loop, &v->patience, PATIENCE_MS);
}

/* The supervisor looks too, but may be reading a configuration and waiting for the network. */
static void look(struct timer *t)
{
	struct steward *s = t->owner;
	struct shared *shared = s->start->shared;

	if (halt_file_is_there(s->start->halt) && !atomic_load(&shared->halted))
		halt_now(shared);
	look_for_watcher(s);
	/* Who comes now waits for the next one; who is in the middle of asking has one more look's time. */
	if (s->ends)
		loop_stop(s->loop);
	s->ends = atomic_load(&shared->stewards) != s->start->number;
	if (s->ends)
		loop_watch(s->loop, &s->listener, 0);
	if (s->ends && s->asking == 0)
		loop_stop(s->loop);
	timer_set(s->loop, t, LOOK_MS);
}

int steward_listen(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof address.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	unlink(path);
	mode_t before = umask(0177);
	bool good = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, BACKLOG) == 0;
	umask(before);
	if (good)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

int steward_run(const struct steward_start *start)
{
	struct steward s = {.start = start, .loop = loop_create(), .decisions = {.holds = start->holds, .shared = start->shared, .terms = &start->config->holds}};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	decisions_open(&s.decisions, s.loop, start->recorder);
	s.listener = (struct watch){.fd = start->listener, .ready = welcome, .owner = &s};
	loop_watch(s.loop, &s.listener, EPOLLIN);
	s.look = (struct timer){.due = look, .owner = &s};
	timer_set(s.loop, &s.look, LOOK_MS);
	confine(CONFINE_TO_SOCKETS, MEMORY_MOST);
	loop_run(s.loop);
	return 0;
}
