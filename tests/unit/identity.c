#include "tests/unit/test.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/hash.h"
#include "identity/identity.h"
#include "identity/jwks.h"
#include "identity/keys.h"
#include "identity/token.h"

enum { NOW_S = 1800000000 };
#define NOW_MS ((int64_t)NOW_S * 1000)

/* ---- an issuer made for these tests ---- */

static EVP_PKEY *rsa, *p256, *p384, *ed, *stranger;
static char folder[] = "/tmp/merlon-identity-XXXXXX";

static void add_base64url(struct text *out, struct bytes b)
{
	size_t from = out->len;

	text_add_base64(out, b);
	for (size_t i = from; i < out->len; i++)
		out->at[i] = out->at[i] == '+' ? '-' : out->at[i] == '/' ? '_' : out->at[i];
	while (out->len > from && out->at[out->len - 1] == '=')
		out->len--;
}

static void add_number(struct text *out, EVP_PKEY *key, const char *name, const char *member, int len)
{
	unsigned char raw[512];
	BIGNUM *n = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(key, name, &n), 1);
	if (len == 0)
		len = BN_num_bytes(n);
	assert_int_equal(BN_bn2binpad(n, raw, len), len);
	text_addf(out, ",\"%s\":\"", member);
	add_base64url(out, (struct bytes){raw, (size_t)len});
	text_add_byte(out, '"');
	BN_free(n);
}

static void add_jwk(struct text *out, EVP_PKEY *key, const char *id)
{
	unsigned char raw[32];
	size_t len = sizeof raw;

	if (EVP_PKEY_is_a(key, "RSA")) {
		text_addf(out, "{\"kty\":\"RSA\",\"use\":\"sig\",\"kid\":\"%s\"", id);
		add_number(out, key, OSSL_PKEY_PARAM_RSA_N, "n", 0);
		add_number(out, key, OSSL_PKEY_PARAM_RSA_E, "e", 0);
	} else if (EVP_PKEY_is_a(key, "EC")) {
		int half = EVP_PKEY_get_bits(key) / 8;
		text_addf(out, "{\"kty\":\"EC\",\"crv\":\"P-%d\",\"kid\":\"%s\"", half * 8, id);
		add_number(out, key, OSSL_PKEY_PARAM_EC_PUB_X, "x", half);
		add_number(out, key, OSSL_PKEY_PARAM_EC_PUB_Y, "y", half);
	} else {
		assert_int_equal(EVP_PKEY_get_raw_public_key(key, raw, &len), 1);
		text_addf(out, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"%s\",\"x\":\"", id);
		add_base64url(out, (struct bytes){raw, len});
		text_add_byte(out, '"');
	}
	text_add_byte(out, '}');
}

static void write_file(const char *name, struct bytes content)
{
	char path[200];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	assert_int_equal(file_write(path, 0600, content), STATUS_OK);
}

static int set_up(void **state)
{
	struct text t;

	(void)state;
	rsa = EVP_RSA_gen(2048);
	p256 = EVP_EC_gen("P-256");
	p384 = EVP_EC_gen("P-384");
	ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	stranger = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	assert_non_null(mkdtemp(folder));
	text_init(&t, NULL);
	text_add_string(&t, "{\"keys\":[");
	add_jwk(&t, rsa, "r");
	text_add_byte(&t, ',');
	add_jwk(&t, p256, "e");
	text_add_byte(&t, ',');
	add_jwk(&t, p384, "e3");
	text_add_byte(&t, ',');
	add_jwk(&t, ed, "o");
	/* Keys for other uses and of other kinds stand in published sets, too. */
	text_add_string(&t, ",{\"kty\":\"oct\",\"kid\":\"h\",\"k\":\"AAAA\"},{\"kty\":\"EC\",\"crv\":\"secp256k1\"},{\"kty\":\"RSA\",\"use\":\"enc\",\"kid\":\"x\"}]}");
	write_file("set.json", text_bytes(&t));
	text_finish(&t);
	return 0;
}

static int tear_down(void **state)
{
	const char *names[] = {"set.json", "keys.yaml", "key"};
	char path[200];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		unlink(path);
	}
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(p256);
	EVP_PKEY_free(p384);
	EVP_PKEY_free(ed);
	EVP_PKEY_free(stranger);
	return rmdir(folder);
}

/* ECDSA as JOSE has it, from DER. */
static size_t flatten(unsigned char *signature, size_t len, int half)
{
	const unsigned char *at = signature;
	ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &at, (long)len);

	BN_bn2binpad(ECDSA_SIG_get0_r(s), signature, half);
	BN_bn2binpad(ECDSA_SIG_get0_s(s), signature + half, half);
	ECDSA_SIG_free(s);
	return (size_t)half * 2;
}

static void sign(struct text *out, EVP_PKEY *key, const char *algorithm, const char *header, const char *claims)
{
	unsigned char signature[512];
	size_t len = sizeof signature;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *options;
	const EVP_MD *hash = strstr(algorithm, "256") ? EVP_sha256() : strstr(algorithm, "384") ? EVP_sha384() : strstr(algorithm, "512") ? EVP_sha512() : NULL;

	text_clear(out);
	add_base64url(out, bytes_of(header));
	text_add_byte(out, '.');
	add_base64url(out, bytes_of(claims));
	assert_int_equal(EVP_DigestSignInit(context, &options, hash, NULL, key), 1);
	if (algorithm[0] == 'P') {
		EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
		EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST);
	}
	assert_int_equal(EVP_DigestSign(context, signature, &len, (unsigned char *)out->at, out->len), 1);
	EVP_MD_CTX_free(context);
	if (EVP_PKEY_is_a(key, "EC"))
		len = flatten(signature, len, EVP_PKEY_get_bits(key) / 8);
	text_add_byte(out, '.');
	add_base64url(out, (struct bytes){signature, len});
}

/* ---- asking ---- */

