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
