/*
 * load serve: a model that answers at once, or in events at a steady pace; prints its port.
 * load drive: a closed loop of callers on kept connections; prints what it measured as JSON.
 *
 * One thread, epoll. What is answered carries the time it was sent at, so that
 * the delay of every event can be told from one clock.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MOST = 20000, HEAD_MOST = 8192, DELAYS_MOST = 1 << 22, READ_MOST = 64 << 10 };

/* Where a message is: its head, its body by length or in chunks. */
enum at { IN_HEAD, IN_BODY, IN_SIZE, IN_CHUNK, IN_CHUNK_END, IN_TRAILER };

struct peer {
	int fd;
	enum at at;
	char head[HEAD_MOST];
	size_t head_len;
	uint64_t left;              /* of the body or chunk */
	unsigned blank;             /* bytes of a trailer's line */
	bool chunked, streams, open, waits;
	unsigned status, mark;      /* mark: how far into "T" and digits */
	uint64_t stamp;
	unsigned events;            /* of a stream: sent so far */
	int64_t begun, next;        /* next: when the next event is due */
	struct peer *later;         /* due in the same slot of the wheel */
};

struct settings {
	bool serves;
	unsigned port, connections, events, pace_ms, hold_s;
	uint64_t requests;
	double seconds;
	bool streams;
	char *request;
	size_t request_len;
};

static struct peer *peers[CONNECTIONS_MOST + 64];
static uint32_t *delays;        /* microseconds */
static size_t delay_count;
static uint64_t finished, failed, seen_events;
static int epoll_fd;

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void keep_delay(int64_t ns)
{
	if (delay_count < DELAYS_MOST)
		delays[delay_count++] = ns < 0 ? 0 : ns / 1000 > UINT32_MAX ? UINT32_MAX : (uint32_t)(ns / 1000);
}

static struct peer *add_peer(int fd)
{
	struct peer *p = calloc(1, sizeof *p);
	int one = 1;

	if (!p || fd < 0 || fd >= CONNECTIONS_MOST + 64) {
		fprintf(stderr, "load: no room for a connection: %s\n", strerror(errno));
		exit(1);
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	p->fd = fd;
	p->open = true;
	peers[fd] = p;
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.ptr = p});
	return p;
}

static void drop_peer(struct peer *p)
{
	if (!p->open)
		return;
	p->open = false;
	peers[p->fd] = NULL;
	close(p->fd);               /* what lies in the wheel frees it there */
	if (!p->waits)
		free(p);
}

/* Small against any socket's buffer; a short write would mean that the other side is stuck. */
static void put(struct peer *p, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(p->fd, data, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			continue;
		if (n <= 0)
			return;
		data += n;
		len -= (size_t)n;
	}
}

/* `len` bytes of plain prose. */
static void fill(char *into, size_t len)
{
	static const char prose[] = "The harbour lies north of the old town, and the ferry leaves at seven every morning; bring a coat, for the wind is cold until noon. ";

	for (size_t i = 0; i < len; i++)
		into[i] = prose[i % (sizeof prose - 1)];
}

/* ---- reading messages ---- */

static void read_head(struct peer *p)
{
	const char *length = strcasestr(p->head, "\r\ncontent-length:");

	p->chunked = strcasestr(p->head, "\r\ntransfer-encoding:") != NULL;
	p->status = strncmp(p->head, "HTTP/1.1 ", 9) == 0 ? (unsigned)strtoul(p->head + 9, NULL, 10) : 0;
	p->left = length ? strtoull(length + 17, NULL, 10) : 0;
	p->at = p->chunked ? IN_SIZE : IN_BODY;
	p->blank = 0;
}

/* The time an event was sent at stands in it as "T" and sixteen digits. */
static void look_for_stamp(struct peer *p, char c, int64_t now)
{
	if (p->mark > 0 && c >= '0' && c <= '9') {
		p->stamp = p->stamp * 10 + (uint64_t)(c - '0');
		if (++p->mark == 17) {
			keep_delay(now - (int64_t)p->stamp);
			seen_events++;
			p->mark = 0;
		}
		return;
	}
	p->mark = c == 'T';
	p->stamp = 0;
}

static void read_size(struct peer *p, char c)
{
	if (c == '\n') {
		p->at = p->left > 0 ? IN_CHUNK : IN_TRAILER;
		p->blank = 0;
	} else if (c >= '0' && c <= '9') {
		p->left = p->left * 16 + (uint64_t)(c - '0');
	} else if ((c | 32) >= 'a' && (c | 32) <= 'f') {
		p->left = p->left * 16 + (uint64_t)((c | 32) - 'a' + 10);
	}
}

