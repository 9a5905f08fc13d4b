#include "gateway/recorder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/time.h"
#include "ledger/ledger.h"

enum message_kind { MESSAGE_END = 1, MESSAGE_NOTE, MESSAGE_APPROVAL, MESSAGE_WORKER, MESSAGE_WAKE };
enum { BODY_MOST = 60 << 10, QUEUE_MOST = 8 << 20, SOCKETS_MOST = 513, COMMIT_AFTER = 4096, LOOK_BACK = 1 << 16, DONE_MOST = 1 << 14, LOCK_TRIES = 20, ID_DIGITS = 2 * EXCHANGE_ID };
/* Records wait for each other a moment: one signature and one sync for all of them. What could not be kept is tried again every second. */
enum { GATHER_MS = 10, AGAIN_MS = 1000 };

struct message {
	uint32_t kind;
	int32_t place;              /* in the journal; -1: none */
	uint64_t number;            /* of a worker */
	unsigned char id[EXCHANGE_ID], salt[SALT];
	/* the body follows */
};

/* ---- the process ---- */

struct sender {
	uint64_t number;
	struct journal journal;     /* not mapped: the supervisor's */
};

/* A place that is given back once what was written is on the disk. */
struct done {
	unsigned sender, place;
};

struct keeping {
	const char *directory;
	struct ledger *ledger;
	struct shared *shared;
	int salts;
	struct text lines;          /* of the file of salts, not written yet */
	unsigned waiting;           /* records since the last commit */
	int64_t commit_at_ms;       /* of those; monotonic */
	struct pollfd sockets[SOCKETS_MOST];    /* the first is the supervisor's */
	struct sender senders[SOCKETS_MOST];
	unsigned socket_count, open_count;
	struct done done[DONE_MOST];
	unsigned done_count;
};

static void journal_path(char *out, size_t room, const char *directory, uint64_t number)
{
	snprintf(out, room, "%s/under-way.%016llx", directory, (unsigned long long)number);
}

int recorder_create_journal(const char *directory, uint64_t number)
{
	char path[4096];

	journal_path(path, sizeof path, directory, number);
	return journal_create(path);
}

void recorder_remove_journal(const char *directory, uint64_t number)
{
	char path[4096];

	journal_path(path, sizeof path, directory, number);
	unlink(path);
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
	if (k->waiting++ == 0)
		k->commit_at_ms = time_monotonic_ms() + GATHER_MS;
	shared_count(k->shared, COUNT_RECORDS, 1);
}

static void commit(struct keeping *k)
{
	if (k->waiting == 0)
		return;
	bool salted = salts_write(k->salts, &k->lines);
	if (!salted || !ledger_commit(k->ledger)) {
		lose(k, salted ? ledger_error(k->ledger) : "the file of salts cannot be written");
		k->commit_at_ms = time_monotonic_ms() + AGAIN_MS;
		return;
	}
	for (unsigned i = 0; i < k->done_count; i++)
		journal_give_back(&k->senders[k->done[i].sender].journal, k->done[i].place);
	k->waiting = k->done_count = 0;
	if (atomic_exchange(&k->shared->ledger_lost, 0))
		log_note("gateway: evidence is kept again");
}

static void append_exchange(struct keeping *k, const unsigned char id[EXCHANGE_ID], const unsigned char salt[SALT], struct bytes body)
{
	salts_add(&k->lines, id, salt);
	append(k, RECORD_EXCHANGE, body);
}

/* True when there is room for one more place to be given back. */
static bool has_room(struct keeping *k)
{
	if (k->done_count == DONE_MOST)
		commit(k);
	return k->done_count < DONE_MOST;
}

static void take(struct keeping *k, unsigned sender, const struct message *m, struct bytes body)
{
	if (m->kind == MESSAGE_NOTE)
		append(k, RECORD_GATEWAY, body);
	if (m->kind == MESSAGE_APPROVAL)
		append(k, RECORD_APPROVAL, body);
	if (m->kind != MESSAGE_END)
		return;
	append_exchange(k, m->id, m->salt, body);
	/* Where there is no room, because nothing can be kept now, the place stays taken. */
	if (m->place >= 0 && has_room(k))
		k->done[k->done_count++] = (struct done){sender, (unsigned)m->place};
}

