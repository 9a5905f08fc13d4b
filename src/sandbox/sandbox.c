#include "sandbox/sandbox.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "sandbox/channel.h"
#include "sandbox/confine.h"

enum { QUEUE = 8, WORKERS_MOST = 64 };

struct queued {
	uint64_t ticket;
	int fd;
	struct bytes request;
};

struct worker {
	int channel;                /* 0 before it was started */
	pid_t pid;
	struct queued queue[QUEUE]; /* a ring: `count` from `first` on, of which `sent` are on their way */
	size_t first, count, sent;
	int64_t since_ms;           /* when the first one became the first */
};

struct sandbox {
	struct sandbox_settings settings;
	int zygote;                 /* its channel */
	pid_t zygote_pid;
	struct worker workers[WORKERS_MOST];
	unsigned gaps;
	char gap_text[160], cause[120];
	unsigned char *buffer;
};

/* ---- inside a worker ---- */

static _Noreturn void serve(const struct sandbox_settings *settings, int channel)
{
	static unsigned char request[SANDBOX_REQUEST_MOST];
	struct text reply;
#ifndef __SANITIZE_ADDRESS__
	close_range(0, 2, 0);           /* a terminal or a log is no place for hostile bytes */
#endif
	unsigned gaps = confine(CONFINE_TO_BYTES, settings->memory);

	text_init(&reply, NULL);
	if (!channel_send(channel, -1, gaps, BYTES("")))
		_exit(1);
	for (;;) {
		struct message m;
		if (!channel_receive(channel, request, sizeof request, &m))
			_exit(0);
		text_clear(&reply);
		settings->work(m.fd, m.body, &reply, settings->context);
		if (m.fd >= 0)
			close(m.fd);
		if (!channel_send(channel, -1, m.ticket, text_bytes(&reply)))
			_exit(1);
	}
}

/* ---- inside the zygote ---- */

enum { ASK_SPAWN = 1, ASK_REAP = 2 };   /* low bits of a ticket to the zygote; the pid stands above */

static void keep_only(int fd)
{
	if (fd > 3)
		close_range(3, (unsigned)fd - 1, 0);
	close_range((unsigned)fd + 1, ~0u, 0);
}

static void spawn(const struct sandbox_settings *settings, int control)
{
	int pair[2];

	if (!channel_make(pair)) {
		channel_send(control, -1, 0, BYTES(""));
		return;
	}
	pid_t pid = fork();
	if (pid == 0) {
		keep_only(pair[1]);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(settings, pair[1]);
	}
	close(pair[1]);
	channel_send(control, pid > 0 ? pair[0] : -1, pid > 0 ? (uint64_t)pid : 0, BYTES(""));
	close(pair[0]);
}

static _Noreturn void be_zygote(const struct sandbox_settings *settings, int control)
{
	unsigned char none[1];

	keep_only(control);
	for (int s = 1; s < NSIG; s++)          /* an interrupt is for the parent, which ends us */
		if (s == SIGINT || s == SIGTERM || s == SIGHUP || s == SIGPIPE)
			signal(s, SIG_IGN);
	for (;;) {
		struct message m;
		int status = 0;
		if (!channel_receive(control, none, sizeof none, &m)) {
			while (wait(NULL) > 0)          /* the workers end when their own channels close */
				;
			_exit(0);
		}
		if ((m.ticket & 3) == ASK_SPAWN) {
			spawn(settings, control);
		} else {
			waitpid((pid_t)(m.ticket >> 2), &status, 0);
			channel_send(control, -1, (uint64_t)(unsigned)status, BYTES(""));
		}
	}
}

/* ---- outside ---- */

static bool ask_zygote(struct sandbox *s, uint64_t question, struct message *answer)
{
	return channel_send(s->zygote, -1, question, BYTES("")) && channel_receive(s->zygote, s->buffer, SANDBOX_REPLY_MOST, answer);
}

static bool start_worker(struct sandbox *s, struct worker *w)
{
	struct message m, hello;

	w->channel = -1;
	if (!ask_zygote(s, ASK_SPAWN, &m) || m.fd < 0)
		return false;
	w->channel = m.fd;
	w->pid = (pid_t)m.ticket;
	if (!channel_receive(w->channel, s->buffer, SANDBOX_REPLY_MOST, &hello))
		return false;
	s->gaps |= (unsigned)hello.ticket;
	return true;
}

struct sandbox *sandbox_create(const struct sandbox_settings *settings)
{
	struct sandbox *s = calloc(1, sizeof *s);
	int pair[2];

	if (!s || !(s->buffer = malloc(SANDBOX_REPLY_MOST)) || !channel_make(pair))
		abort();
	s->settings = *settings;
	if (s->settings.workers > WORKERS_MOST)
		s->settings.workers = WORKERS_MOST;
	s->zygote = pair[0];
	s->zygote_pid = fork();
	if (s->zygote_pid == 0)
		be_zygote(&s->settings, pair[1]);
	close(pair[1]);
	if (s->zygote_pid < 0 || !start_worker(s, &s->workers[0])) {
		sandbox_destroy(s);
		return NULL;
	}
	confine_describe(s->gaps, s->gap_text, sizeof s->gap_text);
	return s;
}

void sandbox_destroy(struct sandbox *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < s->settings.workers; i++)
		if (s->workers[i].channel > 0)
			close(s->workers[i].channel);
	close(s->zygote);
	if (s->zygote_pid > 0)
		waitpid(s->zygote_pid, NULL, 0);
	free(s->buffer);
	free(s);
}