/* Takes bytes up to the end of a message: true when it is there. */
static bool take(struct peer *p, const char **data, size_t *len, int64_t now, bool stamps)
{
	while (*len > 0) {
		if (p->at == IN_BODY && p->left == 0)
			return true;
		char c = *(*data)++;
		(*len)--;
		if (p->at == IN_HEAD) {
			if (p->head_len + 1 >= HEAD_MOST)
				return false;
			p->head[p->head_len++] = c;
			p->head[p->head_len] = 0;
			if (c == '\n' && p->head_len > 3 && memcmp(p->head + p->head_len - 4, "\r\n\r\n", 4) == 0)
				read_head(p);
		} else if (p->at == IN_SIZE) {
			read_size(p, c);
		} else if (p->at == IN_BODY || p->at == IN_CHUNK) {
			if (stamps)
				look_for_stamp(p, c, now);
			else if (!p->streams)
				p->streams = (p->mark = c == "\"stream\":true"[p->mark] ? p->mark + 1 : c == ' ' ? p->mark : c == '"') == 13;
			if (p->streams)
				p->mark = stamps ? p->mark : 0;
			if (--p->left == 0 && p->at == IN_CHUNK)
				p->at = IN_CHUNK_END;
		} else if (p->at == IN_CHUNK_END) {
			if (c == '\n')
				p->at = IN_SIZE;
		} else if (c == '\n') {
			if (p->blank == 0)
				return true;
			p->blank = 0;
		} else if (c != '\r') {
			p->blank++;
		}
	}
	return p->at == IN_BODY && p->left == 0;
}

static void next_message(struct peer *p)
{
	p->at = IN_HEAD;
	p->head_len = p->mark = 0;
	p->streams = false;
}

/* ---- the model ---- */

enum { WHEEL = 4096 };          /* slots of a millisecond */
static struct peer *wheel[WHEEL];

static void wait_for(struct peer *p, int64_t at_ns)
{
	size_t slot = (size_t)(at_ns / 1000000) % WHEEL;

	p->next = at_ns;
	p->later = wheel[slot];
	p->waits = true;
	wheel[slot] = p;
}

static void send_event(struct peer *p, const struct settings *s)
{
	char event[512], out[600];
	bool last = ++p->events > s->events;
	int n = last ? snprintf(event, sizeof event, "data: [DONE]\n\n")
		     : snprintf(event, sizeof event,
				"data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"T%016lld \"},\"finish_reason\":%s}]}\n\n",
				(long long)now_ns(), p->events == s->events ? "\"stop\"" : "null");
	int m = snprintf(out, sizeof out, "%x\r\n%s\r\n%s", (unsigned)n, event, last ? "0\r\n\r\n" : "");

	put(p, out, (size_t)m);
	if (last)
		next_message(p);
	else
		wait_for(p, p->next + (int64_t)s->pace_ms * 1000000);
}

static void answer(struct peer *p, const struct settings *s, int64_t now)
{
	static char whole[2048];
	static int len;
	static unsigned phase;

	if (p->streams) {
		put(p, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n", 80);
		p->events = 0;
		wait_for(p, now + (int64_t)(++phase % 97 * s->pace_ms) * 1000000 / 97);
		return;
	}
	if (len == 0) {
		char words[701] = {0};
		fill(words, 700);
		char body[1500];
		int n = snprintf(body, sizeof body,
				 "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m-1\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"%s\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":200,\"completion_tokens\":100,\"total_tokens\":300},\"service_tier\":\"default\",\"system_fingerprint\":\"fp_0\"}",
				 words);
		len = snprintf(whole, sizeof whole, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", n, body);
	}
	put(p, whole, (size_t)len);
	next_message(p);
}

static void run_wheel(const struct settings *s, int64_t from, int64_t to)
{
	for (int64_t ms = from / 1000000; ms < to / 1000000; ms++) {
		struct peer *list = wheel[ms % WHEEL], *next;
		wheel[ms % WHEEL] = NULL;
		for (struct peer *p = list; p; p = next) {
			next = p->later;
			p->waits = false;
			if (!p->open)
				free(p);
			else
				send_event(p, s);
		}
	}
}

static int serve(const struct settings *s)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	static struct epoll_event events[512];
	static char buffer[READ_MOST];

	if (bind(listener, (struct sockaddr *)&a, sizeof a) != 0 || listen(listener, 8192) != 0 || getsockname(listener, (struct sockaddr *)&a, &len) != 0)
		return 1;
	printf("%u\n", ntohs(a.sin_port));
	fflush(stdout);
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN});
	for (int64_t before = now_ns(), now;; before = now) {
		int n = epoll_wait(epoll_fd, events, 512, 1);
		now = now_ns();
		for (int i = 0; i < n; i++) {
			struct peer *p = events[i].data.ptr;
			if (!p) {
				for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;)
					add_peer(fd);
				continue;
			}
			ssize_t got = recv(p->fd, buffer, sizeof buffer, 0);
			if (got == 0 || (got < 0 && errno != EAGAIN)) {
				drop_peer(p);
				continue;
			}
			const char *at = buffer;
			for (size_t left = got < 0 ? 0 : (size_t)got; left > 0 && take(p, &at, &left, now, false);)
				answer(p, s, now);
		}
		run_wheel(s, before, now);
	}
}

/* ---- the callers ---- */

static void ask(struct peer *p, const struct settings *s)
{
	next_message(p);
	p->begun = now_ns();
	put(p, s->request, s->request_len);
}