/* What a worker has finished since. */
static void collect(struct keeping *k, unsigned sender)
{
	static struct place place;
	struct journal *j = &k->senders[sender].journal;

	for (int number; k->waiting < COMMIT_AFTER && has_room(k) && (number = journal_collect(j)) >= 0;) {
		if (!journal_read(j, (unsigned)number, PLACE_FINISHED, &place))
			continue;
		append_exchange(k, place.id, place.salt, (struct bytes){place.body, place.len});
		k->done[k->done_count++] = (struct done){sender, (unsigned)number};
	}
}

static void collect_all(struct keeping *k)
{
	for (unsigned i = 0; i < k->socket_count; i++)
		collect(k, i);
}

/* ---- what was under way ---- */

static bool wait_for_commit(struct keeping *k)
{
	commit(k);
	return k->waiting == 0;
}

/* What is not free in a journal; looked for in every record of late, so it is listed once. */
struct search {
	struct journal *journal;
	unsigned places[JOURNAL_PLACES];
	size_t count;
	struct text ids;            /* of those, in hexadecimal digits as records have them */
};

static void list_places(struct search *s)
{
	for (unsigned i = 0; i < JOURNAL_PLACES; i++) {
		const struct place *p = &s->journal->file->places[i];
		if (atomic_load(&p->state) == PLACE_FREE)
			continue;
		s->places[s->count++] = i;
		text_add_hex(&s->ids, (struct bytes){p->id, EXCHANGE_ID});
	}
}

static bool strike_out(void *context, uint64_t number, struct bytes record)
{
	const struct search *s = context;
	size_t at = bytes_find(record, BYTES(",\"id\":\""));
	struct bytes id = bytes_slice(record, at + 7, ID_DIGITS);

	(void)number;
	for (size_t i = 0; i < s->count; i++)
		if (bytes_equal(id, bytes_slice(text_bytes(&s->ids), i * ID_DIGITS, ID_DIGITS)))
			journal_give_back(s->journal, s->places[i]);
	return true;
}

/* Where the journal tells of something that is on record already: its recorder was killed after the commit, before it could say so. */
static void strike_out_recorded(struct keeping *k, struct journal *j)
{
	static struct search s;
	uint64_t size = 0;

	s = (struct search){.journal = j};
	list_places(&s);
	if (s.count > 0 && store_size(ledger_store(k->ledger), &size))
		store_each_record(ledger_store(k->ledger), size > LOOK_BACK ? size - LOOK_BACK : 0, strike_out, &s);
	text_finish(&s.ids);
}

/* A worker that died between two steps left both what was under way and how it ended. */
static void strike_out_finished(struct journal *j, const struct place *finished)
{
	uint32_t before = (uint32_t)finished->before;

	if (before < JOURNAL_PLACES && memcmp(j->file->places[before].id, finished->id, EXCHANGE_ID) == 0)
		journal_give_back(j, before);
}

static void append_places(struct keeping *k, struct journal *j, enum place_state state)
{
	static struct place place;

	for (unsigned i = 0; i < JOURNAL_PLACES; i++) {
		if (!journal_read(j, i, state, &place))
			continue;
		if (state == PLACE_FINISHED)
			strike_out_finished(j, &place);
		append_exchange(k, place.id, place.salt, (struct bytes){place.body, place.len});
	}
}

/* Nobody writes to it any more: what still stands in it goes on record. */
static void close_journal(struct keeping *k, struct journal *j, const char *path)
{
	strike_out_recorded(k, j);
	append_places(k, j, PLACE_FINISHED);
	append_places(k, j, PLACE_UNDER_WAY);
	/* Else the next recorder finds it. */
	if (wait_for_commit(k))
		unlink(path);
	journal_unmap(j);
}