static const char all[] =
	"tokens:\n"
	"  name: staff\n"
	"  issuer: https://id.example.org\n"
	"  audience: [merlon, other]\n"
	"  keys: set.json\n"
	"  algorithms: [RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA]\n"
	"  claims: {name: sub, team: dept, roles: /realm_access/roles, purposes: purposes}\n"
	"  roles: [employee]\n"
	"  leeway: 10s\n"
	"  routes: [chat]\n";

static struct identity *load_from(const char *yaml, struct yaml_error *error, const char **file)
{
	struct arena arena;
	struct identity *identity = NULL;

	arena_init(&arena, 1 << 20);
	jmp_buf never;
	arena.exit = &never;
	const struct yaml *section = yaml_parse(&arena, bytes_of(yaml), error);
	if (section)
		identity = identity_load(section, folder, error, file);
	arena_finish(&arena);
	return identity;
}

static struct identity *load(const char *yaml)
{
	struct yaml_error error;
	const char *file;
	struct identity *identity = load_from(yaml, &error, &file);

	if (!identity)
		print_error("%s:%u: %s\n", file ? file : "-", error.line, error.why);
	assert_non_null(identity);
	return identity;
}

struct question {
	const struct identity *identity;
	struct credentials shown;
	int64_t now_ms;
	const struct caller *caller;
	const char *why;
	char name[200], team[100], roles[200];
};

static struct arena question_arena;

static void ask_body(void *arg)
{
	struct question *q = arg;

	q->caller = identity_find(q->identity, &question_arena, &q->shown, q->now_ms, &q->why);
	if (!q->caller)
		return;
	snprintf(q->name, sizeof q->name, "%.*s", (int)q->caller->name.len, (const char *)q->caller->name.at);
	snprintf(q->team, sizeof q->team, "%.*s", (int)q->caller->team.len, q->caller->team.len ? (const char *)q->caller->team.at : "");
	for (size_t i = 0; i < q->caller->roles.count; i++)
		snprintf(q->roles + strlen(q->roles), sizeof q->roles - strlen(q->roles), "%.*s ", (int)q->caller->roles.at[i].len, (const char *)q->caller->roles.at[i].at);
}

static struct question ask(const struct identity *identity, struct credentials shown, int64_t now_ms)
{
	struct question q = {.identity = identity, .shown = shown, .now_ms = now_ms};

	arena_init(&question_arena, 4 << 20);
	assert_true(arena_run(&question_arena, ask_body, &q));
	arena_finish(&question_arena);
	assert_true((q.caller != NULL) == (q.why == NULL));
	return q;
}

static struct question ask_token(const struct identity *identity, struct bytes token, int64_t now_ms)
{
	struct text header;

	text_init(&header, NULL);
	text_add_string(&header, "Bearer ");
	text_add(&header, token);
	struct question q = ask(identity, (struct credentials){.authorization = text_bytes(&header)}, now_ms);
	text_finish(&header);
	return q;
}

/* What comes of a token with this header and these claims, signed for the occasion. */
static struct question ask_signed(const struct identity *identity, EVP_PKEY *key, const char *algorithm, const char *header, const char *claims)
{
	struct text token;

	text_init(&token, NULL);
	sign(&token, key, algorithm, header, claims);
	struct question q = ask_token(identity, text_bytes(&token), NOW_MS);
	text_finish(&token);
	return q;
}

/* `why` says what was expected of `what`. */
static void assert_says(const char *what, const char *why, const char *expected)
{
	if (!why || !strstr(why, expected))
		print_error("%s: %s\n", what, why ? why : "is let in");
	assert_true(why && strstr(why, expected));
}

/* ---- vectors of others ---- */

static bool vector_holds(const char *jwk, const char *algorithm, const char *text, const char *signature)
{
	struct text json;
	struct arena arena;
	struct bytes raw;
	const char *why;
	jmp_buf never;

	arena_init(&arena, 1 << 20);
	arena.exit = &never;
	text_init(&json, NULL);
	text_addf(&json, "{\"keys\":[%s]}", jwk);
	struct key_set *set = key_set_read(text_bytes(&json), &why);
	assert_non_null(set);
	const struct verify_key *key = key_set_find(set, BYTES(""), algorithm_named(bytes_of(algorithm)), &why);
	bool holds = key && base64url_read(&arena, bytes_of(signature), &raw) && signature_holds(key, algorithm_named(bytes_of(algorithm)), bytes_of(text), raw);
	key_set_destroy(set);
	text_finish(&json);
	arena_finish(&arena);
	return holds;
}

#define RFC_TEXT ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

/* RFC 7515, appendices A.2 and A.3; RFC 8037, appendix A.4. */
static void vectors_of_the_rfcs(void **state)
{
	static const char key_a2[] =
		"{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMs"
		"D1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT"
		"6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\",\"e\":\"AQAB\"}";
	static const char signature_a2[] =
		"cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--"
		"f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI"
		"8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
	static const char key_a3[] = "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}";
	static const char signature_a3[] = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
	static const char key_a4[] = "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";
	static const char text_a4[] = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
	static const char signature_a4[] = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

	(void)state;
	assert_true(vector_holds(key_a2, "RS256", "eyJhbGciOiJSUzI1NiJ9" RFC_TEXT, signature_a2));
	assert_false(vector_holds(key_a2, "RS256", "eyJhbGciOiJSUzI1NiJ8" RFC_TEXT, signature_a2));
	assert_false(vector_holds(key_a2, "PS256", "eyJhbGciOiJSUzI1NiJ9" RFC_TEXT, signature_a2));
	assert_false(vector_holds(key_a2, "RS512", "eyJhbGciOiJSUzI1NiJ9" RFC_TEXT, signature_a2));
	assert_true(vector_holds(key_a3, "ES256", "eyJhbGciOiJFUzI1NiJ9" RFC_TEXT, signature_a3));
	assert_false(vector_holds(key_a3, "ES256", "eyJhbGciOiJFUzI1NiJ9" RFC_TEXT, signature_a3 + 4));
	assert_true(vector_holds(key_a4, "EdDSA", text_a4, signature_a4));
	assert_false(vector_holds(key_a4, "EdDSA", text_a4 + 1, signature_a4));
}

