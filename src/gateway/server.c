#include "gateway/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "gateway/health.h"
#include "gateway/server_http2.h"
#include "gateway/upstream.h"

enum { IDLE_MOST = 256, IDLE_MS = 30000, HEAD_USUAL = 4096, GONE_MS = 60000 };

/* A link of HTTP/1.1: a connection of its own. */
struct line {
	struct link link;
	struct connection connection;
	struct http_reader answer;
	struct timer idle, connecting;
	unsigned generation;        /* of the server's addresses that it leads to */
	bool whole;                 /* the answer was read to its end */
	bool surplus;               /* and more came than was asked for */
};

/* ---- address ---- */

static char *copy(struct bytes b)
{
	char *s = strndup((const char *)b.at, b.len);

	if (!s)
		abort();
	return s;
}

static const char *read_url(struct server *s, struct bytes url)
{
	if (bytes_start_with(url, BYTES("https://")))
		s->tls = true;
	else if (!bytes_start_with(url, BYTES("http://")))
		return "is no address that begins with http:// or https://";
	struct bytes rest = bytes_from(url, s->tls ? 8 : 7);
	size_t slash = bytes_find_byte(rest, '/');
	struct bytes where = bytes_slice(rest, 0, slash), base = bytes_from(rest, slash);
	if (bytes_find_byte(where, '@') < where.len)
		return "has a name or password in it, which belongs into a file";
	bool bracket = where.len > 0 && where.at[0] == '[';
	size_t end = bracket ? bytes_find_byte(where, ']') : bytes_find_byte(where, ':');
	s->host = copy(bracket ? bytes_slice(where, 1, end - 1) : bytes_slice(where, 0, end));
	struct bytes port = bytes_from(where, end + (bracket ? 2 : 1));
	s->port = copy(port.len ? port : bytes_of(s->tls ? "443" : "80"));
	while (base.len > 0 && base.at[base.len - 1] == '/')
		base.len--;
	s->base = copy(base);
	return *s->host ? NULL : "names no host";
}

const char *server_init(struct server *s, struct upstream *u, const char *url, unsigned weight)
{
	*s = (struct server){.upstream = u, .url = copy(bytes_of(url)), .weight = weight, .health = health_create()};
	const char *why = read_url(s, bytes_of(url));
	if (why)
		return why;
	static char unknown[160];
	why = addresses_find(&s->addresses, s->host, s->port);
	if (!why && !addresses_are_given(s->host))
		s->published = published_create(&s->addresses);
	if (why)
		snprintf(unknown, sizeof unknown, "cannot be looked up (%s)", why);
	return why ? unknown : NULL;
}

void server_resolve(struct server *s)
{
	struct addresses found;

	if (!s->published)
		return;
	const char *why = addresses_find(&found, s->host, s->port);
	bool failed = atomic_exchange(&s->published->failed, why != NULL);
	if (why && !failed)
		log_warning("gateway: upstream %s: the name \"%s\" cannot be looked up (%s); what it led to before stays in use", s->upstream->name, s->host, why);
	if (why || addresses_equal(&found, &s->published->now))
		return;
	published_set(s->published, &found);
	log_note("gateway: upstream %s: \"%s\" leads elsewhere now", s->upstream->name, s->host);
}

/* ---- how it does ---- */

static void count_failure(struct server *s, bool answers)
{
	const struct upstream *u = s->upstream;

	s->address++;
	s->answers = answers;
	atomic_fetch_add(&s->health->failures, 1);
	if (++s->failures < u->failures_most)
		return;
	s->shut_until_ms = loop_now(u->loop) + u->pause_ms;
	atomic_store(&s->health->shut_until_ms, s->shut_until_ms);
}

void server_failed(struct server *s)
{
	count_failure(s, false);
}

void server_broke_off(struct server *s, unsigned status)
{
	count_failure(s, status > 0);
}

static void works(struct server *s)
{
	s->failures = 0;
	if (s->shut_until_ms == 0)
		return;
	s->shut_until_ms = 0;
	atomic_store(&s->health->shut_until_ms, 0);
}

void server_answered(struct server *s, unsigned status)
{
	if (status >= 500)
		count_failure(s, true);
	else
		works(s);
}

