#ifndef IDENTITY_IDENTITY_H
#define IDENTITY_IDENTITY_H

#include "base/arena.h"
#include "syntax/yaml.h"
#include "types/circumstances.h"

/*
 * Who is asking.  Nothing follows from where a connection comes from: a caller
 * shows a key, a token (JWT, RFC 7519) or a certificate, or is nobody.
 */
struct identity;

/* What a request brought along. */
struct credentials {
	struct bytes authorization;         /* the header's value */
	struct bytes api_key;               /* of the header x-api-key */
	struct bytes certificate;           /* DER of the client's, whose chain TLS has verified; or empty */
};

/*
 * The section `callers` of a gateway's configuration, and the files it names;
 * relative ones from `folder`.  NULL when something is wrong: `error` tells,
 * and `*file` is the file it stands in (NULL: the configuration itself).
 */
struct identity *identity_load(const struct yaml *section, const char *folder, struct yaml_error *error, const char **file);
void identity_destroy(struct identity *identity);

/* NULL when it is nobody; `why` completes "the caller ...". What comes back lies in the arena. */
const struct caller *identity_find(const struct identity *identity, struct arena *arena, const struct credentials *shown, int64_t now_ms, const char **why);

#endif