/* Another sender may come to have that number: its places are not these. */
static void forget_done(struct keeping *k, unsigned sender)
{
	unsigned left = 0;

	for (unsigned i = 0; i < k->done_count; i++)
		if (k->done[i].sender != sender)
			k->done[left++] = k->done[i];
	k->done_count = left;
}

static void end_sender(struct keeping *k, unsigned number)
{
	struct sender *s = &k->senders[number];
	char path[4096];

	if (!s->journal.file)
		return;
	journal_path(path, sizeof path, k->directory, s->number);
	if (wait_for_commit(k))
		close_journal(k, &s->journal, path);
	forget_done(k, number);
	journal_unmap(&s->journal);
}

/* Of a gateway that was killed. */
static void read_leftovers(struct keeping *k)
{
	DIR *folder = opendir(k->directory);
	char path[4400];

	for (const struct dirent *e; folder && (e = readdir(folder)) != NULL;) {
		struct journal j;
		if (strncmp(e->d_name, "under-way.", 10) != 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", k->directory, e->d_name);
		int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
		if (fd >= 0 && journal_map(&j, fd))
			close_journal(k, &j, path);
		else
			log_error("%s: cannot be read, or is cut; what was under way in that worker is not on record", path);
		if (fd >= 0)
			close(fd);
	}
	if (folder)
		closedir(folder);
}

/* ---- the sockets ---- */

static void map_journal(struct keeping *k, struct sender *s)
{
	char path[4096];

	journal_path(path, sizeof path, k->directory, s->number);
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || !journal_map(&s->journal, fd))
		log_error("%s: cannot be read; what is under way in that worker would not be known should it die", path);
	if (fd >= 0)
		close(fd);
}

