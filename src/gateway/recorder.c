#include "gateway/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "ledger/ledger.h"

enum message_kind { MESSAGE_BEGIN = 1, MESSAGE_END, MESSAGE_NOTE, MESSAGE_WORKER };
enum { BODY_MOST = 60 << 10, QUEUE_MOST = 8 << 20, SOCKETS_MOST = 513, COMMIT_AFTER = 4096 };

struct message {
	uint32_t kind;
	unsigned char id[EXCHANGE_ID], salt[SALT];
	/* the body follows */
};

/* ---- the process ---- */

struct open_exchange {
	unsigned char id[EXCHANGE_ID];
	struct text unfinished;
	unsigned worker;
	struct open_exchange *next;
};

enum { BUCKETS = 4096 };

struct keeping {
	struct ledger *ledger;
	struct shared *shared;
	int salts;
	struct open_exchange *open[BUCKETS];
	unsigned waiting;           /* records since the last commit */
	struct pollfd sockets[SOCKETS_MOST];    /* the first is the supervisor's */
	unsigned socket_count, open_count;
};

static struct open_exchange **find(struct keeping *k, const unsigned char id[EXCHANGE_ID])
{
	struct open_exchange **at = &k->open[((unsigned)id[0] << 8 | id[1]) % BUCKETS];

	while (*at && memcmp((*at)->id, id, EXCHANGE_ID) != 0)
		at = &(*at)->next;
	return at;
}

static void drop(struct open_exchange **at)
{
	struct open_exchange *x = *at;

	*at = x->next;
	text_finish(&x->unfinished);
	free(x);
}

/* From here on nothing is let through until somebody looks. */
static void lose(struct keeping *k, const char *why)
{
	if (!atomic_exchange(&k->shared->ledger_lost, 1))
		log_error("gateway: evidence cannot be kept (%s); every request is refused until it can", why);
}

static void append(struct keeping *k, enum record_kind kind, struct bytes body)
{
	if (!ledger_append(k->ledger, kind, body))
		lose(k, ledger_error(k->ledger));
	k->waiting++;
	shared_count(k->shared, COUNT_RECORDS, 1);
}

static void commit(struct keeping *k)
{
	if (k->waiting == 0)
		return;
	if (!ledger_commit(k->ledger) || fdatasync(k->salts) != 0) {
		lose(k, ledger_error(k->ledger));
		return;
	}
	k->waiting = 0;
	if (atomic_exchange(&k->shared->ledger_lost, 0))
		log_note("gateway: evidence is kept again");
}

static void take(struct keeping *k, unsigned worker, const struct message *m, struct bytes body)
{
	struct open_exchange **at = find(k, m->id);

	if (m->kind == MESSAGE_BEGIN && !*at) {
		struct open_exchange *x = calloc(1, sizeof *x);
		if (!x)
			abort();
		memcpy(x->id, m->id, EXCHANGE_ID);
		x->worker = worker;
		text_init(&x->unfinished, NULL);
		text_add(&x->unfinished, body);
		*at = x;
	} else if (m->kind == MESSAGE_END) {
		unsigned char line[EXCHANGE_ID + SALT];
		memcpy(line, m->id, EXCHANGE_ID);
		memcpy(line + EXCHANGE_ID, m->salt, SALT);
		if (write(k->salts, line, sizeof line) != sizeof line)
			lose(k, "the file of salts cannot be written");
		if (*at)
			drop(at);
		append(k, RECORD_EXCHANGE, body);
	} else if (m->kind == MESSAGE_NOTE) {
		append(k, RECORD_GATEWAY, body);
	}
}

/* What was under way in a worker that is gone. */
static void end_worker(struct keeping *k, unsigned worker)
{
	for (unsigned i = 0; i < BUCKETS; i++)
		for (struct open_exchange **at = &k->open[i]; *at;) {
			if ((*at)->worker != worker) {
				at = &(*at)->next;
				continue;
			}
			append(k, RECORD_EXCHANGE, text_bytes(&(*at)->unfinished));
			drop(at);
		}
}

static void add_socket(struct keeping *k, int fd)
{
	unsigned i = 0;

	while (i < k->socket_count && k->sockets[i].fd >= 0)
		i++;
	if (i == SOCKETS_MOST)
		abort();
	k->sockets[i] = (struct pollfd){.fd = fd, .events = POLLIN};
	k->socket_count += i == k->socket_count;
	k->open_count++;
}

/* As recv(); a descriptor that comes along is a new worker's. */
static ssize_t receive_message(struct keeping *k, int fd, void *into, size_t room)
{
	union { struct cmsghdr header; char bytes[CMSG_SPACE(sizeof(int))]; } control;
	struct iovec part = {.iov_base = into, .iov_len = room};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	int worker;

	if (c && c->cmsg_type == SCM_RIGHTS && fd == k->sockets[0].fd) {
		memcpy(&worker, CMSG_DATA(c), sizeof worker);
		add_socket(k, worker);
	}
	return n;
}

/* False when the other side is gone. */
static bool receive(struct keeping *k, unsigned number)
{
	static union { struct message m; unsigned char bytes[sizeof(struct message) + BODY_MOST]; } in;
	int fd = k->sockets[number].fd;

	for (unsigned i = 0; i < COMMIT_AFTER; i++) {
		ssize_t n = receive_message(k, fd, &in, sizeof in);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n < (ssize_t)sizeof in.m)
			return false;
		take(k, number, &in.m, (struct bytes){in.bytes + sizeof in.m, (size_t)n - sizeof in.m});
	}
	return true;
}