static void base64_has_one_spelling(void **state)
{
	static const char *const bad[] = {"A", "AA=", "AA==", "A A", "AB", "AAB", "A+", "A/", "AA\n", "AAAAA"};
	static const char *const bad_padded[] = {"A", "AA", "AA=", "AAA", "A===", "====", "AB==", "AAB=", "AAA=AAAA", "AA-_", "AA==\n", " AA="};
	struct arena arena;
	struct bytes out;
	jmp_buf never;

	(void)state;
	arena_init(&arena, 1 << 20);
	arena.exit = &never;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(base64url_read(&arena, bytes_of(bad[i]), &out));
	assert_true(base64url_read(&arena, BYTES("-_8"), &out));
	assert_bytes(out, "\xfb\xff");
	assert_true(base64url_read(&arena, BYTES(""), &out) && out.len == 0);
	for (size_t i = 0; i < COUNT_OF(bad_padded); i++)
		assert_false(base64_read(&arena, bytes_of(bad_padded[i]), &out));
	assert_true(base64_read(&arena, BYTES("+/8="), &out));
	assert_bytes(out, "\xfb\xff");
	assert_true(base64_read(&arena, BYTES(""), &out) && out.len == 0);
	arena_finish(&arena);
}

/* ---- tokens ---- */

#define CLAIMS(more) "{\"iss\":\"https://id.example.org\",\"aud\":\"merlon\",\"sub\":\"alice\",\"dept\":\"ward\",\"exp\":1800000600" more "}"

static void every_algorithm_is_known(void **state)
{
	struct {
		const char *algorithm, *id;
		EVP_PKEY *key;
	} cases[] = {
		{"RS256", "r", rsa}, {"RS384", "r", rsa}, {"RS512", "r", rsa}, {"PS256", "r", rsa}, {"PS384", "r", rsa}, {"PS512", "r", rsa},
		{"ES256", "e", p256}, {"ES384", "e3", p384}, {"EdDSA", "o", ed},
	};
	struct identity *identity = load(all);
	struct text token;
	char header[100];

	(void)state;
	text_init(&token, NULL);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		snprintf(header, sizeof header, "{\"typ\":\"JWT\",\"alg\":\"%s\",\"kid\":\"%s\"}", cases[i].algorithm, cases[i].id);
		sign(&token, cases[i].key, cases[i].algorithm, header, CLAIMS(",\"realm_access\":{\"roles\":[\"nurse\",\"night\"]}"));
		struct question q = ask_token(identity, text_bytes(&token), NOW_MS);
		assert_string_equal(q.name, "staff/alice");
		assert_string_equal(q.team, "ward");
		assert_string_equal(q.roles, "employee nurse night ");
		/* Each bit of a signature counts. */
		token.at[token.len - 20] = token.at[token.len - 20] == 'A' ? 'B' : 'A';
		q = ask_token(identity, text_bytes(&token), NOW_MS);
		assert_string_equal(q.why, "shows a token whose signature is wrong");
	}
	text_finish(&token);
	identity_destroy(identity);
}

#define HEADER "{\"alg\":\"EdDSA\",\"kid\":\"o\"}"

