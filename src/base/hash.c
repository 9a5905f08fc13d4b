#include "base/hash.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* Fetched once: fetching by name costs more than hashing a short record. */
static const EVP_MD *sha256(void)
{
	static EVP_MD *md;

	if (!md)
		md = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!md)
		abort();
	return md;
}

static void must(int ok)
{
	if (ok != 1)
		abort();
}

void hasher_init(struct hasher *h)
{
	h->context = EVP_MD_CTX_new();
	must(h->context != NULL);
}

void hasher_finish(struct hasher *h)
{
	EVP_MD_CTX_free(h->context);
	h->context = NULL;
}

void hasher_begin(struct hasher *h)
{
	must(EVP_DigestInit_ex2(h->context, sha256(), NULL));
}

void hasher_add(struct hasher *h, struct bytes b)
{
	if (b.len)
		must(EVP_DigestUpdate(h->context, b.at, b.len));
}

struct digest hasher_end(struct hasher *h)
{
	struct digest d;

	must(EVP_DigestFinal_ex(h->context, d.sha256, NULL));
	return d;
}

struct digest digest_of(struct bytes b)
{
	static struct hasher h;

	if (!h.context)
		hasher_init(&h);
	hasher_begin(&h);
	hasher_add(&h, b);
	return hasher_end(&h);
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