bool recorder_introduce(int supervisor, int socket)
{
	union { struct cmsghdr header; char bytes[CMSG_SPACE(sizeof(int))]; } control = {0};
	struct message introduction = {.kind = MESSAGE_WORKER};
	struct iovec part = {.iov_base = &introduction, .iov_len = sizeof introduction};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	*c = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
	memcpy(CMSG_DATA(c), &socket, sizeof socket);
	/* Room comes: the recorder reads. */
	for (unsigned tries = 0; tries < 1000; tries++) {
		if (sendmsg(supervisor, &m, MSG_NOSIGNAL) >= 0)
			return true;
		if (errno != EAGAIN && errno != EINTR)
			return false;
		usleep(1000);
	}
	return false;
}

static bool open_all(struct keeping *k, const char *directory)
{
	char path[4096], why[300];

	k->ledger = ledger_open(directory, LEDGER_APPEND, why, sizeof why);
	if (!k->ledger) {
		log_error("%s: %s", directory, why);
		return false;
	}
	snprintf(path, sizeof path, "%s/salts", directory);
	k->salts = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (k->salts < 0)
		log_error("%s: %m", path);
	return k->salts >= 0;
}

static void keep(struct keeping *k)
{
	while (k->open_count > 0) {
		/* What could not be committed is tried again every second. */
		if (poll(k->sockets, k->socket_count, k->waiting ? 1000 : -1) < 0 && errno != EINTR)
			abort();
		for (unsigned i = 0; i < k->socket_count; i++) {
			if (k->sockets[i].fd < 0 || !k->sockets[i].revents || receive(k, i))
				continue;
			end_worker(k, i);
			close(k->sockets[i].fd);
			k->sockets[i].fd = -1;
			k->open_count--;
		}
		commit(k);
	}
}

int recorder_run(const char *directory, int supervisor, int ready_fd, struct shared *shared)
{
	struct keeping *k = calloc(1, sizeof *k);

	signal(SIGTERM, SIG_IGN);       /* it ends when the last worker has */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (!k)
		abort();
	k->shared = shared;
	if (!open_all(k, directory))
		return 2;
	if (write(ready_fd, "r", 1) != 1)
		return 2;
	close(ready_fd);
	add_socket(k, supervisor);
	keep(k);
	ledger_close(k->ledger);
	int status = atomic_load(&shared->ledger_lost) ? 2 : 0;
	free(k);
	return status;
}

/* ---- a worker's end ---- */

static void flush(struct recorder *r)
{
	while (r->sent < r->queue.len) {
		uint32_t len;
		memcpy(&len, r->queue.at + r->sent, sizeof len);
		ssize_t n = send(r->watch.fd, r->queue.at + r->sent + sizeof len, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)) {
			loop_watch(r->loop, &r->watch, EPOLLOUT);
			return;
		}
		if (n < 0) {
			atomic_store(&r->shared->ledger_lost, 1);
			break;
		}
		r->sent += sizeof len + len;
	}
	text_clear(&r->queue);
	r->sent = 0;
	loop_watch(r->loop, &r->watch, 0);
}

static void ready(struct watch *w, uint32_t events)
{
	(void)events;
	flush(w->owner);
}

void recorder_open(struct recorder *r, struct loop *loop, int fd, struct shared *shared)
{
	*r = (struct recorder){.loop = loop, .shared = shared, .watch = {.fd = fd, .ready = ready, .owner = r}};
	text_init(&r->queue, NULL);
}

void recorder_close(struct recorder *r)
{
	flush(r);
	loop_forget(r->loop, &r->watch);
	close(r->watch.fd);
	text_finish(&r->queue);
}

bool recorder_has_room(const struct recorder *r)
{
	return r->queue.len - r->sent < QUEUE_MOST && !atomic_load(&r->shared->ledger_lost);
}

static void hand_over(struct recorder *r, const struct message *m, struct bytes body)
{
	body.len = body.len < BODY_MOST ? body.len : BODY_MOST;
	uint32_t len = (uint32_t)(sizeof *m + body.len);

	text_add(&r->queue, (struct bytes){(const unsigned char *)&len, sizeof len});
	text_add(&r->queue, (struct bytes){(const unsigned char *)m, sizeof *m});
	text_add(&r->queue, body);
	flush(r);
}

void recorder_begin(struct recorder *r, const unsigned char id[EXCHANGE_ID], struct bytes unfinished)
{
	struct message m = {.kind = MESSAGE_BEGIN};

	memcpy(m.id, id, sizeof m.id);
	hand_over(r, &m, unfinished);
}

void recorder_end(struct recorder *r, const unsigned char id[EXCHANGE_ID], const unsigned char salt[SALT], struct bytes body)
{
	struct message m = {.kind = MESSAGE_END};

	memcpy(m.id, id, sizeof m.id);
	memcpy(m.salt, salt, sizeof m.salt);
	hand_over(r, &m, body);
}

void recorder_note(struct recorder *r, struct bytes body)
{
	struct message m = {.kind = MESSAGE_NOTE};

	hand_over(r, &m, body);
}
