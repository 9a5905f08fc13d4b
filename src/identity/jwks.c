#include "identity/jwks.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "syntax/json.h"

enum { RSA_BITS_LEAST = 2048, RSA_BITS_MOST = 8192, SCRATCH = 4 << 20 };

static const char *const names[ALGORITHM_COUNT] = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"};

#define SET_RSA ((1u << ALGORITHM_ES256) - 1)
#define SET_ONE(algorithm) (1u << (algorithm))

enum algorithm algorithm_named(struct bytes name)
{
	unsigned a = 0;

	while (a < ALGORITHM_COUNT && !bytes_same(name, names[a]))
		a++;
	return (enum algorithm)a;
}

/* ---- keys ---- */

static EVP_PKEY *make(const char *type, OSSL_PARAM_BLD *builder)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY *key = NULL;

	if (!context || !params || EVP_PKEY_fromdata_init(context) != 1 || EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(params);
	context = key ? EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL) : NULL;
	/* A point off its curve, a modulus with small factors and the like. */
	bool sound = context && EVP_PKEY_public_check(context) == 1;
	EVP_PKEY_CTX_free(context);
	if (sound)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

static EVP_PKEY *make_rsa(struct bytes modulus, struct bytes exponent)
{
	BIGNUM *n = BN_bin2bn(modulus.at, (int)modulus.len, NULL), *e = BN_bin2bn(exponent.at, (int)exponent.len, NULL);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	EVP_PKEY *key = NULL;

	if (builder && n && e && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e))
		key = make("RSA", builder);
	OSSL_PARAM_BLD_free(builder);
	BN_free(n);
	BN_free(e);
	return key;
}

static EVP_PKEY *make_ec(const char *group, struct bytes x, struct bytes y)
{
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	unsigned char point[1 + 48 + 48] = {4};
	EVP_PKEY *key = NULL;

	memcpy(point + 1, x.at, x.len);
	memcpy(point + 1 + x.len, y.at, y.len);
	if (builder && OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) &&
	    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + x.len + y.len))
		key = make("EC", builder);
	OSSL_PARAM_BLD_free(builder);
	return key;
}

/* ---- reading ---- */

struct reading {
	struct arena *arena;
	struct bytes in;
	struct key_set *set;
	const char *why;
};

static bool read_value(struct reading *r, const struct json *jwk, const char *name, struct bytes *out)
{
	const struct json *v = json_member(jwk, name);

	if (v && v->kind == JSON_IS_STRING && v->text.len > 0 && base64url_read(r->arena, v->text, out) && out->len > 0)
		return true;
	r->why = "has a key with a value that is missing or no base64url";
	return false;
}

static bool read_rsa(struct reading *r, const struct json *jwk, struct verify_key *key)
{
	struct bytes n, e;

	if (!read_value(r, jwk, "n", &n) || !read_value(r, jwk, "e", &e))
		return false;
	if (n.at[0] == 0 || e.at[0] == 0 || n.len * 8 < RSA_BITS_LEAST || n.len * 8 > RSA_BITS_MOST || e.len > 4)
		return true;            /* not to be trusted, or only slow: passed over */
	key->key = make_rsa(n, e);
	if (key->key && EVP_PKEY_get_bits(key->key) < RSA_BITS_LEAST) {
		EVP_PKEY_free(key->key);
		key->key = NULL;
		return true;
	}
	key->algorithms = SET_RSA;
	if (!key->key)
		r->why = "has an RSA key that is unsound";
	return key->key;
}

static bool read_ec(struct reading *r, const struct json *jwk, struct verify_key *key)
{
	bool small = bytes_same(json_string(jwk, "crv"), "P-256");
	size_t len = small ? 32 : 48;
	struct bytes x, y;

	if (!small && !bytes_same(json_string(jwk, "crv"), "P-384"))
		return true;
	if (!read_value(r, jwk, "x", &x) || !read_value(r, jwk, "y", &y))
		return false;
	key->algorithms = SET_ONE(small ? ALGORITHM_ES256 : ALGORITHM_ES384);
	if (x.len == len && y.len == len)
		key->key = make_ec(small ? "P-256" : "P-384", x, y);
	if (!key->key)
		r->why = "has an EC key that is no point of its curve";
	return key->key;
}