static void hostile_tokens_are_refused(void **state)
{
	/* What an issuer would never sign, signed by it all the same: so nothing but the reading refuses it. */
	static const struct {
		const char *header, *claims, *why;
	} cases[] = {
		{"{\"alg\":\"none\"}", CLAIMS(""), "an algorithm that is never accepted"},
		{"{\"alg\":\"None\",\"kid\":\"o\"}", CLAIMS(""), "an algorithm that is never accepted"},
		{"{\"alg\":\"HS256\",\"kid\":\"o\"}", CLAIMS(""), "an algorithm that is never accepted"},
		{"{\"alg\":\"ES512\",\"kid\":\"o\"}", CLAIMS(""), "an algorithm that is never accepted"},
		{"{\"alg\":[\"EdDSA\"],\"kid\":\"o\"}", CLAIMS(""), "where a text belongs"},
		{"{\"kid\":\"o\"}", CLAIMS(""), "an algorithm that is never accepted"},
		{"{\"alg\":\"RS256\",\"kid\":\"o\"}", CLAIMS(""), "does not fit the key"},
		{"{\"alg\":\"ES256\",\"kid\":\"o\"}", CLAIMS(""), "does not fit the key"},
		{"{\"alg\":\"EdDSA\",\"kid\":\"r\"}", CLAIMS(""), "does not fit the key"},
		{"{\"alg\":\"EdDSA\",\"kid\":\"h\"}", CLAIMS(""), "not known to have"},
		{"{\"alg\":\"EdDSA\",\"kid\":\"../../set.json\"}", CLAIMS(""), "not known to have"},
		{"{\"alg\":\"EdDSA\",\"kid\":\"O\"}", CLAIMS(""), "not known to have"},
		{"{\"alg\":\"EdDSA\",\"kid\":\"\"}", CLAIMS(""), "where a text belongs"},
		{"{\"alg\":\"EdDSA\",\"kid\":7}", CLAIMS(""), "where a text belongs"},
		{"{\"alg\":\"EdDSA\"}", CLAIMS(""), "which key"},
		{"{\"alg\":\"EdDSA\",\"kid\":\"o\",\"crit\":[\"exp\"]}", CLAIMS(""), "not understood"},
		{"{\"alg\":\"EdDSA\",\"kid\":\"o\",\"b64\":false}", CLAIMS(""), "not understood"},
		{"{\"alg\":\"EdDSA\",\"kid\":\"o\",\"zip\":\"DEF\"}", CLAIMS(""), "packed"},
		{"{\"alg\":\"EdDSA\",\"kid\":\"o\",\"cty\":\"JWT\"}", CLAIMS(""), "holds another"},
		{"{\"alg\":\"EdDSA\",\"kid\":\"o\",\"typ\":\"secevent+jwt\"}", CLAIMS(""), "another type"},
		{"{\"alg\":\"EdDSA\",\"kid\":\"o\",\"kid\":\"o\"}", CLAIMS(""), "key twice"},
		{"{\"alg\":\"none\",\"al\\u0067\":\"EdDSA\",\"kid\":\"o\"}", CLAIMS(""), "key twice"},
		{"[\"EdDSA\"]", CLAIMS(""), "no JSON object"},
		{HEADER "x", CLAIMS(""), "no JSON object"},
		{HEADER, "{\"iss\":\"https://id.example.org\",\"aud\":\"merlon\",\"sub\":\"alice\",\"dept\":\"ward\"}", "when it expires"},
		{HEADER, CLAIMS(",\"sub\":\"root\""), "key twice"},
		{HEADER, CLAIMS(",\"realm_access\":{\"a\":1,\"a\":2}"), "key twice"},
		{HEADER, CLAIMS(",\"nbf\":1800000011"), "not valid yet"},
		{HEADER, CLAIMS(",\"nbf\":\"0\""), "a time that is none"},
		{HEADER, CLAIMS(",\"nbf\":-1"), "a time that is none"},
		{HEADER, CLAIMS(",\"iat\":1e3"), "a time that is none"},
		{HEADER, CLAIMS(",\"iat\":999999999999999999999"), "a time that is none"},
		{HEADER, CLAIMS(",\"iat\":1800000011"), "in the future"},
		{HEADER, CLAIMS(",\"iat\":1800000601"), "in the future"},
		{HEADER, "{\"iss\":\"https://id.example.org/\",\"aud\":\"merlon\",\"sub\":\"a\",\"dept\":\"w\",\"exp\":1800000600}", "an issuer that is not known"},
		{HEADER, "{\"iss\":[\"https://id.example.org\"],\"aud\":\"merlon\",\"sub\":\"a\",\"dept\":\"w\",\"exp\":1800000600}", "an issuer that is not known"},
		{HEADER, "{\"aud\":\"merlon\",\"sub\":\"a\",\"dept\":\"w\",\"exp\":1800000600}", "an issuer that is not known"},
		{HEADER, "{\"iss\":\"https://id.example.org\",\"aud\":\"merlo\",\"sub\":\"a\",\"dept\":\"w\",\"exp\":1800000600}", "for somebody else"},
		{HEADER, "{\"iss\":\"https://id.example.org\",\"aud\":[\"merlon2\",[\"merlon\"]],\"sub\":\"a\",\"dept\":\"w\",\"exp\":1800000600}", "for somebody else"},
		{HEADER, "{\"iss\":\"https://id.example.org\",\"sub\":\"a\",\"dept\":\"w\",\"exp\":1800000600}", "for somebody else"},
		{HEADER, "{\"iss\":\"https://id.example.org\",\"aud\":\"merlon\",\"sub\":\"a\",\"dept\":\"w\",\"exp\":1799999990}", "has expired"},
		{HEADER, "{\"iss\":\"https://id.example.org\",\"aud\":\"merlon\",\"dept\":\"w\",\"exp\":1800000600}", "names nobody"},
		{HEADER, "{\"iss\":\"https://id.example.org\",\"aud\":\"merlon\",\"sub\":\"a\\n\",\"dept\":\"w\",\"exp\":1800000600}", "names nobody"},
		{HEADER, "{\"iss\":\"https://id.example.org\",\"aud\":\"merlon\",\"sub\":\"a\",\"exp\":1800000600}", "names no team"},
		{HEADER, CLAIMS(",\"realm_access\":{\"roles\":[1]}"), "roles"},
		{HEADER, CLAIMS(",\"realm_access\":{\"roles\":\"a b c d e f g h i j k l m n o p q\"}"), "more roles"},
	};
	struct identity *identity = load(all);
	char what[400];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		snprintf(what, sizeof what, "%s %s", cases[i].header, cases[i].claims);
		assert_says(what, ask_signed(identity, ed, "EdDSA", cases[i].header, cases[i].claims).why, cases[i].why);
	}
	identity_destroy(identity);
}

static void honest_tokens_are_not(void **state)
{
	static const struct {
		const char *header, *claims;
	} cases[] = {
		{HEADER, CLAIMS("")},
		{"{\"alg\":\"EdDSA\",\"kid\":\"o\",\"typ\":\"at+jwt\"}", CLAIMS("")},
		{"{\"alg\":\"EdDSA\",\"kid\":\"o\",\"typ\":\"application/AT+JWT\"}", CLAIMS("")},
		/* Where a token says its keys are is not looked at. */
		{"{\"alg\":\"EdDSA\",\"kid\":\"o\",\"jku\":\"https://attacker.example/\",\"x5u\":\"https://attacker.example/\",\"jwk\":{\"kty\":\"oct\"},\"x5c\":[]}", CLAIMS("")},
		{HEADER, CLAIMS(",\"nbf\":1800000010,\"iat\":1800000010.25")},
		{HEADER, CLAIMS(",\"realm_access\":null")},
		{HEADER, "{\"iss\":\"https://id.example.org\",\"aud\":[\"x\",\"other\"],\"sub\":\"alice\",\"dept\":\"w\",\"exp\":1799999991}"},
	};
	struct identity *identity = load(all);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct question q = ask_signed(identity, ed, "EdDSA", cases[i].header, cases[i].claims);
		if (!q.caller)
			print_error("%s %s: %s\n", cases[i].header, cases[i].claims, q.why);
		assert_string_equal(q.name, "staff/alice");
		q = ask_signed(identity, stranger, "EdDSA", cases[i].header, cases[i].claims);
		assert_string_equal(q.why, "shows a token whose signature is wrong");
	}
	identity_destroy(identity);
}