/* Connections that wait lead to where it was; what is under way comes to its end there. */
void server_take_up(struct server *s)
{
	if (!s->published || !published_take(s->published, &s->generation, &s->addresses))
		return;
	s->address = 0;
	server_forget(s);
	server_http2_forget(s);
	works(s);
}

/* ---- HTTP/1.1 ---- */

static void free_line(struct line *l)
{
	struct loop *loop = l->link.server->upstream->loop;

	l->link.owner = NULL;
	timer_cancel(loop, &l->idle);
	timer_cancel(loop, &l->connecting);
	connection_close(&l->connection);
	http_reader_finish(&l->answer);
	loop_free_later(loop, l);
}

/* Nobody waits for it: the server ended it, or sent what nobody asked for. */
static void retire(struct line *l)
{
	struct server *s = l->link.server;

	for (struct link **at = &s->idle; *at; at = &(*at)->next)
		if (*at == &l->link) {
			*at = l->link.next;
			s->idle_count--;
			break;
		}
	free_line(l);
}

static void tell_gone(struct line *l, const char *why)
{
	timer_cancel(l->link.server->upstream->loop, &l->connecting);
	l->link.gone(&l->link, why);
}

/* The owner may let go of the link at every step: then there is nobody to tell more. */
static void input(struct connection *c, struct bytes in)
{
	struct line *l = c->owner;
	struct link *link = &l->link;

	if (!link->owner) {
		retire(l);
		return;
	}
	while (link->owner && !l->whole) {
		enum http_event event = http_next(&l->answer, &in);
		if (event == HTTP_NEEDS_MORE) {
			/* A head that came alone: its body may wait, by Nagle's algorithm, for us to say that we have it. */
			if (l->answer.has_head && l->answer.framed == 0)
				connection_acknowledge(c);
			return;
		}
		if (event == HTTP_IS_BAD) {
			link->gone(link, "answered with broken HTTP");
			return;
		}
		if (event == HTTP_HAS_HEAD && l->answer.head.status >= 200)
			link->head(link, &l->answer.head);
		if (event == HTTP_HAS_BODY)
			link->body(link, l->answer.body);
		if (!link->owner || !l->answer.complete || l->answer.head.status < 200)
			continue;
		l->whole = true;
		l->surplus = in.len > 0;
		link->over(link);
	}
}

static void gone(struct connection *c, const char *why)
{
	struct line *l = c->owner;

	if (!l->link.owner) {
		retire(l);
		return;
	}
	/* An answer without a length ends with its connection; what is complete here was the answer to a request before this one. */
	if (l->whole || (l->answer.has_head && !l->answer.complete && http_end(&l->answer)))
		l->link.over(&l->link);
	else
		tell_gone(l, why);
}

static void connected(struct connection *c)
{
	struct line *l = c->owner;

	timer_cancel(l->link.server->upstream->loop, &l->connecting);
	l->link.reached = true;
}

static void too_old(struct timer *t)
{
	retire(t->owner);
}

static void too_slow(struct timer *t)
{
	struct line *l = t->owner;

	connection_close(&l->connection);
	tell_gone(l, "was not made in time");
}

void server_add_authority(const struct server *s, struct text *out)
{
	bool usual_port = strcmp(s->port, s->tls ? "443" : "80") == 0, colons = strchr(s->host, ':') != NULL;

	text_add_string(out, colons ? "[" : "");
	text_add_string(out, s->host);
	text_add_string(out, colons ? "]" : "");
	text_add_string(out, usual_port ? "" : ":");
	text_add_string(out, usual_port ? "" : s->port);
}

static void send_request(struct link *link, const struct server_request *r)
{
	struct line *l = (struct line *)link;
	const struct server *s = link->server;
	const struct upstream *u = s->upstream;
	struct text *out = connection_out(&l->connection);
	size_t room = HEAD_USUAL + strlen(s->base) + r->target.len + (u->key ? strlen(u->key) : 0) + r->body.len;

	link->reached |= link->reused;
	if (!out)
		return;
	l->connection.secret = u->key != NULL;
	for (size_t i = 0; i < r->field_count; i++)
		room += r->fields[i].name.len + r->fields[i].value.len + strlen(": \r\n");
	text_reserve(out, room);        /* at once: no copy of the key is left behind where it grew */
	text_add(out, r->method);
	text_add_byte(out, ' ');
	text_add_string(out, s->base);
	text_add(out, r->target);
	text_add_string(out, " HTTP/1.1\r\nHost: ");
	server_add_authority(s, out);
	text_add_string(out, "\r\nAccept-Encoding: identity\r\n");
	if (u->key)
		http_add_field(out, bytes_of(u->key_header), bytes_of(u->key));
	for (size_t i = 0; i < r->field_count; i++)
		http_add_field(out, r->fields[i].name, r->fields[i].value);
	if (r->body.len > 0)
		http_add_length(out, r->body.len);
	text_add_string(out, "\r\n");
	text_add(out, r->body);
}

