#ifndef IDENTITY_IDENTITY_H
#define IDENTITY_IDENTITY_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/text.h"
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
 * and `*file` is the file it stands in (NULL: the configuration itself), valid
 * until the next call. Line 0: nowhere in particular.
 */
struct identity *identity_load(const struct yaml *section, const char *folder, struct yaml_error *error, const char **file);
/* SHA-256 over the files that the section names (not what it fetches), one after the other; NULL where there was none. */
const struct digest *identity_files(const struct identity *identity);

/*
 * For a start without such a section: one caller, "first", whose key is read from `path`, or made and written there
 * (mode 0600; `*made`). NULL: `why` completes "PATH: ...".
 */
struct identity *identity_first_key(const char *path, bool *made, const char **why);
/*
 * After `old`, whose place it takes, in the supervisor and before it forks: the keys, issuers and certificates that
 * are not known any more open nothing in processes that go on by `old`, or by one before it, either.
 */
void identity_follow(struct identity *identity, struct identity *old, int64_t now_ms);
/* Who is let in, in words. */
void identity_explain(const struct identity *identity, struct text *out);
void identity_destroy(struct identity *identity);

/*
 * Keys of issuers that publish them at an address.  identity_load() fetches nothing.  Load before forking; then
 *
 *   the supervisor   calls identity_refresh() once before it forks workers, and whenever identity_is_due(): in a
 *                    child of its own, as fetching may take 5 seconds an issuer
 *   every worker     calls identity_take_up() from a timer, outside of requests; it costs nothing unless keys changed
 *
 * Until keys have been fetched no token of the issuer is accepted; afterwards a failure leaves the old ones in use,
 * and the log says so.
 */
bool identity_is_due(const struct identity *identity, int64_t now_ms);
void identity_refresh(struct identity *identity, int64_t now_ms);
void identity_take_up(struct identity *identity);

/* NULL when it is nobody; `why` completes "the caller ...". What comes back lies in the arena. */
const struct caller *identity_find(const struct identity *identity, struct arena *arena, const struct credentials *shown, int64_t now_ms, const char **why);

#endif
