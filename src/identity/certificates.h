#ifndef IDENTITY_CERTIFICATES_H
#define IDENTITY_CERTIFICATES_H

#include "identity/inside.h"

/*
 * Callers by the certificate they showed TLS, which has verified its chain.
 * What is compared is compared whole: a certificate for *.example.org is not
 * one for a.example.org.
 */
enum certificate_kind { CERTIFICATE_DNS, CERTIFICATE_URI, CERTIFICATE_EMAIL, CERTIFICATE_SUBJECT, CERTIFICATE_SHA256 };

struct certificate_rule {
	enum certificate_kind kind;
	struct bytes value;             /* of a fingerprint: 32 bytes */
	const struct caller *caller;
	struct certificate_rule *next;
};

/* The map `certificates`: "dns:a.example.org", "uri:spiffe://...", "email:...", "subject:CN=...", "sha256:..." to a caller. */
bool certificates_read(struct reader *r, const struct yaml *map, struct certificate_rule **out);

/* NULL: `why` completes "the caller ...". */
const struct certificate_rule *certificates_find(const struct certificate_rule *rules, struct bytes der, int64_t now_ms, const char **why);

#endif
