#ifndef IDENTITY_TOKEN_H
#define IDENTITY_TOKEN_H

#include "identity/jwks.h"
#include "types/circumstances.h"

/*
 * Signed tokens: JWT (RFC 7519) in the compact form of JWS (RFC 7515), read as
 * RFC 8725 advises.  Nothing in a token says where its key is: jku, x5u, jwk
 * and x5c are not looked at.
 */

enum { TOKEN_MOST = 8192, AUDIENCES_MOST = 8 };

/* Which claims say what; a name that begins with '/' is a JSON pointer (RFC 6901). Empty: none does. */
struct token_claims {
	struct bytes name, team, roles, purposes;
};

struct issuer {
	struct bytes name;              /* ours; a caller is called "NAME/SUBJECT" */
	struct bytes issuer;            /* the claim "iss", byte by byte */
	struct names audiences;         /* one of them has to be in the claim "aud" */
	struct bytes type;              /* what "typ" has to be; empty: JWT, at+jwt, or not there */
	unsigned algorithms;            /* set of 1 << enum algorithm */
	int64_t leeway_s;
	struct token_claims claims;
	struct caller scope;            /* what all its callers have in common */
	struct key_set *keys;           /* NULL: not known yet */

	/* Keys fetched from an address: see refresh.c. */
	const char *url, *authority;
	struct shared_keys *shared;
	unsigned generation;            /* of the shared ones, which `keys` was made of */
};

/* A token taken apart, before anything of it is believed. */
struct token {
	enum algorithm algorithm;
	struct bytes key_id, type;
	struct bytes text, signature;   /* what was signed; its signature, decoded */
	const struct json *claims;
};

/* NULL when it is fine, else why not: completes "the caller ...". */
const char *token_read(struct arena *arena, struct bytes shown, struct token *out);

/* Is it by this issuer, signed, for us, and for now? `signature_known`: it has been checked before. */
const char *token_check(const struct issuer *issuer, const struct token *token, int64_t now_ms, bool signature_known, bool *unknown_key);

/* Who it speaks of; NULL: `why` tells. */
const struct caller *token_caller(struct arena *arena, const struct issuer *issuer, const struct token *token, const char **why);

#endif
