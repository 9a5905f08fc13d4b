#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/bytes.h"

/* SHA-256 (FIPS 180-4), by OpenSSL. */

struct digest {
	unsigned char sha256[32];
};

struct hasher {
	_Alignas(8) unsigned char context[112];
};

void hasher_begin(struct hasher *h);                    /* may be begun again and again */
void hasher_add(struct hasher *h, struct bytes b);
struct digest hasher_end(struct hasher *h);

/* In one call; the second of both together, as one stretch of bytes. */
struct digest digest_of(struct bytes b);
struct digest digest_of_two(struct bytes first, struct bytes second);

struct bytes digest_bytes(const struct digest *d);
bool digest_equal(struct digest a, struct digest b);

/* "sha256:" and 64 hexadecimal digits in small letters; false on anything else. */
bool digest_read(struct bytes b, struct digest *out);

#endif