static void call(const struct settings *s)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)s->port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
		fprintf(stderr, "load: cannot connect: %s\n", strerror(errno));
		exit(1);
	}
	ask(add_peer(fd), s);
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static uint32_t share(double q)
{
	return delay_count ? delays[(size_t)((double)(delay_count - 1) * q)] : 0;
}

static void tell(int64_t took_ns)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	qsort(delays, delay_count, sizeof *delays, by_size);
	printf("{\"requests\":%llu,\"failed\":%llu,\"events\":%llu,\"seconds\":%.4f,\"p50_us\":%u,\"p90_us\":%u,\"p99_us\":%u,\"most_us\":%u,\"own_cpu\":%.3f}\n", (unsigned long long)finished,
	       (unsigned long long)failed, (unsigned long long)seen_events, (double)took_ns / 1e9, share(0.5), share(0.9), share(0.99), share(1),
	       (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
	fflush(stdout);
}

/* One that has its answer asks again, as long as there is something to ask. */
static void come_back(struct peer *p, const struct settings *s, int64_t now, uint64_t *asked, bool late)
{
	finished++;
	failed += p->status != 200;
	if (!s->streams)
		keep_delay(now_ns() - p->begun);
	(void)now;
	if (*asked < s->requests && !late) {
		(*asked)++;
		ask(p, s);
	}
}

static int drive(const struct settings *s)
{
	static struct epoll_event events[512];
	static char buffer[READ_MOST];
	uint64_t asked = s->connections;

	for (unsigned i = 0; i < s->connections; i++)
		call(s);
	int64_t begun = now_ns(), end = begun + (int64_t)(s->seconds * 1e9), now = begun;
	while (finished < asked && now < end + 20000000000) {
		int n = epoll_wait(epoll_fd, events, 512, 1000);
		now = now_ns();
		for (int i = 0; i < n; i++) {
			struct peer *p = events[i].data.ptr;
			ssize_t got = recv(p->fd, buffer, sizeof buffer, MSG_DONTWAIT);
			if (got == 0 || (got < 0 && errno != EAGAIN)) {
				drop_peer(p);
				finished++;
				failed++;
				continue;
			}
			const char *at = buffer;
			size_t left = got < 0 ? 0 : (size_t)got;
			if (got > 0 && take(p, &at, &left, now_ns(), s->streams))
				come_back(p, s, now, &asked, now > end);
		}
	}
	failed += asked - finished;
	tell(now_ns() - begun);
	sleep(s->hold_s);           /* with every connection kept */
	return 0;
}

/* ---- the command line ---- */

static void write_request(struct settings *s, const char *path, const char *header)
{
	char words[821] = {0}, body[1200];

	fill(words, 820);
	int n = snprintf(body, sizeof body, "{\"model\":\"m\",%s\"messages\":[{\"role\":\"system\",\"content\":\"You are a helpful assistant who answers briefly.\"},{\"role\":\"user\",\"content\":\"%s\"}],\"temperature\":0.2,\"max_tokens\":200}",
			 s->streams ? "\"stream\":true," : "", words);
	s->request = malloc(4096);
	if (!s->request)
		exit(1);
	s->request_len = (size_t)snprintf(s->request, 4096, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json\r\nUser-Agent: load\r\n%sContent-Length: %d\r\n\r\n%s", path, header, n, body);
}

int main(int argc, char **argv)
{
	struct settings s = {.connections = 64, .events = 20, .pace_ms = 50, .requests = 1000, .seconds = 60};
	const char *path = "/v1/chat/completions";
	char header[1024] = "";

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	s.serves = argc > 1 && strcmp(argv[1], "serve") == 0;
	for (int i = 2; i + 1 < argc; i += 2) {
		const char *name = argv[i], *value = argv[i + 1];
		if (strcmp(name, "--port") == 0) s.port = (unsigned)atoi(value);
		if (strcmp(name, "--connections") == 0) s.connections = (unsigned)atoi(value);
		if (strcmp(name, "--requests") == 0) s.requests = strtoull(value, NULL, 10);
		if (strcmp(name, "--seconds") == 0) s.seconds = atof(value);
		if (strcmp(name, "--events") == 0) s.events = (unsigned)atoi(value);
		if (strcmp(name, "--pace-ms") == 0) s.pace_ms = (unsigned)atoi(value);
		if (strcmp(name, "--hold") == 0) s.hold_s = (unsigned)atoi(value);
		if (strcmp(name, "--streams") == 0) s.streams = atoi(value) != 0;
		if (strcmp(name, "--path") == 0) path = value;
		if (strcmp(name, "--header") == 0 && strlen(header) + strlen(value) + 3 < sizeof header)
			strcat(strcat(header, value), "\r\n");
	}
	if (s.connections > CONNECTIONS_MOST - 100)
		return 64;
	epoll_fd = epoll_create1(0);
	delays = malloc(DELAYS_MOST * sizeof *delays);
	if (!delays)
		return 1;
	write_request(&s, path, header);
	return s.serves ? serve(&s) : drive(&s);
}