/* `number`: 0 for the supervisor, who has no journal. */
static void add_socket(struct keeping *k, int fd, uint64_t number)
{
	unsigned i = 0;

	while (i < k->socket_count && k->sockets[i].fd >= 0)
		i++;
	if (i == SOCKETS_MOST)
		abort();
	k->sockets[i] = (struct pollfd){.fd = fd, .events = POLLIN};
	k->senders[i] = (struct sender){.number = number};
	if (number)
		map_journal(k, &k->senders[i]);
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
		add_socket(k, worker, ((const struct message *)into)->number);
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

bool recorder_introduce(int supervisor, int socket, uint64_t number)
{
	union { struct cmsghdr header; char bytes[CMSG_SPACE(sizeof(int))]; } control = {0};
	struct message introduction = {.kind = MESSAGE_WORKER, .place = -1, .number = number};
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

	/* Records of this gateway were kept here, and now there is no ledger: a new one would hide that. */
	snprintf(path, sizeof path, "%s/ledger.sqlite", directory);
	if (atomic_load(&k->shared->counters[COUNT_RECORDS]) > 0 && access(path, F_OK) != 0) {
		log_error("%s: the ledger is gone", directory);
		return false;
	}
	k->ledger = ledger_open(directory, LEDGER_APPEND, why, sizeof why);
	if (!k->ledger) {
		log_error("%s: %s", directory, why);
		return false;
	}
	/* Held as long as this process lives: journals in this folder are its own, or left by one that is gone. */
	snprintf(path, sizeof path, "%s/gateway.lock", directory);
	int lock = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	bool locked = false;
	/* One that was killed a moment ago may still hold it. */
	for (unsigned i = 0; lock >= 0 && !locked && i < LOCK_TRIES; i++) {
		locked = flock(lock, LOCK_EX | LOCK_NB) == 0;
		if (!locked)
			usleep(100000);
	}
	if (!locked) {
		log_error("%s: %s", path, lock >= 0 && errno == EWOULDBLOCK ? "another gateway keeps its evidence in this folder" : strerror(errno));
		return false;
	}
	k->salts = salts_open(directory);
	if (k->salts < 0)
		log_error("%s/salts: %m", directory);
	return k->salts >= 0;
}

bool recorder_check(const char *directory)
{
	char path[4096], why[300];

	if (!ledger_can_append(directory, why, sizeof why) || !ledger_can_use(directory, "salts", why, sizeof why) || !ledger_can_use(directory, "gateway.lock", why, sizeof why)) {
		log_error("%s: %s", directory, why);
		return false;
	}
	snprintf(path, sizeof path, "%s/gateway.lock", directory);
	int lock = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (lock >= 0 && flock(lock, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		log_note("%s: a gateway keeps its evidence in this folder at the moment; a second one would not start", directory);
	if (lock >= 0)
		close(lock);
	return true;
}

static int patience(const struct keeping *k)
{
	int64_t left = k->commit_at_ms - time_monotonic_ms();

	return k->waiting == 0 ? -1 : left < 0 ? 0 : (int)left;
}

static void keep(struct keeping *k)
{
	while (k->open_count > 0) {
		/* What a worker finished before it could see this is found now; later ones send something. */
		atomic_store(&k->shared->recorder_sleeps, k->waiting == 0);
		collect_all(k);
		if (poll(k->sockets, k->socket_count, patience(k)) < 0 && errno != EINTR)
			abort();
		atomic_store(&k->shared->recorder_sleeps, 0);
		for (unsigned i = 0; i < k->socket_count; i++) {
			if (k->sockets[i].fd < 0 || !k->sockets[i].revents || receive(k, i))
				continue;
			end_sender(k, i);
			close(k->sockets[i].fd);
			k->sockets[i].fd = -1;
			k->open_count--;
		}
		collect_all(k);
		if (k->waiting >= COMMIT_AFTER || patience(k) == 0)
			commit(k);
	}
	commit(k);
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
	k->directory = directory;
	if (!open_all(k, directory))
		return 2;
	read_leftovers(k);
	if (write(ready_fd, "r", 1) != 1)
		return 2;
	close(ready_fd);
	add_socket(k, supervisor, 0);
	keep(k);
	ledger_close(k->ledger);
	text_finish(&k->lines);
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

bool recorder_open(struct recorder *r, struct loop *loop, int fd, int journal, struct shared *shared)
{
	*r = (struct recorder){.loop = loop, .shared = shared, .watch = {.fd = fd, .ready = ready, .owner = r}};
	text_init(&r->queue, NULL);
	if (journal < 0)
		return true;
	bool good = journal_map(&r->journal, journal);
	close(journal);
	return good;
}

void recorder_close(struct recorder *r)
{
	flush(r);
	loop_forget(r->loop, &r->watch);
	close(r->watch.fd);
	journal_unmap(&r->journal);
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

int recorder_begin(struct recorder *r, const unsigned char id[EXCHANGE_ID], const unsigned char salt[SALT], struct bytes unfinished)
{
	return journal_begin(&r->journal, id, salt, unfinished);
}

void recorder_end(struct recorder *r, int place, const unsigned char id[EXCHANGE_ID], const unsigned char salt[SALT], struct bytes body)
{
	struct message m = {.kind = MESSAGE_END, .place = place};

	if (journal_finish(&r->journal, place, id, salt, body)) {
		if (atomic_load(&r->shared->recorder_sleeps) && atomic_exchange(&r->shared->recorder_sleeps, 0))
			hand_over(r, &(struct message){.kind = MESSAGE_WAKE, .place = -1}, BYTES(""));
		return;
	}
	memcpy(m.id, id, sizeof m.id);
	memcpy(m.salt, salt, sizeof m.salt);
	hand_over(r, &m, body);
}

void recorder_note(struct recorder *r, struct bytes body)
{
	struct message m = {.kind = MESSAGE_NOTE, .place = -1};

	hand_over(r, &m, body);
}

void recorder_approval(struct recorder *r, struct bytes body)
{
	struct message m = {.kind = MESSAGE_APPROVAL, .place = -1};

	hand_over(r, &m, body);
}
