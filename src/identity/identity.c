#include "identity/identity.h"

#include <stdlib.h>

#include "identity/certificates.h"
#include "identity/issuers.h"
#include "identity/keys.h"
#include "identity/refresh.h"
#include "identity/withdrawn.h"
#include "syntax/json.h"

enum { ARENA = 512 << 20, VERIFIED_MOST = 1024 };

/*
 * Tokens whose signature has been checked, as digests: the same token comes
 * with every request of a caller, and a signature costs more than the rest of
 * the question.  Everything but the signature is asked again.
 */
struct verified {
	struct digest tokens[VERIFIED_MOST];
};

struct identity {
	struct arena arena;
	struct key_index keys;
	struct issuers issuers;
	struct certificate_rule *certificates;
	struct verified *verified;
	struct withdrawn *withdrawn;    /* shared; what came to it `since` is what this one would let in wrongly */
	uint64_t since;
	bool followed;                  /* another has that memory now */
	bool loaded;                    /* from a section and its files */
	struct digest files;
};

/* ---- loading ---- */

struct loading {
	struct identity *identity;
	struct reader reader;
	const struct yaml *section;
	bool done;
};

static bool load_keys(struct loading *l)
{
	struct reader *r = &l->reader;
	const struct yaml *name = yaml_member(l->section, "keys");
	struct key_file file;
	struct bytes content;
	const char *path;

	if (!name)
		return true;
	if (name->kind != YAML_IS_SCALAR)
		return reader_fail(r, name, "has something else where the name of a file of keys belongs");
	if (!reader_file(r, name, name->text, FILE_MOST, &path, &content))
		return false;
	r->file = path;
	if (!keys_read(r->arena, content, &file, r->error))
		return false;
	if (!keys_index(r->arena, &file, &l->identity->keys))
		return reader_fail(r, NULL, "cannot be used: no randomness is to be had");
	r->file = NULL;
	return true;
}

static void load(void *arg)
{
	struct loading *l = arg;
	struct reader *r = &l->reader;

	l->done = reader_check(r, l->section, "keys tokens certificates") && load_keys(l) &&
		  issuers_read(r, yaml_member(l->section, "tokens"), &l->identity->issuers) &&
		  certificates_read(r, yaml_member(l->section, "certificates"), &l->identity->certificates);
}

static struct identity *create(void)
{
	struct identity *identity = calloc(1, sizeof *identity);

	if (!identity)
		abort();
	identity->verified = calloc(1, sizeof *identity->verified);
	if (!identity->verified)
		abort();
	identity->withdrawn = withdrawn_create();
	arena_init(&identity->arena, ARENA);
	return identity;
}

struct identity *identity_load(const struct yaml *section, const char *folder, struct yaml_error *error, const char **file)
{
	static char failed[4096];
	struct identity *identity = create();
	struct loading l = {.identity = identity, .section = section, .reader = {.arena = &identity->arena, .folder = folder, .error = error}};

	*error = (struct yaml_error){0};
	*file = NULL;
	hasher_begin(&l.reader.files);
	if (!arena_run(&identity->arena, load, &l))
		reader_fail(&l.reader, NULL, "is too large");
	identity->files = hasher_end(&l.reader.files);
	identity->loaded = l.done;
	if (l.done)
		return identity;
	/* The path lies in the arena, which goes. */
	if (l.reader.file) {
		struct bytes path = bytes_slice(bytes_of(l.reader.file), 0, sizeof failed - 1);
		memcpy(failed, path.at, path.len);
		failed[path.len] = 0;
		*file = failed;
	}
	identity_destroy(identity);
	return NULL;
}

const struct digest *identity_files(const struct identity *identity)
{
	return identity->loaded ? &identity->files : NULL;
}

void identity_explain(const struct identity *identity, struct text *out)
{
	size_t keys = identity->keys.count, certificates = 0;

	for (const struct certificate_rule *c = identity->certificates; c; c = c->next)
		certificates++;
	text_addf(out, "Who shows one of %zu key%s is let in", keys, keys == 1 ? "" : "s");
	for (size_t i = 0; i < identity->issuers.count; i++) {
		text_add_string(out, ", or a token of ");
		text_add_printable(out, identity->issuers.list[i].name, 60);
	}
	if (certificates > 0)
		text_addf(out, ", or one of %zu certificate%s", certificates, certificates == 1 ? "" : "s");
	text_add_string(out, ", and nobody else.\n");
}

struct first {
	struct identity *identity;
	struct digest hash;
	bool done;
};

static void add_first(void *arg)
{
	struct first *f = arg;
	struct key_entry *entry = arena_new(&f->identity->arena, struct key_entry);
	struct key_file file = {entry, 1};

	*entry = (struct key_entry){.caller = {.name = BYTES("first"), .proof = "key"}, .hash = f->hash};
	f->done = keys_index(&f->identity->arena, &file, &f->identity->keys);
}

