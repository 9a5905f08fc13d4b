#include "gateway/connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* KEPT_MOST: so much memory of a queue is kept while nothing is in it. STALL_MS: so long the other side may take nothing of what is queued. LINGER: what it may still send, and for how long, after the last byte for it. */
enum { READ_MOST = 64 << 10, READS_A_TURN = 4, STALL_MS = 60000, LINGER_MS = 2000, LINGER_MOST = 16 << 20, KEPT_MOST = 2048 };

/* What waits for the end of the turn, or for the handshake, need not be waited for in epoll. */
static void arm(struct connection *c)
{
	uint32_t events = 0;

	if (c->watch.fd < 0)
		return;
	if (c->connecting || c->wants_write || (c->sent < c->out.len && !c->writing.place && !c->shaking))
		events |= EPOLLOUT;
	if (c->shaking || c->wants_read || c->lingering || (!c->paused && !c->closing))
		events |= EPOLLIN;
	loop_watch(c->loop, &c->watch, c->connecting ? EPOLLOUT : events);
}

static void lose(struct connection *c, const char *why)
{
	bool told = c->ended;

	connection_close(c);
	c->ended = true;
	if (!told && c->gone)
		c->gone(c, why);
}

/* ---- the end ---- */

/* Who still sends would lose what was said last, were the socket closed under it: it is let come to its end. */
static void linger(struct connection *c)
{
	if (c->ssl && !c->shaking)
		SSL_shutdown(c->ssl);
	if (shutdown(c->watch.fd, SHUT_WR) != 0) {
		lose(c, "is over");
		return;
	}
	c->lingering = true;
	c->wants_write = c->wants_read = false;
	c->lingered = 0;
	timer_set(c->loop, &c->patience, LINGER_MS);
	arm(c);
}

