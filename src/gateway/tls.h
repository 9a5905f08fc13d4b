#ifndef GATEWAY_TLS_H
#define GATEWAY_TLS_H

#include <openssl/types.h>

#include "base/text.h"

/*
 * TLS towards callers: 1.3, or 1.2 with ciphers that have forward secrecy and
 * authenticate.  HTTP/2 and HTTP/1.1 are offered.  No compression, no
 * renegotiation; sessions are resumed only where callers show no certificate,
 * since one that was revoked or has expired is to be noticed.
 */

enum { TLS_WARN_DAYS = 30 };

struct listener;

/*
 * Makes the context of a listener, all but its private key, and before the
 * workers: so that they share the keys of sessions. NULL when it is fine,
 * else what is wrong with its files.
 */
const char *tls_open(struct listener *l);
void tls_close(struct listener *l);

/* Seconds until the certificate ends; negative when it has. */
int64_t tls_seconds_left(const struct listener *l);
/* "EXPIRES IN 3 DAYS...", or NULL while that is far away; in words of its own, valid until the next call. */
const char *tls_warning(int64_t seconds_left);
/* The first certificate of a PEM file, the caller's to free; NULL when there is none. */
X509 *tls_read_certificate(const char *path);
/* When the first certificate of a PEM file ends, in seconds since 1970. NULL when it is fine, else what is wrong with it. */
const char *tls_read_end(const char *path, int64_t *ends_s);

/* The certificate that the caller showed and that was found good, as DER in `out`; empty when there is none. */
void tls_certificate_of(SSL *ssl, struct text *out);
bool tls_chose_http2(const SSL *ssl);

#endif