struct identity *identity_first_key(const char *path, bool *made, const char **why)
{
	struct first f = {.identity = create()};

	*why = keys_read_first(path, &f.hash, made);
	if (!*why && (!arena_run(&f.identity->arena, add_first, &f) || !f.done))
		*why = "no randomness is to be had";
	if (!*why)
		return f.identity;
	identity_destroy(f.identity);
	return NULL;
}

void identity_destroy(struct identity *identity)
{
	if (!identity)
		return;
	issuers_finish(&identity->issuers);
	arena_finish(&identity->arena);
	if (!identity->followed)
		withdrawn_destroy(identity->withdrawn);
	free(identity->verified);
	free(identity);
}

/* ---- what is withdrawn ---- */

static struct digest name_of_certificate(const struct certificate_rule *rule)
{
	unsigned char kind = (unsigned char)rule->kind;

	return digest_of_two((struct bytes){&kind, 1}, rule->value);
}

static bool is_over(int64_t end_ms, int64_t now_ms)
{
	return end_ms && now_ms >= end_ms;
}

static bool knows_key(const struct identity *identity, const struct digest *hash, int64_t now_ms)
{
	const struct key_entry *e = keys_find(&identity->keys, hash);

	return e && !is_over(e->revoked_ms, now_ms) && !is_over(e->caller.expires_ms, now_ms);
}

/* Those that were revoked before stay in their file, and may be many. */
static bool lost_key(const struct identity *identity, const struct identity *old, struct digest hash, int64_t now_ms)
{
	return knows_key(old, &hash, now_ms) && !knows_key(identity, &hash, now_ms);
}

static bool knows_issuer(const struct identity *identity, const struct issuer *issuer, int64_t now_ms)
{
	for (size_t i = 0; i < identity->issuers.count; i++)
		if (bytes_equal(identity->issuers.list[i].issuer, issuer->issuer))
			return !is_over(identity->issuers.list[i].scope.expires_ms, now_ms);
	return false;
}

static bool knows_certificate(const struct identity *identity, const struct certificate_rule *rule, int64_t now_ms)
{
	for (const struct certificate_rule *r = identity->certificates; r; r = r->next)
		if (r->kind == rule->kind && bytes_equal(r->value, rule->value))
			return !is_over(r->caller->expires_ms, now_ms);
	return false;
}

void identity_follow(struct identity *identity, struct identity *old, int64_t now_ms)
{
	withdrawn_destroy(identity->withdrawn);
	identity->withdrawn = old->withdrawn;
	old->followed = true;
	for (size_t i = 0; i < old->keys.count; i++)
		if (lost_key(identity, old, keys_at(&old->keys, i)->hash, now_ms))
			withdrawn_add(identity->withdrawn, keys_at(&old->keys, i)->hash);
	for (size_t i = 0; i < old->issuers.count; i++)
		if (!knows_issuer(identity, &old->issuers.list[i], now_ms))
			withdrawn_add(identity->withdrawn, digest_of(old->issuers.list[i].issuer));
	for (const struct certificate_rule *r = old->certificates; r; r = r->next)
		if (!knows_certificate(identity, r, now_ms))
			withdrawn_add(identity->withdrawn, name_of_certificate(r));
	identity->since = atomic_load(&identity->withdrawn->count);
}

/* Most often not: nobody has come after this one. */
static bool lost_some(const struct identity *identity)
{
	return atomic_load(&identity->withdrawn->count) != identity->since;
}

static bool is_withdrawn(const struct identity *identity, struct digest what)
{
	return withdrawn_holds(identity->withdrawn, identity->since, what);
}

/* ---- keys of issuers ---- */

bool identity_is_due(const struct identity *identity, int64_t now_ms)
{
	for (size_t i = 0; i < identity->issuers.count; i++)
		if (identity->issuers.list[i].shared && shared_keys_due(identity->issuers.list[i].shared, now_ms))
			return true;
	return false;
}

void identity_refresh(struct identity *identity, int64_t now_ms)
{
	for (size_t i = 0; i < identity->issuers.count; i++)
		if (identity->issuers.list[i].shared && shared_keys_due(identity->issuers.list[i].shared, now_ms))
			issuer_refresh(&identity->issuers.list[i], now_ms);
	identity_take_up(identity);
}

void identity_take_up(struct identity *identity)
{
	for (size_t i = 0; i < identity->issuers.count; i++) {
		struct issuer *issuer = &identity->issuers.list[i];
		unsigned before = issuer->generation;
		if (issuer->shared)
			issuer_take_up(issuer);
		/* What an old key has signed counts no more. */
		if (issuer->generation != before)
			memset(identity->verified, 0, sizeof *identity->verified);
	}
}

