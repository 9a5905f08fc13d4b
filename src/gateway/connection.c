#include "gateway/connection.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_MOST = 64 << 10, READS_A_TURN = 4 };

static void arm(struct connection *c)
{
	uint32_t events = 0;

	if (c->watch.fd < 0)
		return;
	if (c->connecting || c->wants_write || c->sent < c->out.len)
		events |= EPOLLOUT;
	if (c->shaking || c->wants_read || (!c->paused && !c->closing))
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

static void flush(struct connection *c)
{
	bool had = c->sent < c->out.len;

	if (c->connecting || c->shaking)
		return;
	while (c->sent < c->out.len) {
		ssize_t n = write_some(c, bytes_from(text_bytes(&c->out), c->sent));
		if (n < 0) {
			lose(c, "was cut by the other side");
			return;
		}
		if (n == 0)
			break;
		c->sent += (size_t)n;
		c->bytes_out += (uint64_t)n;
	}
	if (c->sent < c->out.len)
		return;
	c->sent = 0;
	text_clear(&c->out);
	if (c->closing)
		lose(c, "is over");
	else if (had && c->drained)
		c->drained(c);
}

void connection_send(struct connection *c, struct bytes b)
{
	if (c->watch.fd < 0 || c->closing)
		return;
	text_add(&c->out, b);
	if (c->sent > READ_MOST && c->sent > c->out.len / 2) {
		struct bytes left = bytes_from(text_bytes(&c->out), c->sent);
		for (size_t i = 0; i < left.len; i++)
			c->out.at[i] = (char)left.at[i];
		c->out.len = left.len;
		c->sent = 0;
	}
	arm(c);
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
		lose(c, "is over");
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
	if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
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
	c->shaking = ssl != NULL;
	c->paused = c->closing = c->ended = c->wants_read = c->wants_write = false;
	c->watch = (struct watch){.fd = fd, .ready = ready, .owner = c};
	c->sent = 0;
	c->bytes_in = c->bytes_out = 0;
	text_init(&c->out, NULL);
	if (ssl)
		SSL_set_fd(ssl, fd);
	arm(c);
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
	if (c->ssl && !c->shaking && !c->connecting)
		SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	c->ssl = NULL;
	close(c->watch.fd);
	c->watch.fd = -1;
	text_finish(&c->out);
	c->sent = 0;
}

void connection_pause(struct connection *c, bool paused)
{
	c->paused = paused;
	arm(c);
}
