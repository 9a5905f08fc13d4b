#include "gateway/keys.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

enum { SECRET_BYTES = 32, SECRET_MOST = 512 };

void keys_add(struct keys *keys, const char *name, struct bytes secret, int64_t expires_ms)
{
	struct key *k = calloc(1, sizeof *k);

	if (!k)
		abort();
	*k = (struct key){.digest = digest_of(secret), .expires_ms = expires_ms, .next = keys->first};
	snprintf(k->name, sizeof k->name, "%s", name);
	keys->first = k;
}

void keys_finish(struct keys *keys)
{
	while (keys->first) {
		struct key *k = keys->first;
		keys->first = k->next;
		free(k);
	}
}

/* Every key is compared, each in constant time: how long it takes tells nothing. */
const struct key *keys_find(const struct keys *keys, struct bytes secret, int64_t now_ms)
{
	struct digest d = digest_of(secret);
	const struct key *found = NULL;

	if (secret.len == 0 || secret.len > SECRET_MOST)
		return NULL;
	for (const struct key *k = keys->first; k; k = k->next)
		if (CRYPTO_memcmp(k->digest.sha256, d.sha256, sizeof d.sha256) == 0)
			found = k;
	return found && (found->expires_ms == 0 || now_ms < found->expires_ms) ? found : NULL;
}

static const char *make_key(const char *path)
{
	unsigned char raw[SECRET_BYTES];
	struct text t;

	if (RAND_bytes(raw, sizeof raw) != 1)
		return "no randomness is to be had";
	text_init(&t, NULL);
	text_add_string(&t, "merlon-");
	text_add_hex(&t, (struct bytes){raw, sizeof raw});
	text_add_byte(&t, '\n');
	enum status status = file_create(path, 0600, text_bytes(&t));
	explicit_bzero(raw, sizeof raw);
	explicit_bzero(t.at, t.len);
	text_finish(&t);
	return status == STATUS_OK || errno == EEXIST ? NULL : "the first key cannot be written";
}

const char *keys_first(struct keys *keys, const char *path, bool *made)
{
	struct text t;
	struct stat about;

	*made = stat(path, &about) != 0;
	const char *why = *made ? make_key(path) : about.st_mode & 077 ? "its file can be read by others: chmod 600" : NULL;
	if (why)
		return why;
	text_init(&t, NULL);
	if (file_read(path, SECRET_MOST, &t) != STATUS_OK)
		why = "it cannot be read";
	struct bytes secret = text_bytes(&t);
	while (secret.len > 0 && secret.at[secret.len - 1] <= ' ')
		secret.len--;
	if (!why && secret.len < 16)
		why = "it is shorter than 16 characters";
	if (!why)
		keys_add(keys, "first", secret, 0);
	if (t.at)
		explicit_bzero(t.at, t.len);
	text_finish(&t);
	return why;
}