/* Wherever a caller is named it is by the whole of its name: on record, and where nobody agrees to what is their own. */
static void long_names(void **state)
{
	struct identity *identity = load(all);
	char subject[196], claims[400];

	(void)state;
	memset(subject, 'a', sizeof subject);
	for (int len = 193; len <= 195; len += 2) {
		snprintf(claims, sizeof claims, "{\"iss\":\"https://id.example.org\",\"aud\":\"merlon\",\"sub\":\"%.*s\",\"dept\":\"w\",\"exp\":1800000600}", len, subject);
		struct question q = ask_signed(identity, ed, "EdDSA", HEADER, claims);
		if (len == 193)
			assert_int_equal(strlen(q.name), 199);
		else
			assert_string_equal(q.why, "shows a token whose name is longer than any caller's");
	}
	identity_destroy(identity);
}

static void forms_of_a_token(void **state)
{
	struct identity *identity = load(all);
	struct text token, changed;

	(void)state;
	text_init(&token, NULL);
	text_init(&changed, NULL);
	sign(&token, ed, "EdDSA", HEADER, CLAIMS(""));
	struct bytes whole = text_bytes(&token);
	/* Cut anywhere, it is nobody's. */
	for (size_t len = 0; len < whole.len; len++)
		assert_null(ask_token(identity, bytes_slice(whole, 0, len), NOW_MS).caller);
	const char *const after[] = {".", ".x", "=", "A", "\n", " x", "\t"};
	for (size_t i = 0; i < COUNT_OF(after); i++) {
		text_clear(&changed);
		text_add(&changed, whole);
		text_add_string(&changed, after[i]);
		assert_null(ask_token(identity, text_bytes(&changed), NOW_MS).caller);
	}
	text_clear(&changed);
	text_add_byte(&changed, '.');
	text_add(&changed, whole);
	assert_null(ask_token(identity, text_bytes(&changed), NOW_MS).caller);
	text_clear(&changed);
	for (unsigned i = 0; i < TOKEN_MOST; i++)
		text_add_byte(&changed, 'A');
	text_add(&changed, whole);
	assert_string_equal(ask_token(identity, text_bytes(&changed), NOW_MS).why, "shows a token that is too long");
	/* Known to be signed, it expires all the same. */
	assert_non_null(ask_token(identity, whole, NOW_MS).caller);
	assert_non_null(ask_token(identity, whole, NOW_MS + 609 * 1000).caller);
	assert_string_equal(ask_token(identity, whole, NOW_MS + 610 * 1000).why, "shows a token that has expired");
	text_finish(&token);
	text_finish(&changed);
	identity_destroy(identity);
}

/* r or s of nothing but zeros: accepted by verifiers that forgot to look. */
static void empty_signatures(void **state)
{
	struct identity *identity = load(all);
	struct text token;

	(void)state;
	text_init(&token, NULL);
	for (unsigned variant = 0; variant < 4; variant++) {
		sign(&token, p256, "ES256", "{\"alg\":\"ES256\",\"kid\":\"e\"}", CLAIMS(""));
		char *signature = token.at + token.len - 86;
		if (variant & 1)
			memset(signature, 'A', 43);
		if (variant & 2)
			memset(signature + 43, 'A', 43);
		assert_true((ask_token(identity, text_bytes(&token), NOW_MS).caller == NULL) == (variant != 0));
	}
	/* DER, as it is everywhere but in JOSE. */
	token.len -= 86;
	text_add_string(&token, "MEUCIQDtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXAIhAMUKB9OMPHDl2PEtrwhKVICmZZDF8pNQmo8_f4qDo1TV");
	assert_null(ask_token(identity, text_bytes(&token), NOW_MS).caller);
	text_finish(&token);
	identity_destroy(identity);
}

/* The public key, which everybody has, as the secret of an HMAC. */
static void public_key_as_secret(void **state)
{
	struct identity *identity = load(all);
	unsigned char mac[32], *der = NULL;
	size_t mac_len;
	struct text token;
	int len = i2d_PUBKEY(rsa, &der);

	(void)state;
	text_init(&token, NULL);
	add_base64url(&token, BYTES("{\"alg\":\"HS256\",\"kid\":\"r\"}"));
	text_add_byte(&token, '.');
	add_base64url(&token, BYTES(CLAIMS("")));
	assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, der, (size_t)len, (unsigned char *)token.at, token.len, mac, sizeof mac, &mac_len));
	text_add_byte(&token, '.');
	add_base64url(&token, (struct bytes){mac, mac_len});
	assert_string_equal(ask_token(identity, text_bytes(&token), NOW_MS).why, "shows a token with an algorithm that is never accepted");
	OPENSSL_free(der);
	text_finish(&token);
	identity_destroy(identity);
}

static void algorithms_are_the_issuers(void **state)
{
	static const char narrow[] = "tokens: [{name: a, issuer: https://id.example.org, audience: merlon, keys: set.json, algorithms: [PS256], type: at+jwt}]";
	struct identity *identity = load(narrow);

	(void)state;
	assert_string_equal(ask_signed(identity, rsa, "RS256", "{\"alg\":\"RS256\",\"kid\":\"r\",\"typ\":\"at+jwt\"}", CLAIMS("")).why, "shows a token with an algorithm that its issuer is not to use");
	assert_string_equal(ask_signed(identity, rsa, "PS256", "{\"alg\":\"PS256\",\"kid\":\"r\",\"typ\":\"JWT\"}", CLAIMS("")).why, "shows a token of another type");
	assert_string_equal(ask_signed(identity, rsa, "PS256", "{\"alg\":\"PS256\",\"kid\":\"r\",\"typ\":\"at+jwt\"}", CLAIMS("")).name, "a/alice");
	identity_destroy(identity);
}