const char *sandbox_gap(const struct sandbox *s)
{
	return s->gaps ? s->gap_text : NULL;
}

/* ---- jobs ---- */

/* What fits its channel: nobody waits for a worker that may be waiting for us. A dead one is noticed at its answer. */
static void send_jobs(struct worker *w)
{
	while (w->sent < w->count) {
		const struct queued *q = &w->queue[(w->first + w->sent) % QUEUE];
		if (!channel_offer(w->channel, q->fd, q->ticket, q->request))
			return;
		w->sent++;
	}
}

/* The one with the least to do; before one has two jobs, another is started. */
static struct worker *idlest(struct sandbox *s)
{
	struct worker *best = NULL;

	for (unsigned i = 0; i < s->settings.workers; i++) {
		struct worker *w = &s->workers[i];
		if (w->channel <= 0 && best && best->count == 0)
			return best;
		if (w->channel <= 0 && !start_worker(s, w))
			return best;
		if (w->count < QUEUE && (!best || w->count < best->count))
			best = w;
	}
	return best;
}

bool sandbox_submit(struct sandbox *s, uint64_t ticket, int fd, struct bytes request)
{
	struct worker *w = idlest(s);

	if (!w)
		return false;
	w->queue[(w->first + w->count) % QUEUE] = (struct queued){.ticket = ticket, .fd = fd, .request = request};
	if (w->count++ == 0)
		w->since_ms = time_monotonic_ms();
	send_jobs(w);
	return true;
}

static struct queued pop_job(struct worker *w)
{
	struct queued q = w->queue[w->first];

	w->first = (w->first + 1) % QUEUE;
	w->count--;
	w->sent--;
	w->since_ms = time_monotonic_ms();
	return q;
}

static const char *cause_of(struct sandbox *s, int status)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return "the worker asked for a system call it may not make";
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS)
		return "the file shrank while it was read";
	if (WIFSIGNALED(status))
		snprintf(s->cause, sizeof s->cause, "the worker was ended by signal %d", WTERMSIG(status));
	else
		snprintf(s->cause, sizeof s->cause, "the worker ended with status %d", WEXITSTATUS(status));
	return s->cause;
}

/* The first job is the one that ended the worker, if it was sent; the others go to its successor. */
static struct sandbox_result replace_worker(struct sandbox *s, struct worker *w, bool timed_out)
{
	struct sandbox_result r = {.end = SANDBOX_NOTHING};
	struct message m = {0};

	if (w->sent > 0 || timed_out)
		r = (struct sandbox_result){.end = timed_out ? SANDBOX_TIMED_OUT : SANDBOX_DIED, .ticket = pop_job(w).ticket};
	close(w->channel);
	kill(w->pid, SIGKILL);
	ask_zygote(s, (uint64_t)w->pid << 2 | ASK_REAP, &m);
	r.cause = timed_out ? "it took longer than the time allowed" : cause_of(s, (int)m.ticket);
	if (!start_worker(s, w))
		abort();        /* without workers nothing can be examined, and nothing must look as if it were */
	w->sent = 0;
	send_jobs(w);
	return r;
}

/* Milliseconds until the first job runs out of patience; -1 when none is under way. */
static int64_t until_impatient(const struct sandbox *s)
{
	int64_t now = time_monotonic_ms(), soonest = -1;

	for (unsigned i = 0; i < s->settings.workers; i++) {
		const struct worker *w = &s->workers[i];
		if (w->count == 0)
			continue;
		int64_t left = w->since_ms + s->settings.patience_ms - now;
		left = left < 0 ? 0 : left;
		soonest = soonest < 0 || left < soonest ? left : soonest;
	}
	return soonest;
}

static struct sandbox_result take_reply(struct sandbox *s, struct worker *w)
{
	struct message m;

	if (!channel_receive(w->channel, s->buffer, SANDBOX_REPLY_MOST, &m) || m.ticket != w->queue[w->first].ticket)
		return replace_worker(s, w, false);
	pop_job(w);
	send_jobs(w);
	return (struct sandbox_result){.end = SANDBOX_REPLIED, .ticket = m.ticket, .reply = m.body};
}

static struct worker *impatient_worker(struct sandbox *s)
{
	int64_t now = time_monotonic_ms();

	for (unsigned i = 0; i < s->settings.workers; i++)
		if (s->workers[i].count > 0 && now - s->workers[i].since_ms >= s->settings.patience_ms)
			return &s->workers[i];
	return NULL;
}

struct sandbox_result sandbox_wait(struct sandbox *s, int wait_ms)
{
	struct pollfd polls[WORKERS_MOST];
	int64_t patience = until_impatient(s);

	if (patience < 0)
		return (struct sandbox_result){.end = SANDBOX_NOTHING};
	for (unsigned i = 0; i < s->settings.workers; i++)
		polls[i] = (struct pollfd){.fd = s->workers[i].count > 0 ? s->workers[i].channel : -1, .events = POLLIN};
	int wait = wait_ms < 0 || wait_ms > patience ? (int)patience : wait_ms;
	int ready = poll(polls, s->settings.workers, wait);
	for (unsigned i = 0; ready > 0 && i < s->settings.workers; i++)
		if (polls[i].revents)
			return take_reply(s, &s->workers[i]);
	struct worker *late = impatient_worker(s);
	if (late)
		return replace_worker(s, late, true);
	return (struct sandbox_result){.end = SANDBOX_NOTHING};
}
