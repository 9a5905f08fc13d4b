#include "gateway/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/log.h"
#include "gateway/config.h"

enum { DAY_S = 86400, TICKET_S = 3600, CHAIN_MOST = 8 };

static const unsigned char offered[] = "\2h2\10http/1.1";

/* What both know; a caller that names none of the two is told so, and one that names nothing speaks HTTP/1.1. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in, unsigned in_len, void *context)
{
	unsigned char *chosen;

	(void)ssl, (void)context;
	if (SSL_select_next_proto(&chosen, out_len, offered, sizeof offered - 1, in, in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static const X509 *certificate_of(const struct listener *l)
{
	return SSL_CTX_get0_certificate(l->context);
}

int64_t tls_seconds_left(const struct listener *l)
{
	int days = 0, seconds = 0;

	ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate_of(l)));
	return (int64_t)days * DAY_S + seconds;
}

const char *tls_warning(int64_t left)
{
	static char words[64];

	if (left >= (int64_t)TLS_WARN_DAYS * DAY_S)
		return NULL;
	if (left < 0)
		snprintf(words, sizeof words, "HAS EXPIRED, %lld days ago", (long long)(-left / DAY_S));
	else
		snprintf(words, sizeof words, "EXPIRES IN %lld DAYS AND %lld HOURS", (long long)(left / DAY_S), (long long)(left % DAY_S / 3600));
	return words;
}

static const char *check_dates(const struct listener *l)
{
	const X509 *x = certificate_of(l);

	if (X509_cmp_current_time(X509_get0_notBefore(x)) > 0)
		return "a certificate that is not valid yet";
	return tls_seconds_left(l) < 0 ? "a certificate that has expired: no caller would come in" : NULL;
}

X509 *tls_read_certificate(const char *path)
{
	FILE *in = file_is_odd(path) ? NULL : fopen(path, "re");
	X509 *x = in ? PEM_read_X509(in, NULL, NULL, NULL) : NULL;

	if (in)
		fclose(in);
	return x;
}

const char *tls_read_end(const char *path, int64_t *ends_s)
{
	X509 *x = tls_read_certificate(path);
	struct tm ends;
	bool good = x && ASN1_TIME_to_tm(X509_get0_notAfter(x), &ends) == 1;

	if (good)
		*ends_s = timegm(&ends);
	X509_free(x);
	return good ? NULL : file_is_odd(path) ? "a certificate that is no regular file" : "a certificate that cannot be read";
}

/* Who may call is checked at every handshake, by those who are named and no others. */
static const char *check_callers(const struct listener *l)
{
	if (file_is_odd(l->authorities))
		return "a file of authorities for callers that is no regular file";
	STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(l->authorities);
	if (!names || SSL_CTX_load_verify_file(l->context, l->authorities) != 1)
		return "a file of authorities for callers that cannot be read";
	SSL_CTX_set_client_CA_list(l->context, names);
	SSL_CTX_set_purpose(l->context, X509_PURPOSE_SSL_CLIENT);
	SSL_CTX_set_verify_depth(l->context, CHAIN_MOST);
	SSL_CTX_set_verify(l->context, SSL_VERIFY_PEER | (l->certificate_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
	SSL_CTX_set_num_tickets(l->context, 0);
	SSL_CTX_set_options(l->context, SSL_OP_NO_TICKET);
	return NULL;
}

static void set_rules(SSL_CTX *c)
{
	SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
	SSL_CTX_set_cipher_list(c, "ECDHE+AESGCM:ECDHE+CHACHA20");
	SSL_CTX_set1_groups_list(c, "X25519:P-256:P-384");
	SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_PRIORITIZE_CHACHA | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_timeout(c, TICKET_S);
	SSL_CTX_set_num_tickets(c, 1);
	SSL_CTX_set_alpn_select_cb(c, choose_protocol, NULL);
}

const char *tls_open(struct listener *l)
{
	l->context = SSL_CTX_new(TLS_server_method());
	if (!l->context)
		return "a context of TLS that cannot be made";
	set_rules(l->context);
	ERR_clear_error();
	if (file_is_odd(l->certificate))
		return "a certificate that is no regular file";
	if (SSL_CTX_use_certificate_chain_file(l->context, l->certificate) != 1)
		return "a certificate that cannot be read, or is weaker than what is safe";
	const char *why = check_dates(l);
	return why ? why : l->authorities ? check_callers(l) : NULL;
}

void tls_close(struct listener *l)
{
	SSL_CTX_free(l->context);
	l->context = NULL;
}

void tls_certificate_of(SSL *ssl, struct text *out)
{
	const X509 *x = SSL_get_verify_result(ssl) == X509_V_OK ? SSL_get0_peer_certificate(ssl) : NULL;
	int len = x ? i2d_X509(x, NULL) : 0;

	text_clear(out);
	if (len <= 0)
		return;
	unsigned char *at = (unsigned char *)text_reserve(out, (size_t)len);
	out->len += (size_t)i2d_X509(x, &at);
}

bool tls_chose_http2(const SSL *ssl)
{
	const unsigned char *name;
	unsigned len;

	SSL_get0_alpn_selected(ssl, &name, &len);
	return len == 2 && memcmp(name, "h2", 2) == 0;
}