static bool read_okp(struct reading *r, const struct json *jwk, struct verify_key *key)
{
	struct bytes x;

	if (!bytes_same(json_string(jwk, "crv"), "Ed25519"))
		return true;
	if (!read_value(r, jwk, "x", &x))
		return false;
	key->algorithms = SET_ONE(ALGORITHM_EDDSA);
	if (x.len == 32)
		key->key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x.at, x.len);
	if (!key->key)
		r->why = "has an Ed25519 key that is none";
	return key->key;
}

static bool is_for_verifying(const struct json *jwk)
{
	const struct json *use = json_member(jwk, "use"), *operations = json_member(jwk, "key_ops");

	if (use && !bytes_same(use->text, "sig"))
		return false;
	json_each(operations, it)
		if (bytes_same(it->text, "verify"))
			return true;
	return !operations;
}

static bool read_kind(struct reading *r, const struct json *jwk, struct verify_key *key)
{
	struct bytes kind = json_string(jwk, "kty");

	if (bytes_same(kind, "RSA"))
		return read_rsa(r, jwk, key);
	if (bytes_same(kind, "EC"))
		return read_ec(r, jwk, key);
	return bytes_same(kind, "OKP") ? read_okp(r, jwk, key) : true;
}

static bool is_known(const struct key_set *set, const struct verify_key *key)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->keys[i].id_len == key->id_len && memcmp(set->keys[i].id, key->id, key->id_len) == 0 && set->keys[i].algorithms & key->algorithms)
			return true;
	return false;
}

static bool read_key(struct reading *r, const struct json *jwk)
{
	struct verify_key key = {0};
	const struct json *id = json_member(jwk, "kid"), *algorithm = json_member(jwk, "alg");

	if (jwk->kind != JSON_IS_OBJECT)
		r->why = "has a key that is no object";
	else if (json_member(jwk, "d"))
		r->why = "holds a private key: whoever has read it can sign as the issuer";
	else if (id && (id->kind != JSON_IS_STRING || id->text.len == 0 || id->text.len > KEY_ID_MOST))
		r->why = "has a key whose id is empty, too long or no string";
	else if (r->set->count == KEY_SET_MOST)
		r->why = "holds more than 64 keys";
	if (r->why || !is_for_verifying(jwk))
		return !r->why;
	if (id) {
		memcpy(key.id, id->text.at, id->text.len);
		key.id_len = id->text.len;
	}
	if (!read_kind(r, jwk, &key) || !key.key)
		return !r->why;
	if (algorithm) {
		enum algorithm named = algorithm_named(algorithm->text);
		key.algorithms &= named < ALGORITHM_COUNT ? SET_ONE(named) : 0;
	}
	if (!key.algorithms || (key.id_len && is_known(r->set, &key))) {
		EVP_PKEY_free(key.key);
		if (key.algorithms)
			r->why = "has two keys of one id that a token could mean";
		return !r->why;
	}
	r->set->keys[r->set->count++] = key;
	return true;
}

static void read_set(void *arg)
{
	struct reading *r = arg;
	struct json_error error;
	const struct json *root = json_parse(r->arena, r->in, &error), *keys = json_member(root, "keys");

	if (!root)
		r->why = error.why;
	else if (error.duplicate)
		r->why = "has a JSON key twice in one object";
	else if (!keys || keys->kind != JSON_IS_ARRAY)
		r->why = "is no set of keys: it has no list \"keys\"";
	if (r->why)
		return;
	json_each(keys, it)
		if (!read_key(r, it))
			return;
	if (r->set->count == 0)
		r->why = "has no key that can be used";
}

struct key_set *key_set_read(struct bytes json, const char **why)
{
	struct arena arena;
	struct reading r = {.arena = &arena, .in = json, .set = calloc(1, sizeof *r.set)};

