#ifndef IDENTITY_JWKS_H
#define IDENTITY_JWKS_H

#include "base/arena.h"

/*
 * Keys that an issuer signs with (JWK and JWK Set, RFC 7517, 7518 section 6,
 * RFC 8037), and signatures checked with them, by OpenSSL.
 */

/* Asymmetric signatures alone: "none" and HMAC have no name here, so nothing can ask for them. */
enum algorithm {
	ALGORITHM_RS256, ALGORITHM_RS384, ALGORITHM_RS512, ALGORITHM_PS256, ALGORITHM_PS384, ALGORITHM_PS512,
	ALGORITHM_ES256, ALGORITHM_ES384, ALGORITHM_EDDSA, ALGORITHM_COUNT
};

/* ALGORITHM_COUNT when there is none of that name. */
enum algorithm algorithm_named(struct bytes name);

enum { KEY_SET_MOST = 64, KEY_ID_MOST = 128 };

struct verify_key {
	unsigned char id[KEY_ID_MOST];
	size_t id_len;              /* 0: it has none */
	unsigned algorithms;        /* set of 1 << enum algorithm that fit it */
	void *key;                  /* EVP_PKEY */
};

struct key_set {
	struct verify_key keys[KEY_SET_MOST];
	size_t count;
};

/*
 * Reads {"keys": [...]}; on the heap. Keys for other uses and of other kinds are passed over, as are those too weak
 * to trust (RSA below 2048 bits). NULL: `why` completes "FILE ...".
 */
struct key_set *key_set_read(struct bytes json, const char **why);
void key_set_destroy(struct key_set *set);

/*
 * The one key that a token with this id and algorithm can be signed with; an empty id names the only key of a set
 * of one. NULL: `why` completes "the caller ...".
 */
const struct verify_key *key_set_find(const struct key_set *set, struct bytes id, enum algorithm algorithm, const char **why);

bool signature_holds(const struct verify_key *key, enum algorithm algorithm, struct bytes text, struct bytes signature);

#endif
