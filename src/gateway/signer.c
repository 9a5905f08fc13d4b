/* Keys that ask somebody else are RSA_METHOD and EC_KEY_METHOD, which OpenSSL 3.0 has but would rather see as a provider. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "gateway/signer.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "gateway/tls.h"
#include "sandbox/channel.h"
#include "sandbox/confine.h"

enum { CHANNELS_MOST = 256, SECRETS = 256 << 10, KEY_FILE_MOST = 64 << 10, SIGNED_MOST = 1024, MEMORY = 64 << 20, PATIENCE_MS = 1500 };

/* Whose key it is: a listener's or, after those, an upstream's. */
struct holder {
	const char *certificate, *private_key;      /* files; NULL: it has no key */
	SSL_CTX *context;           /* NULL in a process that makes no connections over it */
};

static size_t holder_count(const struct config *c)
{
	return c->listener_count + c->upstream_count;
}

static struct holder holder_at(const struct config *c, size_t i)
{
	if (i < c->listener_count)
		return (struct holder){c->listeners[i].certificate, c->listeners[i].private_key, c->listeners[i].context};
	const struct upstream *u = &c->upstreams[i - c->listener_count];
	return (struct holder){u->certificate, u->private_key, u->context};
}

/* What a worker asks for; what is to be signed follows. */
struct question {
	uint32_t holder;
	int32_t padding;            /* of RSA; 0: ECDSA */
};

/* ---- the process ---- */

struct keeper {
	const struct config *config;
	EVP_PKEY **keys;            /* one for each holder; NULL for who has none */
	struct pollfd channels[CHANNELS_MOST];      /* the first is the supervisor's */
	size_t count;
};

static int no_passphrase(char *buffer, int size, int writing, void *context)
{
	(void)buffer, (void)size, (void)writing, (void)context;
	return 0;
}

static EVP_PKEY *read_key(const char *path)
{
	struct text t;
	struct stat about;
	EVP_PKEY *key = NULL;

	if (stat(path, &about) == 0 && about.st_mode & S_IRWXO)
		log_warning("%s: can be read by everybody on this machine", path);
	text_init(&t, NULL);
	text_reserve(&t, KEY_FILE_MOST);        /* at once: growing would leave copies behind */
	if (file_read(path, KEY_FILE_MOST - 1, &t) == STATUS_OK) {
		BIO *bio = BIO_new_mem_buf(t.at, (int)t.len);
		key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
		BIO_free(bio);
	}
	explicit_bzero(t.at, t.room);
	text_finish(&t);
	return key;
}

static bool belongs_to(const char *certificate, const EVP_PKEY *key)
{
	X509 *x = tls_read_certificate(certificate);
	bool good = x && EVP_PKEY_eq(X509_get0_pubkey(x), key) == 1;

	X509_free(x);
	return good;
}

static const char *take_key(struct keeper *k, size_t i)
{
	struct holder h = holder_at(k->config, i);

	k->keys[i] = read_key(h.private_key);
	if (file_is_odd(h.private_key))
		return "is no regular file";
	if (!k->keys[i])
		return "cannot be read as a private key (PEM, without a passphrase)";
	return belongs_to(h.certificate, k->keys[i]) ? NULL : "does not belong to the certificate";
}

static bool take_keys(struct keeper *k)
{
	bool good = true;

	k->keys = calloc(holder_count(k->config), sizeof *k->keys);
	if (!k->keys)
		abort();
	for (size_t i = 0; i < holder_count(k->config); i++) {
		struct holder h = holder_at(k->config, i);
		const char *why = h.private_key ? take_key(k, i) : NULL;
		if (why)
			log_error("%s: %s", h.private_key, why);
		good &= !why;
	}
	return good;
}

/* A block for RSA without padding is one of PSS, which TLS 1.3 wants: anything else might be somebody's message to be decrypted. */
static bool may_sign(const EVP_PKEY *key, int padding, struct bytes b)
{
	bool is_rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;

	if (!is_rsa)
		return padding == 0 && b.len <= EVP_MAX_MD_SIZE;
	if (padding == RSA_NO_PADDING)
		return b.len == (size_t)EVP_PKEY_get_size(key) && b.at[b.len - 1] == 0xbc;
	return padding == RSA_PKCS1_PADDING;
}

/* Bytes of the signature; 0 when there is none. */
static size_t sign(const struct keeper *k, struct bytes asked, unsigned char *out, size_t room)
{
	struct question q;

	if (asked.len <= sizeof q)
		return 0;
	memcpy(&q, asked.at, sizeof q);
	struct bytes b = bytes_from(asked, sizeof q);
	EVP_PKEY *key = q.holder < holder_count(k->config) ? k->keys[q.holder] : NULL;
	if (!key || !may_sign(key, q.padding, b))
		return 0;
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
	bool good = c && EVP_PKEY_sign_init(c) == 1 && (q.padding == 0 || EVP_PKEY_CTX_set_rsa_padding(c, q.padding) == 1) && EVP_PKEY_sign(c, out, &room, b.at, b.len) == 1;
	EVP_PKEY_CTX_free(c);
	ERR_clear_error();
	return good ? room : 0;
}

