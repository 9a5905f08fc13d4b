#include "gateway/mcp_sessions.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum { CODE = 16, CODE_DIGITS = 2 * CODE };

bool mcp_sessions_open(const char *directory, unsigned char key[MCP_SESSIONS_KEY])
{
	char path[4096];
	struct text file;

	snprintf(path, sizeof path, "%s/sessions", directory);
	if (RAND_bytes(key, MCP_SESSIONS_KEY) != 1)
		abort();
	if (file_create(path, 0600, (struct bytes){key, MCP_SESSIONS_KEY}) == STATUS_OK)
		return true;
	if (errno != EEXIST)
		return false;
	text_init(&file, NULL);
	bool good = file_read(path, MCP_SESSIONS_KEY, &file) == STATUS_OK && file.len == MCP_SESSIONS_KEY;
	if (good)
		memcpy(key, file.at, MCP_SESSIONS_KEY);
	else
		errno = EBADMSG;
	if (file.at)
		explicit_bzero(file.at, file.room);
	text_finish(&file);
	return good;
}

/* Over the parts with a byte between them that neither the first nor the last can have. */
static void add_code(struct text *out, const unsigned char key[MCP_SESSIONS_KEY], const struct server *server, struct bytes caller, struct bytes own)
{
	unsigned char whole[EVP_MAX_MD_SIZE];
	struct text all;

	text_init(&all, NULL);
	text_add_string(&all, server->url);
	text_add_byte(&all, 0);
	text_add(&all, caller);
	text_add_byte(&all, 0);
	text_add(&all, own);
	if (!HMAC(EVP_sha256(), key, MCP_SESSIONS_KEY, (const unsigned char *)all.at, all.len, whole, NULL))
		abort();
	text_add_hex(out, (struct bytes){whole, CODE});
	text_finish(&all);
}

struct bytes mcp_session_name(const unsigned char key[MCP_SESSIONS_KEY], struct arena *arena, const struct server *server, struct bytes caller, struct bytes own)
{
	struct text name;

	text_init(&name, arena);
	text_add(&name, own);
	text_add_byte(&name, '.');
	add_code(&name, key, server, caller, own);
	return text_bytes(&name);
}

static struct server *find_in(const unsigned char key[MCP_SESSIONS_KEY], struct upstream *u, struct bytes caller, struct bytes own, struct bytes digits)
{
	for (size_t i = 0; i < u->server_count; i++) {
		struct text code;

		text_init(&code, NULL);
		add_code(&code, key, &u->servers[i], caller, own);
		bool same = CRYPTO_memcmp(code.at, digits.at, CODE_DIGITS) == 0;
		text_finish(&code);
		if (same)
			return &u->servers[i];
	}
	return NULL;
}

struct server *mcp_session_find(const unsigned char key[MCP_SESSIONS_KEY], const struct route *route, struct bytes caller, struct bytes name, struct bytes *own)
{
	struct server *found = NULL;
	struct upstream *u;

	if (name.len <= CODE_DIGITS || name.at[name.len - CODE_DIGITS - 1] != '.')
		return NULL;
	*own = bytes_slice(name, 0, name.len - CODE_DIGITS - 1);
	struct bytes digits = bytes_from(name, name.len - CODE_DIGITS);
	for (size_t i = 0; !found && (u = route_upstream(route, i)) != NULL; i++)
		found = find_in(key, u, caller, *own, digits);
	return found;
}