static void discard(struct connection *c)
{
	static unsigned char buffer[READ_MOST];

	for (unsigned i = 0; i < READS_A_TURN; i++) {
		ssize_t n = recv(c->watch.fd, buffer, sizeof buffer, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		c->lingered += n > 0 ? (size_t)n : 0;
		if (n <= 0 || c->lingered > LINGER_MOST) {
			lose(c, "is over");
			return;
		}
	}
}

static void out_of_patience(struct timer *timer)
{
	struct connection *c = timer->owner;

	lose(c, c->lingering ? "is over" : "was ended, because the other side took nothing for too long");
}

/* ---- writing ---- */

/* Bytes written; 0 when it has to wait, -1 when it is over. */
static ssize_t write_some(struct connection *c, struct bytes b)
{
	if (!c->ssl) {
		ssize_t n = send(c->watch.fd, b.at, b.len, MSG_NOSIGNAL);
		return n >= 0 ? n : errno == EAGAIN || errno == EINTR ? 0 : -1;
	}
	ERR_clear_error();
	int n = SSL_write(c->ssl, b.at, (int)(b.len > READ_MOST ? READ_MOST : b.len));
	if (n > 0)
		return n;
	int why = SSL_get_error(c->ssl, n);
	c->wants_read = why == SSL_ERROR_WANT_READ;
	return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static void forget_out(struct connection *c)
{
	if (c->secret && c->out.at)
		explicit_bzero(c->out.at, c->out.len);
	text_finish(&c->out);
	c->sent = 0;
	account_set(&c->account, 0);
}

/* All of it is with the kernel. */
static void drop_sent(struct connection *c)
{
	if (c->secret || c->out.room > KEPT_MOST)
		forget_out(c);
	text_clear(&c->out);
	c->sent = 0;
}

static void flush(struct connection *c)
{
	bool had = c->sent < c->out.len;

	if (c->connecting || c->shaking)
		return;
	for (bool waits = false; c->sent < c->out.len && !waits;) {
		ssize_t n = write_some(c, bytes_from(text_bytes(&c->out), c->sent));
		if (n < 0) {
			lose(c, "was cut by the other side");
			return;
		}
		waits = n == 0;
		c->sent += (size_t)n;
		c->bytes_out += (uint64_t)n;
		if (n > 0 && c->patience.place != 0)
			timer_set(c->loop, &c->patience, STALL_MS);
	}
	if (c->sent < c->out.len) {
		if (c->patience.place == 0)
			timer_set(c->loop, &c->patience, STALL_MS);
		return;
	}
	drop_sent(c);
	timer_cancel(c->loop, &c->patience);
	if (c->closing)
		linger(c);
	else if (had && c->drained)
		c->drained(c);
}

static void write_at_end(struct chore *chore)
{
	struct connection *c = chore->owner;

	flush(c);
	account_set(&c->account, c->out.room > KEPT_MOST ? c->out.room : 0);
	arm(c);
}

struct text *connection_out(struct connection *c)
{
	if (c->watch.fd < 0 || c->closing)
		return NULL;
	if (c->sent > READ_MOST && c->sent > c->out.len / 2) {
		struct bytes left = bytes_from(text_bytes(&c->out), c->sent);
		memmove(c->out.at, left.at, left.len);
		c->out.len = left.len;
		c->sent = 0;
	}
	/* Before it stands nothing is written, but accounted for. */
	chore_set(c->loop, &c->writing);
	return &c->out;
}

void connection_send(struct connection *c, struct bytes b)
{
	struct text *out = connection_out(c);

	if (out)
		text_add(out, b);
}

size_t connection_queued(const struct connection *c)
{
	return c->out.len - c->sent;
}

void connection_finish(struct connection *c)
{
	if (c->watch.fd < 0 || c->closing)
		return;
	c->closing = true;
	arm(c);
	if (connection_queued(c) == 0)
		linger(c);
}

/* ---- reading ---- */

/* As write_some(); -1 also at the end, which an honest TLS peer announces. */
static ssize_t read_some(struct connection *c, unsigned char *buffer, size_t room)
{
	if (!c->ssl) {
		ssize_t n = recv(c->watch.fd, buffer, room, 0);
		return n > 0 ? n : n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
	}
	ERR_clear_error();
	int n = SSL_read(c->ssl, buffer, (int)room);
	if (n > 0)
		return n;
	int why = SSL_get_error(c->ssl, n);
	c->wants_write = why == SSL_ERROR_WANT_WRITE;
	return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static void fetch(struct connection *c)
{
	static unsigned char buffer[READ_MOST];

	/* A record of TLS fits into the buffer, so that nothing of it is left lying where epoll does not look. */
	for (unsigned i = 0; i < READS_A_TURN && !c->paused && !c->closing && c->watch.fd >= 0; i++) {
		ssize_t n = read_some(c, buffer, sizeof buffer);
		if (n < 0) {
			lose(c, "was ended by the other side");
			return;
		}
		if (n == 0)
			return;
		c->bytes_in += (uint64_t)n;
		c->input(c, (struct bytes){buffer, (size_t)n});
		if (!c->ssl && (size_t)n < sizeof buffer)
			return;
	}
}

/* ---- state ---- */

static bool shake(struct connection *c)
{
	ERR_clear_error();
	int n = SSL_do_handshake(c->ssl);

	if (n == 1) {
		c->shaking = c->wants_write = false;
		if (c->made)
			c->made(c);
		return c->watch.fd >= 0;
	}
	int why = SSL_get_error(c->ssl, n);
	c->wants_write = why == SSL_ERROR_WANT_WRITE;
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return false;
	/* A caller is let read why. */
	if (why == SSL_ERROR_SSL && SSL_is_server(c->ssl))
		linger(c);
	else
		lose(c, "could not agree on TLS");
	return false;
}

static bool finish_connecting(struct connection *c)
{
	int error = 0;
	socklen_t len = sizeof error;

	if (getsockopt(c->watch.fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0) {
		lose(c, "was refused");
		return false;
	}
	c->connecting = false;
	if (c->made && !c->shaking)
		c->made(c);
	return c->watch.fd >= 0;
}

static void ready(struct watch *w, uint32_t events)
{
	struct connection *c = w->owner;

	if (c->lingering) {
		discard(c);
		return;
	}
	if (c->connecting && !finish_connecting(c))
		return;
	if (c->shaking && !shake(c)) {
		arm(c);
		return;
	}
	if (events & (EPOLLOUT | EPOLLIN))
		flush(c);
	if (c->watch.fd >= 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		fetch(c);
	if (c->watch.fd >= 0 && c->paused && (events & (EPOLLHUP | EPOLLERR)))
		lose(c, "was cut by the other side");
	arm(c);
}

void connection_open(struct connection *c, struct loop *loop, int fd, SSL *ssl, bool connecting)
{
	c->loop = loop;
	c->ssl = ssl;
	c->connecting = connecting;
	c->shaking = ssl && !SSL_is_init_finished(ssl);
	c->paused = c->closing = c->ended = c->wants_read = c->wants_write = c->lingering = false;
	c->patience = (struct timer){.due = out_of_patience, .owner = c};
	c->watch = (struct watch){.fd = fd, .ready = ready, .owner = c};
	c->writing = (struct chore){.run = write_at_end, .owner = c};
	c->sent = 0;
	c->bytes_in = c->bytes_out = 0;
	text_init(&c->out, NULL);
	if (ssl && SSL_get_fd(ssl) != fd)
		SSL_set_fd(ssl, fd);
	arm(c);
}

int connection_hand_over(struct connection *c)
{
	int fd = c->watch.fd;

	loop_forget(c->loop, &c->watch);
	timer_cancel(c->loop, &c->patience);
	chore_cancel(&c->writing);
	c->watch.fd = -1;
	c->ssl = NULL;
	forget_out(c);
	return fd;
}

bool connection_is_open(const struct connection *c)
{
	return c->loop && c->watch.fd >= 0;
}

void connection_close(struct connection *c)
{
	if (!connection_is_open(c))
		return;
	loop_forget(c->loop, &c->watch);
	timer_cancel(c->loop, &c->patience);
	chore_cancel(&c->writing);
	if (c->ssl && !c->shaking && !c->connecting && !c->lingering)
		SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	c->ssl = NULL;
	close(c->watch.fd);
	c->watch.fd = -1;
	forget_out(c);
}

void connection_pause(struct connection *c, bool paused)
{
	c->paused = paused;
	arm(c);
}

void connection_acknowledge(struct connection *c)
{
	if (c->watch.fd >= 0)
		setsockopt(c->watch.fd, IPPROTO_TCP, TCP_QUICKACK, &(int){1}, sizeof(int));
}