static void add_channel(struct keeper *k, int fd)
{
	if (k->count == CHANNELS_MOST)
		close(fd);
	else
		k->channels[k->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

/* False when the other side is gone. */
static bool serve(struct keeper *k, struct pollfd *channel)
{
	unsigned char in[SIGNED_MOST], out[SIGNED_MOST];
	struct message m;

	if (!channel_receive(channel->fd, in, sizeof in, &m))
		return false;
	if (m.fd >= 0 && channel == k->channels)
		add_channel(k, m.fd);
	else if (m.fd >= 0)
		close(m.fd);
	else
		channel_offer(channel->fd, -1, m.ticket, (struct bytes){out, sign(k, m.body, out, sizeof out)});
	return true;
}

static void serve_all(struct keeper *k)
{
	size_t open = k->count;

	while (open > 0) {
		poll(k->channels, k->count, -1);
		for (size_t i = 0; i < k->count; i++) {
			if (k->channels[i].revents == 0 || serve(k, &k->channels[i]))
				continue;
			close(k->channels[i].fd);
			if (i == 0)
				k->channels[0].fd = -1;         /* its place stays its own */
			else
				k->channels[i--] = k->channels[--k->count];
		}
		open = k->count - (k->channels[0].fd < 0);
	}
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* All but the standard ones and those in `keep`, which is sorted here. */
static void close_all_but(int *keep, size_t count)
{
	int next = 3;

	qsort(keep, count, sizeof *keep, by_number);
	for (size_t i = 0; i < count; i++) {
		if (keep[i] > next)
			close_range((unsigned)next, (unsigned)keep[i] - 1, 0);
		next = keep[i] + 1;
	}
	close_range((unsigned)next, ~0u, 0);
}

static int run(const struct config *config, int control, const int *ends, size_t count)
{
	struct keeper k = {.config = config};
	int keep[CHANNELS_MOST];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	add_channel(&k, control);
	for (size_t i = 0; i < count; i++)
		add_channel(&k, ends[i]);
	for (size_t i = 0; i < k.count; i++)
		keep[i] = k.channels[i].fd;
	close_all_but(keep, k.count);
	if (CRYPTO_secure_malloc_init(SECRETS, 16) == 0 || mlockall(MCL_CURRENT) != 0)
		log_warning("gateway: not all memory of the signer can be kept from being swapped out");
	if (!take_keys(&k))
		return 2;
	/* Whatever is made at the first use is made before files are out of reach. */
	EVP_PKEY_CTX_free(EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL));
	if (confine(CONFINE_TO_BYTES, MEMORY) & GAP_SECCOMP)
		log_warning("gateway: this kernel does not let the signer be confined to fewer system calls");
	if (!channel_send(control, -1, 0, BYTES("")))
		return 2;
	serve_all(&k);
	return 0;
}

/* ---- the supervisor's ---- */

bool signer_is_needed(const struct config *config)
{
	for (size_t i = 0; i < holder_count(config); i++)
		if (holder_at(config, i).private_key)
			return true;
	return false;
}

bool signer_start(struct signer *s, const struct config *config, const int *ends, size_t count)
{
	int pair[2];
	struct message ready;
	unsigned char none[8];

	*s = (struct signer){.control = -1};
	if (!signer_is_needed(config))
		return true;
	if (!channel_make(pair))
		return false;
	s->pid = fork();
	if (s->pid == 0)
		_exit(run(config, pair[1], ends, count));
	close(pair[1]);
	s->control = pair[0];
	if (s->pid > 0 && channel_receive(s->control, none, sizeof none, &ready))
		return true;
	log_error("gateway: there is no signer, and without its signatures nobody comes in over TLS");
	signer_let_go(s);
	return false;
}

bool signer_introduce(const struct signer *s, int end)
{
	return channel_offer(s->control, end, 0, BYTES(""));
}

void signer_let_go(struct signer *s)
{
	if (s->control >= 0)
		close(s->control);
	*s = (struct signer){.control = -1};
}

bool signer_check(const struct config *config)
{
	struct signer s;
	bool good = signer_start(&s, config, NULL, 0);
	pid_t pid = s.pid;

	signer_let_go(&s);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return good;
}

/* ---- a worker's ---- */

static int worker_channel = -1;
static const struct shared *worker_shared;
static uint64_t last_ticket;

/* Synchronous: a signature takes less than a turn of the loop. Answers to what was given up are passed over. */
static size_t ask(uint32_t holder, int padding, struct bytes b, unsigned char *out, size_t room)
{
	unsigned char message[SIGNED_MOST];
	struct question q = {.holder = holder, .padding = padding};
	struct message m = {0};

	if (b.len > sizeof message - sizeof q || atomic_load(&worker_shared->signer_lost))
		return 0;
	memcpy(message, &q, sizeof q);
	memcpy(message + sizeof q, b.at, b.len);
	uint64_t ticket = ++last_ticket;
	if (!channel_offer(worker_channel, -1, ticket, (struct bytes){message, sizeof q + b.len}))
		return 0;
	while (channel_receive(worker_channel, message, sizeof message, &m))
		if (m.ticket == ticket) {
			memcpy(out, m.body.at, m.body.len > room ? 0 : m.body.len);
			return m.body.len > room ? 0 : m.body.len;
		}
	return 0;
}

static int sign_rsa(int len, const unsigned char *in, unsigned char *out, RSA *rsa, int padding)
{
	size_t n = ask((uint32_t)(uintptr_t)RSA_get_app_data(rsa), padding, (struct bytes){in, (size_t)len}, out, (size_t)RSA_size(rsa));

	return n > 0 ? (int)n : -1;
}

static int decrypt_nothing(int len, const unsigned char *in, unsigned char *out, RSA *rsa, int padding)
{
	(void)len, (void)in, (void)out, (void)rsa, (void)padding;
	return -1;
}

static int sign_ecdsa(int type, const unsigned char *digest, int len, unsigned char *out, unsigned *out_len, const BIGNUM *k, const BIGNUM *r, EC_KEY *key)
{
	(void)type, (void)k, (void)r;
	*out_len = (unsigned)ask((uint32_t)(uintptr_t)EC_KEY_get_ex_data(key, 0), 0, (struct bytes){digest, (size_t)len}, out, (size_t)ECDSA_size(key));
	return *out_len > 0;
}

static EVP_PKEY *rsa_key(EVP_PKEY *public_key, uintptr_t holder)
{
	RSA_METHOD *method = RSA_meth_dup(RSA_PKCS1_OpenSSL());
	RSA *rsa = EVP_PKEY_get1_RSA(public_key), *asking = RSA_new();
	EVP_PKEY *key = EVP_PKEY_new();

	RSA_meth_set_priv_enc(method, sign_rsa);
	RSA_meth_set_priv_dec(method, decrypt_nothing);
	RSA_set0_key(asking, BN_dup(RSA_get0_n(rsa)), BN_dup(RSA_get0_e(rsa)), NULL);
	RSA_set_method(asking, method);
	RSA_set_app_data(asking, (void *)holder);
	EVP_PKEY_assign_RSA(key, asking);
	RSA_free(rsa);
	return key;
}

static EVP_PKEY *ecdsa_key(EVP_PKEY *public_key, uintptr_t holder)
{
	EC_KEY_METHOD *method = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
	EC_KEY *ec = EVP_PKEY_get1_EC_KEY(public_key), *asking = EC_KEY_new();
	EVP_PKEY *key = EVP_PKEY_new();

	EC_KEY_METHOD_set_sign(method, sign_ecdsa, NULL, NULL);
	EC_KEY_set_method(asking, method);
	EC_KEY_set_group(asking, EC_KEY_get0_group(ec));
	EC_KEY_set_public_key(asking, EC_KEY_get0_public_key(ec));
	EC_KEY_set_ex_data(asking, 0, (void *)holder);
	EVP_PKEY_assign_EC_KEY(key, asking);
	EC_KEY_free(ec);
	return key;
}

static bool use_key(SSL_CTX *context, uintptr_t holder)
{
	EVP_PKEY *public_key = X509_get0_pubkey(SSL_CTX_get0_certificate(context));
	int kind = EVP_PKEY_get_base_id(public_key);
	EVP_PKEY *key = kind == EVP_PKEY_RSA ? rsa_key(public_key, holder) : kind == EVP_PKEY_EC ? ecdsa_key(public_key, holder) : NULL;
	bool good = key && SSL_CTX_use_PrivateKey(context, key) == 1;

	EVP_PKEY_free(key);
	return good;
}

bool signer_use(const struct config *config, int channel, const struct shared *shared)
{
	struct timeval patience = {.tv_sec = PATIENCE_MS / 1000, .tv_usec = PATIENCE_MS % 1000 * 1000};

	worker_channel = channel;
	worker_shared = shared;
	setsockopt(channel, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	for (size_t i = 0; i < holder_count(config); i++) {
		struct holder h = holder_at(config, i);
		if (h.private_key && h.context && !use_key(h.context, i)) {
			log_error("gateway: %s: has a key that is neither RSA nor ECDSA", h.certificate);
			return false;
		}
	}
	return true;
}