static void sets_of_keys(void **state)
{
	static const struct {
		const char *json, *why;
	} bad[] = {
		{"{}", "no list"}, {"[]", "no list"}, {"{\"keys\":{}}", "no list"}, {"{\"keys\":[]}", "no key that can be used"}, {"{\"keys\":[1]}", "no object"}, {"x", ""},
		{"{\"keys\":[],\"keys\":[]}", "twice"},
		{"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}]}", "Ed25519"},
		{"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}]}", "missing"},
		{"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\",\"d\":\"AAAA\"}]}", "private"},
		{"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a1\"}]}", ""},
		{"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"y_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}", "no point"},
		/* 512 bits: passed over, and nothing is left. */
		{"{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1WlUzewbgBHod5pcM9H95GQRV3JDXbw\"}]}", "can be used"},
		{"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"},"
		 "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}", "of one id"},
	};
	const char *why;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_null(key_set_read(bytes_of(bad[i].json), &why));
		assert_says(bad[i].json, why, bad[i].why);
	}
}

/* ---- keys ---- */

#define HASH_OF_A "sha256:5a96e36c4042021b72a18d2d1aa0c4bf10a46d371d54f2da2281ca9f1cec7023"

static void add_hash(struct text *out, const char *secret)
{
	struct digest d = digest_of(bytes_of(secret));

	text_add_string(out, "\"sha256:");
	text_add_hex(out, digest_bytes(&d));
	text_add_string(out, "\"");
}

static void keys_open_what_they_are_for(void **state)
{
	struct text t;

	(void)state;
	text_init(&t, NULL);
	text_add_string(&t, "- name: robot\n  team: ward\n  roles: [reader]\n  models: [small]\n  tools: none\n  expires: 2027-01-15\n  hash: ");
	add_hash(&t, "merlon-one");
	text_add_string(&t, "\n- name: robot\n  replaces: ");
	add_hash(&t, "merlon-one");
	text_add_string(&t, "\n  hash: ");
	add_hash(&t, "merlon-two");
	text_add_string(&t, "\n- name: gone\n  revoked: 2026-01-01\n  hash: ");
	add_hash(&t, "merlon-three");
	text_add_byte(&t, '\n');
	write_file("keys.yaml", text_bytes(&t));
	struct identity *identity = load("keys: keys.yaml");
	int64_t before = 1799971200000 - 1;     /* 2027-01-15 */
	struct question q = ask_token(identity, BYTES("merlon-one"), before);
	assert_string_equal(q.name, "robot");
	assert_string_equal(q.roles, "reader ");
	assert_string_equal(ask_token(identity, BYTES("merlon-one"), before + 1).why, "shows a key that has expired");
	assert_string_equal(ask_token(identity, BYTES("merlon-two"), before + 1).name, "robot");
	assert_string_equal(ask_token(identity, BYTES("merlon-three"), before).why, "shows a key that was revoked");
	assert_string_equal(ask_token(identity, BYTES("merlon-four"), before).why, "shows a key that is not known");
	assert_string_equal(ask_token(identity, BYTES("merlon-on"), before).why, "shows a key that is not known");
	assert_string_equal(ask_token(identity, BYTES(""), before).why, "shows something else where \"Bearer\" and a key or token belong");
	/* What was shown and is wrong is not made up for. */
	q = ask(identity, (struct credentials){.authorization = BYTES("bEARER  merlon-two "), .api_key = BYTES("merlon-two")}, before);
	assert_string_equal(q.name, "robot");
	q = ask(identity, (struct credentials){.authorization = BYTES("Bearer merlon-two"), .api_key = BYTES("merlon-one")}, before);
	assert_string_equal(q.why, "shows two different keys");
	q = ask(identity, (struct credentials){.authorization = BYTES("Basic bWVybG9uLXR3bw=="), .api_key = BYTES("merlon-two")}, before);
	assert_null(q.caller);
	q = ask(identity, (struct credentials){.api_key = BYTES("merlon-two")}, before);
	assert_string_equal(q.name, "robot");
	q = ask(identity, (struct credentials){.api_key = BYTES("")}, before);
	assert_string_equal(q.why, "shows neither key, token nor certificate");
	identity_destroy(identity);
	text_finish(&t);
}

static void keys_are_written_as_they_are_read(void *arg)
{
	struct arena *arena = arg;
	struct text first, second;
	struct key_file file;
	struct yaml_error error;
	char path[200];

	text_init(&first, arena);
	text_init(&second, arena);
	snprintf(path, sizeof path, "%s/keys.yaml", folder);
	assert_int_equal(file_read(path, 1 << 20, &first), STATUS_OK);
	assert_true(keys_read(arena, text_bytes(&first), &file, &error));
	assert_int_equal(file.count, 3);
	assert_true(file.entries[0].caller.tools.count == 1 && file.entries[0].caller.tools.at[0].len == 0);
	text_clear(&first);
	keys_write(&file, &first);
	assert_true(keys_read(arena, text_bytes(&first), &file, &error));
	keys_write(&file, &second);
	assert_string_equal(text_string(&first), text_string(&second));
}

static void writing_keys(void **state)
{
	(void)state;
	with_arena(keys_are_written_as_they_are_read);
}

static void bad_files_of_keys(void *arg)
{
	static const struct {
		const char *yaml, *why;
	} bad[] = {
		{"name: a", "no list"},
		{"- {name: a}", "sha256:"},
		{"- {hash: \"" HASH_OF_A "\"}", "without a name"},
		{"- {name: a/b, hash: \"" HASH_OF_A "\"}", "'/'"},
		{"- {name: a, hash: \"sha256:ABC\"}", "sha256:"},
		{"- {name: a, hash: \"" HASH_OF_A "\", role: x}", "only these can stand"},
		{"- {name: a, hash: \"" HASH_OF_A "\", models: []}", "empty list"},
		{"- {name: a, hash: \"" HASH_OF_A "\", expires: tomorrow}", "a time belongs"},
		{"- {name: a, hash: \"" HASH_OF_A "\"}\n- {name: b, hash: \"" HASH_OF_A "\"}", "hash twice"},
		{"- {name: a, hash: \"" HASH_OF_A "\"}\n- {name: a, hash: \"sha256:0000000000000000000000000000000000000000000000000000000000000000\"}", "name twice"},
	};
	struct yaml_error error;
	struct key_file file;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_false(keys_read(arg, bytes_of(bad[i].yaml), &file, &error));
		assert_says(bad[i].yaml, error.why, bad[i].why);
	}
}

