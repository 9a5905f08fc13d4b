#include "gateway/upstream.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IDLE_MOST = 256, IDLE_MS = 30000 };

static char *copy(struct bytes b)
{
	char *s = strndup((const char *)b.at, b.len);

	if (!s)
		abort();
	return s;
}

/* ---- address ---- */

static const char *read_url(struct upstream *u, struct bytes url)
{
	if (bytes_start_with(url, BYTES("https://")))
		u->tls = true;
	else if (!bytes_start_with(url, BYTES("http://")))
		return "is no address that begins with http:// or https://";
	struct bytes rest = bytes_from(url, u->tls ? 8 : 7);
	size_t slash = bytes_find_byte(rest, '/');
	struct bytes where = bytes_slice(rest, 0, slash), base = bytes_from(rest, slash);
	if (bytes_find_byte(where, '@') < where.len)
		return "has a name or password in it, which belongs into a file";
	bool bracket = where.len > 0 && where.at[0] == '[';
	size_t end = bracket ? bytes_find_byte(where, ']') : bytes_find_byte(where, ':');
	u->host = copy(bracket ? bytes_slice(where, 1, end - 1) : bytes_slice(where, 0, end));
	struct bytes port = bytes_from(where, end + (bracket ? 2 : 1));
	u->port = copy(port.len ? port : bytes_of(u->tls ? "443" : "80"));
	while (base.len > 0 && base.at[base.len - 1] == '/')
		base.len--;
	u->base = copy(base);
	return *u->host ? NULL : "names no host";
}

const char *upstream_init(struct upstream *u, const char *name, const char *url)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};

	*u = (struct upstream){.name = copy(bytes_of(name))};
	const char *why = read_url(u, bytes_of(url));
	if (why)
		return why;
	int failed = getaddrinfo(u->host, u->port, &hints, &u->addresses);
	return failed ? gai_strerror(failed) : NULL;
}

/* Certificates are checked against the name, by the roots of the system. */
static void prepare_tls(struct upstream *u)
{
	u->context = SSL_CTX_new(TLS_client_method());
	if (!u->context || SSL_CTX_set_default_verify_paths(u->context) != 1)
		abort();
	SSL_CTX_set_min_proto_version(u->context, TLS1_2_VERSION);
	SSL_CTX_set_verify(u->context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(u->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
}

void upstream_begin(struct upstream *u, struct loop *loop)
{
	u->loop = loop;
	if (u->tls)
		prepare_tls(u);
}

/* ---- links ---- */

static void free_link(struct link *l)
{
	timer_cancel(l->upstream->loop, &l->idle);
	connection_close(&l->connection);
	http_reader_finish(&l->answer);
	loop_free_later(l->upstream->loop, l);
}

static void take_out(struct link *l)
{
	for (struct link **at = &l->upstream->idle; *at; at = &(*at)->next)
		if (*at == l) {
			*at = l->next;
			l->upstream->idle_count--;
			return;
		}
}

/* Nobody waits for it: the server ended it, or sent what nobody asked for. */
static void retire(struct link *l)
{
	take_out(l);
	free_link(l);
}

static void input(struct connection *c, struct bytes in)
{
	struct link *l = c->owner;

	if (l->owner)
		l->input(l, in);
	else
		retire(l);
}

static void gone(struct connection *c, const char *why)
{
	struct link *l = c->owner;

	if (l->owner)
		l->gone(l, why);
	else
		retire(l);
}

static void too_old(struct timer *t)
{
	retire(t->owner);
}

static int dial(const struct upstream *u)
{
	int one = 1;

	for (const struct addrinfo *a = u->addresses; a; a = a->ai_next) {
		int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		if (connect(fd, a->ai_addr, a->ai_addrlen) == 0 || errno == EINPROGRESS)
			return fd;
		close(fd);
	}
	return -1;
}

static SSL *make_ssl(const struct upstream *u)
{
	SSL *ssl = SSL_new(u->context);

	if (!ssl)
		abort();
	SSL_set_connect_state(ssl);
	SSL_set_tlsext_host_name(ssl, u->host);
	SSL_set1_host(ssl, u->host);
	return ssl;
}

static struct link *make_link(struct upstream *u)
{
	int fd = dial(u);

	if (fd < 0)
		return NULL;
	struct link *l = calloc(1, sizeof *l);
	if (!l)
		abort();
	l->upstream = u;
	http_reader_init(&l->answer, HTTP_ANSWERS);
	l->connection.owner = l;
	l->connection.input = input;
	l->connection.gone = gone;
	l->idle = (struct timer){.due = too_old, .owner = l};
	connection_open(&l->connection, u->loop, fd, u->tls ? make_ssl(u) : NULL, true);
	return l;
}

struct link *upstream_lend(struct upstream *u)
{
	struct link *l = u->idle;

	if (!l)
		return make_link(u);
	u->idle = l->next;
	u->idle_count--;
	timer_cancel(u->loop, &l->idle);
	l->reused = true;
	return l;
}

void upstream_give_back(struct link *l, bool whole)
{
	struct upstream *u = l->upstream;

	l->owner = NULL;
	if (!whole || !l->answer.head.keep_alive || u->idle_count >= IDLE_MOST || !connection_is_open(&l->connection)) {
		free_link(l);
		return;
	}
	connection_pause(&l->connection, false);
	l->next = u->idle;
	u->idle = l;
	u->idle_count++;
	timer_set(u->loop, &l->idle, IDLE_MS);
}

void upstream_finish(struct upstream *u)
{
	while (u->idle)
		retire(u->idle);
	if (u->addresses)
		freeaddrinfo(u->addresses);
	SSL_CTX_free(u->context);
	if (u->authorization)
		explicit_bzero(u->authorization, strlen(u->authorization));
	free(u->authorization);
	free(u->name);
	free(u->host);
	free(u->port);
	free(u->base);
}
