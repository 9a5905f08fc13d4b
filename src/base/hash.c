/* Below EVP, which in OpenSSL 3.0 looks up, allocates and wipes for every digest: for a record or a node that is a third of the work. */
#define OPENSSL_API_COMPAT 0x10100000L
#include "base/hash.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

static void must(int ok)
{
	if (ok != 1)
		abort();
}

_Static_assert(sizeof(SHA256_CTX) <= sizeof(((struct hasher *)0)->context), "no room for OpenSSL's context");

void hasher_begin(struct hasher *h)
{
	must(SHA256_Init((SHA256_CTX *)h->context));
}

void hasher_add(struct hasher *h, struct bytes b)
{
	if (b.len)
		must(SHA256_Update((SHA256_CTX *)h->context, b.at, b.len));
}

struct digest hasher_end(struct hasher *h)
{
	struct digest d;

	must(SHA256_Final(d.sha256, (SHA256_CTX *)h->context));
	return d;
}

struct digest digest_of_two(struct bytes first, struct bytes second)
{
	struct hasher h __attribute__((uninitialized));

	hasher_begin(&h);
	hasher_add(&h, first);
	hasher_add(&h, second);
	return hasher_end(&h);
}

struct digest digest_of(struct bytes b)
{
	return digest_of_two(b, BYTES(""));
}

struct bytes digest_bytes(const struct digest *d)
{
	return (struct bytes){d->sha256, sizeof d->sha256};
}

bool digest_equal(struct digest a, struct digest b)
{
	return memcmp(a.sha256, b.sha256, sizeof a.sha256) == 0;
}

static int nibble(unsigned char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool digest_read(struct bytes b, struct digest *out)
{
	struct bytes hex = bytes_from(b, 7);

	if (!bytes_start_with(b, BYTES("sha256:")) || hex.len != 64)
		return false;
	for (size_t i = 0; i < 32; i++) {
		int high = nibble(hex.at[2 * i]), low = nibble(hex.at[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out->sha256[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}