static void wrong_files_of_keys(void **state)
{
	(void)state;
	with_arena(bad_files_of_keys);
}

static void the_first_key(void **state)
{
	char path[200];
	bool made;
	const char *why;
	struct text t;

	(void)state;
	snprintf(path, sizeof path, "%s/key", folder);
	struct identity *identity = identity_first_key(path, &made, &why);
	assert_non_null(identity);
	assert_true(made);
	text_init(&t, NULL);
	assert_int_equal(file_read(path, 1000, &t), STATUS_OK);
	t.len--;
	assert_string_equal(ask_token(identity, text_bytes(&t), NOW_MS).name, "first");
	identity_destroy(identity);
	identity = identity_first_key(path, &made, &why);
	assert_non_null(identity);
	assert_false(made);
	assert_string_equal(ask_token(identity, text_bytes(&t), NOW_MS).name, "first");
	identity_destroy(identity);
	assert_int_equal(chmod(path, 0640), 0);
	assert_null(identity_first_key(path, &made, &why));
	assert_non_null(strstr(why, "chmod 600"));
	text_finish(&t);
}

/* ---- certificates ---- */

static struct bytes make_certificate(const char *alternatives, unsigned char **der)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)"Clinic, North", -1, -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"robot", -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_time_adj_ex(X509_getm_notBefore(x), -1, 0, &(time_t){NOW_S});
	X509_time_adj_ex(X509_getm_notAfter(x), 1, 0, &(time_t){NOW_S});
	X509_set_pubkey(x, ed);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alternatives);
	assert_non_null(e);
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
	assert_true(X509_sign(x, ed, NULL) > 0);
	*der = NULL;
	int len = i2d_X509(x, der);
	X509_free(x);
	return (struct bytes){*der, (size_t)len};
}

static struct question ask_certificate(const char *yaml, struct bytes der, int64_t now_ms)
{
	struct identity *identity = load(yaml);
	struct question q = ask(identity, (struct credentials){.certificate = der}, now_ms);

	identity_destroy(identity);
	return q;
}

static void certificates_name_callers(void **state)
{
	static const struct {
		const char *yaml, *name;
	} cases[] = {
		{"certificates: {\"dns:a.example.org\": {name: a, roles: [x]}}", "a"},
		{"certificates: {\"dns:A.EXAMPLE.org\": {name: a}}", "a"},
		{"certificates: {\"uri:spiffe://example.org/robot\": {name: b}}", "b"},
		{"certificates: {\"email:robot@example.org\": {name: c}}", "c"},
		{"certificates: {\"subject:CN=robot,O=Clinic\\\\, North\": {name: d}}", "d"},
		{"certificates: {\"dns:a.example.org\": {name: a}, \"email:robot@example.org\": {name: a}}", "a"},
		{"certificates: {\"dns:a.example.org\": {name: a}, \"email:robot@example.org\": {name: b}}", NULL},
		{"certificates: {\"dns:b.example.org\": {name: a}}", NULL},
		{"certificates: {\"dns:x.wild.example.org\": {name: a}}", NULL},
		{"certificates: {\"dns:example.org\": {name: a}}", NULL},
		{"certificates: {\"uri:spiffe://example.org/robo\": {name: b}}", NULL},
		{"certificates: {\"uri:a.example.org\": {name: b}}", NULL},
		{"certificates: {\"subject:CN=robot\": {name: b}}", NULL},
		{"certificates: {\"dns:a.example.org\": {name: a, expires: 2026-01-01}}", NULL},
		{"keys: keys.yaml", NULL},
	};
	unsigned char *der;
	struct bytes certificate = make_certificate("DNS:a.example.org,DNS:*.wild.example.org,URI:spiffe://example.org/robot,email:robot@example.org", &der);
	struct digest d = digest_of(certificate);
	struct text yaml;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct question q = ask_certificate(cases[i].yaml, certificate, NOW_MS);
		assert_true((q.caller != NULL) == (cases[i].name != NULL));
		if (q.caller)
			assert_string_equal(q.name, cases[i].name);
	}
	text_init(&yaml, NULL);
	text_add_string(&yaml, "certificates: {\"sha256:");
	text_add_hex(&yaml, digest_bytes(&d));
	text_add_string(&yaml, "\": {name: f}}");
	assert_string_equal(ask_certificate(text_string(&yaml), certificate, NOW_MS).name, "f");
	assert_non_null(strstr(ask_certificate(text_string(&yaml), certificate, NOW_MS + 2 * 86400000ll).why, "not valid now"));
	assert_non_null(strstr(ask_certificate(text_string(&yaml), certificate, NOW_MS - 2 * 86400000ll).why, "not valid now"));
	assert_non_null(strstr(ask_certificate(text_string(&yaml), bytes_slice(certificate, 0, certificate.len - 1), NOW_MS).why, "cannot be read"));
	text_finish(&yaml);
	OPENSSL_free(der);
}

/* ---- one after the other ---- */

static void write_keys(const char *const *secrets)
{
	struct text t;

	text_init(&t, NULL);
	for (unsigned i = 0; secrets[i]; i++) {
		text_addf(&t, "- name: k%u\n  hash: ", i);
		add_hash(&t, secrets[i]);
		text_add_byte(&t, '\n');
	}
	write_file("keys.yaml", text_bytes(&t));
	text_finish(&t);
}

static struct identity *load_next(const char *section, struct identity *before, const char *const *secrets)
{
	write_keys(secrets);
	struct identity *identity = load(section);
	if (before)
		identity_follow(identity, before, NOW_MS);
	return identity;
}