	if (!r.set)
		abort();
	arena_init(&arena, SCRATCH);
	if (!arena_run(&arena, read_set, &r))
		r.why = "is too large";
	arena_finish(&arena);
	*why = r.why;
	if (!r.why)
		return r.set;
	key_set_destroy(r.set);
	return NULL;
}

void key_set_destroy(struct key_set *set)
{
	for (size_t i = 0; set && i < set->count; i++)
		EVP_PKEY_free(set->keys[i].key);
	free(set);
}

const struct verify_key *key_set_find(const struct key_set *set, struct bytes id, enum algorithm algorithm, const char **why)
{
	const struct verify_key *found = NULL;
	size_t fit = 0;

	for (size_t i = 0; i < set->count; i++) {
		const struct verify_key *k = &set->keys[i];
		bool meant = set->count == 1 && (k->id_len == 0 || id.len == 0);
		if (!meant && (id.len == 0 || !bytes_equal(id, (struct bytes){k->id, k->id_len})))
			continue;
		if (!found || k->algorithms & SET_ONE(algorithm))
			found = k;
		fit += (k->algorithms & SET_ONE(algorithm)) != 0;
	}
	if (!found)
		*why = id.len ? "shows a token signed with a key its issuer is not known to have" : "shows a token that does not say which key signed it";
	else if (fit != 1)
		*why = "shows a token whose algorithm does not fit the key it names";
	return fit == 1 ? found : NULL;
}

/* ---- signatures ---- */

static const EVP_MD *hash_of(enum algorithm algorithm)
{
	switch (algorithm) {
	case ALGORITHM_RS256: case ALGORITHM_PS256: case ALGORITHM_ES256: return EVP_sha256();
	case ALGORITHM_RS384: case ALGORITHM_PS384: case ALGORITHM_ES384: return EVP_sha384();
	case ALGORITHM_RS512: case ALGORITHM_PS512: return EVP_sha512();
	default: return NULL;
	}
}

/* A big-endian number as a DER integer; 0 is none that a signature may hold. */
static bool put_integer(unsigned char *der, size_t *len, struct bytes number)
{
	while (number.len > 0 && number.at[0] == 0)
		number = bytes_from(number, 1);
	if (number.len == 0)
		return false;
	bool high = number.at[0] & 0x80;
	der[(*len)++] = 2;
	der[(*len)++] = (unsigned char)(number.len + high);
	if (high)
		der[(*len)++] = 0;
	memcpy(der + *len, number.at, number.len);
	*len += number.len;
	return true;
}

/* r and s side by side (RFC 7518, section 3.4) as OpenSSL wants them: at most 2 + 2 * 51 bytes. */
static bool put_sequence(unsigned char der[112], size_t *len, struct bytes signature, size_t half)
{
	*len = 2;
	if (signature.len != 2 * half || !put_integer(der, len, bytes_slice(signature, 0, half)) || !put_integer(der, len, bytes_from(signature, half)))
		return false;
	der[0] = 0x30;
	der[1] = (unsigned char)(*len - 2);
	return true;
}

bool signature_holds(const struct verify_key *key, enum algorithm algorithm, struct bytes text, struct bytes signature)
{
	unsigned char der[112];
	EVP_PKEY_CTX *options;
	bool ec = algorithm == ALGORITHM_ES256 || algorithm == ALGORITHM_ES384;
	bool pss = algorithm >= ALGORITHM_PS256 && algorithm <= ALGORITHM_PS512;
	bool rsa = algorithm <= ALGORITHM_PS512;
	size_t len;

	if (!(key->algorithms & SET_ONE(algorithm)))
		return false;
	if (ec && !put_sequence(der, &len, signature, algorithm == ALGORITHM_ES256 ? 32 : 48))
		return false;
	if (ec)
		signature = (struct bytes){der, len};
	if (rsa && signature.len != (size_t)EVP_PKEY_get_size(key->key))
		return false;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool holds = context && EVP_DigestVerifyInit(context, &options, hash_of(algorithm), NULL, key->key) == 1;
	if (holds && pss)
		holds = EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 && EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
	holds = holds && EVP_DigestVerify(context, signature.at, signature.len, text.at, text.len) == 1;
	EVP_MD_CTX_free(context);
	return holds;
}