/* ---- asking ---- */

static const struct caller *find_key(const struct identity *identity, struct arena *arena, struct bytes secret, int64_t now_ms, const char **why)
{
	const struct key_entry *entry = keys_lookup(&identity->keys, secret);

	*why = NULL;
	if (!entry)
		return NULL;
	if (is_over(entry->revoked_ms, now_ms) || (lost_some(identity) && is_withdrawn(identity, entry->hash)))
		*why = "shows a key that was revoked";
	else if (is_over(entry->caller.expires_ms, now_ms))
		*why = "shows a key that has expired";
	return *why ? NULL : caller_copy(arena, &entry->caller);
}

static const struct issuer *find_issuer(const struct identity *identity, const struct token *token)
{
	struct bytes name = json_string(token->claims, "iss");

	for (size_t i = 0; i < identity->issuers.count; i++)
		if (bytes_equal(identity->issuers.list[i].issuer, name))
			return &identity->issuers.list[i];
	return NULL;
}

static const struct caller *find_token(const struct identity *identity, struct arena *arena, struct bytes shown, int64_t now_ms, const char **why)
{
	struct token token;
	bool unknown_key;

	*why = token_read(arena, shown, &token);
	if (*why)
		return NULL;
	const struct issuer *issuer = find_issuer(identity, &token);
	if (!issuer) {
		*why = "shows a token of an issuer that is not known";
		return NULL;
	}
	if (is_over(issuer->scope.expires_ms, now_ms) || (lost_some(identity) && is_withdrawn(identity, digest_of(issuer->issuer)))) {
		*why = "shows a token of an issuer that is trusted no more";
		return NULL;
	}
	struct digest digest = digest_of(shown);
	size_t slot = (digest.sha256[0] | (size_t)digest.sha256[1] << 8) % VERIFIED_MOST;
	bool known = digest_equal(identity->verified->tokens[slot], digest);
	*why = token_check(issuer, &token, now_ms, known, &unknown_key);
	if (unknown_key && issuer->shared)
		shared_keys_want(issuer->shared);
	if (*why)
		return NULL;
	identity->verified->tokens[slot] = digest;
	return token_caller(arena, issuer, &token, why);
}

static const struct caller *find_secret(const struct identity *identity, struct arena *arena, struct bytes secret, int64_t now_ms, const char **why)
{
	const struct caller *caller = find_key(identity, arena, secret, now_ms, why);

	if (caller || *why)
		return caller;
	if (identity->issuers.count && bytes_find_byte(secret, '.') != secret.len)
		return find_token(identity, arena, secret, now_ms, why);
	*why = "shows a key that is not known";
	return NULL;
}

static const struct caller *find_certificate(const struct identity *identity, struct arena *arena, struct bytes der, int64_t now_ms, const char **why)
{
	const struct certificate_rule *rule = certificates_find(identity->certificates, der, now_ms, why);

	if (!rule)
		return NULL;
	if (is_over(rule->caller->expires_ms, now_ms) || (lost_some(identity) && is_withdrawn(identity, name_of_certificate(rule)))) {
		*why = "shows a certificate that is trusted no more";
		return NULL;
	}
	return caller_copy(arena, rule->caller);
}

/* The secret of "Bearer SECRET"; empty for any other scheme. */
static struct bytes bearer_of(struct bytes header)
{
	struct bytes scheme = BYTES("bearer ");

	if (!bytes_equal_folded(bytes_slice(header, 0, scheme.len), scheme))
		return BYTES("");
	header = bytes_from(header, scheme.len);
	while (header.len > 0 && header.at[0] == ' ')
		header = bytes_from(header, 1);
	while (header.len > 0 && header.at[header.len - 1] == ' ')
		header.len--;
	return header;
}

const struct caller *identity_find(const struct identity *identity, struct arena *arena, const struct credentials *shown, int64_t now_ms, const char **why)
{
	struct bytes bearer = bearer_of(shown->authorization);

	*why = NULL;
	if (shown->authorization.len && !bearer.len)
		*why = "shows something else where \"Bearer\" and a key or token belong";
	else if (bearer.len && shown->api_key.len && !bytes_equal(bearer, shown->api_key))
		*why = "shows two different keys";
	if (*why)
		return NULL;
	/* What was shown and is wrong is not made up for by a certificate. */
	if (bearer.len || shown->api_key.len)
		return find_secret(identity, arena, bearer.len ? bearer : shown->api_key, now_ms, why);
	if (shown->certificate.len)
		return find_certificate(identity, arena, shown->certificate, now_ms, why);
	*why = "shows neither key, token nor certificate";
	return NULL;
}