/* Who goes on by an earlier configuration: what is not known any more opens nothing there either, and the rest does. */
static void what_is_withdrawn(void **state)
{
	unsigned char *der;
	struct bytes certificate = make_certificate("DNS:a.example.org", &der);
	char both[1000];
	struct text token;

	(void)state;
	text_init(&token, NULL);
	sign(&token, ed, "EdDSA", HEADER, CLAIMS(""));
	snprintf(both, sizeof both, "%skeys: keys.yaml\ncertificates: {\"dns:a.example.org\": {name: a}}\n", all);
	struct identity *first = load_next(both, NULL, (const char *const[]){"merlon-one", "merlon-two", "merlon-three", NULL});
	struct identity *second = load_next(both, first, (const char *const[]){"merlon-one", "merlon-three", NULL});
	assert_string_equal(ask_token(first, BYTES("merlon-two"), NOW_MS).why, "shows a key that was revoked");
	assert_non_null(ask_token(first, BYTES("merlon-one"), NOW_MS).caller);
	assert_non_null(ask_token(first, text_bytes(&token), NOW_MS).caller);
	assert_non_null(ask(first, (struct credentials){.certificate = certificate}, NOW_MS).caller);
	assert_string_equal(ask_token(second, BYTES("merlon-two"), NOW_MS).why, "shows a key that is not known");
	struct identity *third = load_next("keys: keys.yaml", second, (const char *const[]){"merlon-two", "merlon-three", NULL});
	const struct identity *earlier[] = {first, second};
	for (size_t i = 0; i < COUNT_OF(earlier); i++) {
		assert_string_equal(ask_token(earlier[i], BYTES("merlon-one"), NOW_MS).why, "shows a key that was revoked");
		assert_non_null(ask_token(earlier[i], BYTES("merlon-three"), NOW_MS).caller);
		assert_string_equal(ask_token(earlier[i], text_bytes(&token), NOW_MS).why, "shows a token of an issuer that is trusted no more");
		assert_string_equal(ask(earlier[i], (struct credentials){.certificate = certificate}, NOW_MS).why, "shows a certificate that is trusted no more");
	}
	assert_non_null(ask_token(third, BYTES("merlon-two"), NOW_MS).caller);
	identity_destroy(first);
	identity_destroy(second);
	identity_destroy(third);
	text_finish(&token);
	OPENSSL_free(der);
}

/* ---- configuration ---- */

static void wrong_sections(void **state)
{
	static const struct {
		const char *yaml, *why;
	} bad[] = {
		{"[a]", "a map belongs"},
		{"{key: x}", "only these can stand"},
		{"{keys: nowhere.yaml}", "No such file"},
		{"{tokens: {issuer: i, audience: a, keys: set.json, algorithms: [RS256]}}", "without a name"},
		{"{tokens: {name: n, audience: a, keys: set.json, algorithms: [RS256]}}", "what its tokens call it"},
		{"{tokens: {name: n, issuer: i, keys: set.json, algorithms: [RS256]}}", "without an audience"},
		{"{tokens: {name: n, issuer: i, audience: a, keys: set.json}}", "algorithms it may use"},
		{"{tokens: {name: n, issuer: i, audience: a, keys: set.json, algorithms: [none]}}", "none of RS256"},
		{"{tokens: {name: n, issuer: i, audience: a, keys: set.json, algorithms: [HS256]}}", "none of RS256"},
		{"{tokens: {name: n, issuer: i, audience: a, algorithms: [RS256]}}", "without keys"},
		{"{tokens: {name: n, issuer: i, audience: a, keys: \"http://id.example.org/keys\", algorithms: [RS256]}}", "not https"},
		{"{tokens: {name: n, issuer: i, audience: a, keys: \"https://user:secret@id.example.org/keys\", algorithms: [RS256]}}", "a name or secret"},
		{"{tokens: {name: n, issuer: i, audience: a, keys: keys.yaml, algorithms: [RS256]}}", ""},
		{"{tokens: {name: n, issuer: i, audience: a, keys: set.json, algorithms: [RS256], leeway: 1h}}", "leeway"},
		{"{tokens: [{name: n, issuer: i, audience: a, keys: set.json, algorithms: [RS256]}, {name: m, issuer: i, audience: b, keys: set.json, algorithms: [RS256]}]}", "twice"},
		{"{certificates: {\"a.example.org\": {name: a}}}", "does not begin"},
		{"{certificates: {\"dns:*.example.org\": {name: a}}}", "pattern"},
		{"{certificates: {\"sha256:00\": {name: a}}}", "fingerprint"},
		{"{certificates: {\"dns:a\": {team: a}}}", "without a name"},
	};
	struct yaml_error error;
	const char *file;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_null(load_from(bad[i].yaml, &error, &file));
		assert_says(bad[i].yaml, error.why, bad[i].why);
	}
}

/* Keys that nobody has fetched yet open nothing, and are wanted. */
static void keys_at_an_address(void **state)
{
	struct identity *identity = load("tokens: {name: staff, issuer: https://id.example.org, audience: merlon, keys: \"https://127.0.0.1:1/keys\", algorithms: [EdDSA]}");

	(void)state;
	assert_true(identity_is_due(identity, NOW_MS));
	assert_string_equal(ask_signed(identity, ed, "EdDSA", HEADER, CLAIMS("")).why, "shows a token whose issuer's keys are not known yet");
	identity_destroy(identity);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_of_the_rfcs), cmocka_unit_test(base64_has_one_spelling), cmocka_unit_test(every_algorithm_is_known),
		cmocka_unit_test(hostile_tokens_are_refused), cmocka_unit_test(honest_tokens_are_not), cmocka_unit_test(long_names), cmocka_unit_test(forms_of_a_token),
		cmocka_unit_test(empty_signatures), cmocka_unit_test(public_key_as_secret), cmocka_unit_test(algorithms_are_the_issuers),
		cmocka_unit_test(sets_of_keys), cmocka_unit_test(keys_open_what_they_are_for), cmocka_unit_test(writing_keys),
		cmocka_unit_test(wrong_files_of_keys), cmocka_unit_test(the_first_key), cmocka_unit_test(certificates_name_callers),
		cmocka_unit_test(what_is_withdrawn), cmocka_unit_test(wrong_sections), cmocka_unit_test(keys_at_an_address),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