static void pause_link(struct link *link, bool paused)
{
	struct line *l = (struct line *)link;

	if (connection_is_open(&l->connection))
		connection_pause(&l->connection, paused);
}

/* Its answer came whole, and alone, and its server took all of the request: what was not taken would stand before the next. */
static bool serves_again(const struct line *l)
{
	const struct server *s = l->link.server;

	return l->whole && !l->surplus && l->answer.head.keep_alive && l->generation == s->generation && s->idle_count < IDLE_MOST && connection_is_open(&l->connection) && connection_queued(&l->connection) == 0;
}

static void give_back(struct link *link)
{
	struct line *l = (struct line *)link;
	struct server *s = link->server;

	link->owner = NULL;
	if (!serves_again(l)) {
		free_line(l);
		return;
	}
	connection_pause(&l->connection, false);
	link->next = s->idle;
	s->idle = link;
	s->idle_count++;
	timer_set(s->upstream->loop, &l->idle, IDLE_MS);
}

/* ---- making one ---- */

int server_dial(struct server *s)
{
	int one = 1;

	for (size_t i = 0; i < s->addresses.count; i++) {
		const struct address *a = &s->addresses.list[(s->address + i) % s->addresses.count];
		int fd = socket(a->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		/* A server that is gone without a word is noticed by what it does not acknowledge. */
		setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &(int){GONE_MS}, sizeof(int));
		if (connect(fd, (const struct sockaddr *)&a->at, a->len) == 0 || errno == EINPROGRESS)
			return fd;
		close(fd);
	}
	return -1;
}

SSL *server_make_ssl(const struct server *s)
{
	SSL *ssl = SSL_new(s->upstream->context);

	if (!ssl)
		abort();
	SSL_set_connect_state(ssl);
	SSL_set_tlsext_host_name(ssl, s->host);
	SSL_set1_host(ssl, s->host);
	return ssl;
}

static struct link *make_line(struct server *s)
{
	int fd = server_dial(s);

	if (fd < 0)
		return NULL;
	struct line *l = calloc(1, sizeof *l);
	if (!l)
		abort();
	l->link = (struct link){.server = s, .send = send_request, .pause = pause_link, .give_back = give_back};
	l->generation = s->generation;
	http_reader_init(&l->answer, HTTP_ANSWERS);
	l->connection.owner = l;
	l->connection.account.sum = s->upstream->holding;
	l->connection.input = input;
	l->connection.gone = gone;
	l->connection.made = connected;
	l->idle = (struct timer){.due = too_old, .owner = l};
	l->connecting = (struct timer){.due = too_slow, .owner = l};
	connection_open(&l->connection, s->upstream->loop, fd, s->tls ? server_make_ssl(s) : NULL, true);
	timer_set(s->upstream->loop, &l->connecting, s->upstream->connect_ms);
	return &l->link;
}

struct link *server_lend(struct server *s)
{
	struct link *link = s->idle;

	if (s->upstream->protocol == UPSTREAM_HTTP2 || (s->upstream->protocol == UPSTREAM_AUTO && s->tls && !s->speaks_http1))
		return server_http2_lend(s);
	if (!link)
		return make_line(s);
	struct line *l = (struct line *)link;
	s->idle = link->next;
	s->idle_count--;
	timer_cancel(s->upstream->loop, &l->idle);
	l->whole = l->surplus = false;
	link->reused = true;
	return link;
}

void server_forget(struct server *s)
{
	while (s->idle)
		retire((struct line *)s->idle);
}

void server_finish(struct server *s)
{
	server_forget(s);
	server_http2_finish(s);
	published_destroy(s->published);
	health_destroy(s->health);
	free(s->url);
	free(s->host);
	free(s->port);
	free(s->base);
}
