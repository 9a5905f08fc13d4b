#include "gateway/upstream.h"

#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"

enum { SECRET_MOST = 8192 };

static char *copy(const char *string)
{
	char *s = strdup(string);

	if (!s)
		abort();
	return s;
}

void upstream_init(struct upstream *u, const char *name)
{
	*u = (struct upstream){.name = copy(name), .failures_most = 5, .pause_ms = 10000, .connect_ms = 5000, .answer_ms = 120000, .silence_ms = 120000};
}

const char *upstream_add_server(struct upstream *u, const char *url, unsigned weight)
{
	u->servers = reallocarray(u->servers, u->server_count + 1, sizeof *u->servers);
	if (!u->servers)
		abort();
	return server_init(&u->servers[u->server_count++], u, url, weight);
}

const char *upstream_read_key(struct upstream *u, const char *header, const char *path)
{
	struct text t;

	text_init(&t, NULL);
	if (strcasecmp(header, "authorization") == 0)
		text_add_string(&t, "Bearer ");
	enum status status = file_read(path, SECRET_MOST, &t);
	bool good = status == STATUS_OK;
	while (t.len > 0 && (unsigned char)t.at[t.len - 1] <= ' ')
		t.len--;
	for (size_t i = 0; i < t.len; i++)
		good &= (unsigned char)t.at[i] >= ' ';
	if (good) {
		u->key_header = copy(header);
		u->key = copy(text_string(&t));
	}
	if (t.at)
		explicit_bzero(t.at, t.room);
	text_finish(&t);
	return status == STATUS_MALFORMED ? "is no regular file" : good ? NULL : "cannot be read as a key of one line";
}

/* NULL when it is fine, else why not; `*out` stays NULL where no server speaks TLS. */
static const char *make_context(const struct upstream *u, SSL_CTX **out)
{
	bool tls = false;

	*out = NULL;
	for (size_t i = 0; i < u->server_count; i++)
		tls |= u->servers[i].tls;
	if (!tls)
		return NULL;
	/* Certificates are checked against the name, by the roots of the system unless others are named. */
	SSL_CTX *context = *out = SSL_CTX_new(TLS_client_method());
	if (!context)
		abort();
	/* Read now: a worker that serves can open no file. */
	const char *roots = u->authorities ? u->authorities : getenv("SSL_CERT_FILE") ? getenv("SSL_CERT_FILE") : "/etc/ssl/certs/ca-certificates.crt";
	if (file_is_odd(roots))
		return "has authorities that are no regular file";
	if (SSL_CTX_load_verify_file(context, roots) != 1)
		return u->authorities ? "has authorities that cannot be read" : "needs the certificates of this system's authorities (package ca-certificates)";
	/* The key stays with the signer. */
	if (u->certificate && SSL_CTX_use_certificate_chain_file(context, u->certificate) != 1)
		return "has a certificate that cannot be used";
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	return NULL;
}

const char *upstream_check(const struct upstream *u)
{
	SSL_CTX *context;
	const char *why = make_context(u, &context);

	SSL_CTX_free(context);
	return why;
}

const char *upstream_begin(struct upstream *u, struct loop *loop, uint64_t *holding)
{
	u->loop = loop;
	u->holding = holding;
	return make_context(u, &u->context);
}

/* A server that was shut is tried with one request: until that comes back, it is shut for everybody else. `anyway`: of those that are shut. */
static bool may_ask(const struct server *s, int64_t now_ms, bool anyway)
{
	bool shut = s->failures >= s->upstream->failures_most && now_ms < s->shut_until_ms;

	return anyway ? shut && s->answers : !shut;
}

/* Smooth weighted round: every server gains its weight, the one with most is asked and pays for all. */
static struct server *choose(struct upstream *u, bool anyway)
{
	int64_t now_ms = loop_now(u->loop);
	struct server *best = NULL;
	int total = 0;

	for (size_t i = 0; i < u->server_count; i++) {
		struct server *s = &u->servers[i];
		if (!may_ask(s, now_ms, anyway))
			continue;
		s->current += (int)s->weight;
		total += (int)s->weight;
		if (!best || s->current > best->current)
			best = s;
	}
	if (best)
		best->current -= total;
	return best;
}

static struct link *lend(struct server *s)
{
	const struct upstream *u = s->upstream;

	if (s->failures >= u->failures_most)
		s->shut_until_ms = loop_now(u->loop) + u->pause_ms;
	struct link *l = server_lend(s);
	if (!l)
		server_failed(s);
	return l;
}

struct link *upstream_lend(struct upstream *u, bool anyway)
{
	for (size_t tries = 0; tries < u->server_count; tries++) {
		struct server *s = choose(u, anyway);
		struct link *l = s ? lend(s) : NULL;
		if (!s || l)
			return l;
	}
	return NULL;
}

struct link *upstream_lend_of(struct server *s, bool anyway)
{
	return may_ask(s, loop_now(s->upstream->loop), anyway) ? lend(s) : NULL;
}

void upstream_take_up(struct upstream *u)
{
	for (size_t i = 0; i < u->server_count; i++)
		server_take_up(&u->servers[i]);
}

void upstream_finish(struct upstream *u)
{
	for (size_t i = 0; i < u->server_count; i++)
		server_finish(&u->servers[i]);
	SSL_CTX_free(u->context);
	if (u->key)
		explicit_bzero(u->key, strlen(u->key));
	free(u->servers);
	free(u->key_header);
	free(u->key);
	free(u->authorities);
	free(u->certificate);
	free(u->private_key);
	free(u->name);
}
