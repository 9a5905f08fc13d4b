/* What anybody may show at the door: tokens; and what an issuer may publish: sets of keys; files of keys besides. */
#include "base/base64.h"
#include "identity/keys.h"
#include "identity/token.h"

struct job {
	struct arena arena;
	struct bytes in;
};

/* An issuer that takes everything, so that the reading goes on as far as it can: every signature is said to be known. */
static void read_token(struct arena *arena, struct bytes in)
{
	static struct bytes audience = {(const unsigned char *)"a", 1};
	static struct key_set *set;
	struct issuer issuer = {
		.name = BYTES("n"), .audiences = {&audience, 1}, .algorithms = UINT32_MAX, .leeway_s = 30,
		.claims = {BYTES("sub"), BYTES(""), BYTES("/r/s"), BYTES("p")},
	};
	struct token token;
	const char *why;
	bool unknown;

	if (!set)
		set = key_set_read(BYTES("{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}"), &why);
	issuer.keys = set;
	if (token_read(arena, in, &token))
		return;
	if (!token_check(&issuer, &token, 1000000, false, &unknown))
		__builtin_trap();       /* nobody here has the key */
	token_check(&issuer, &token, 1000000, true, &unknown);
	token_caller(arena, &issuer, &token, &why);
}

/* The parts of a token as they are, so that the fuzzer need not learn base64 to write JSON. */
static void read_plain(struct job *job)
{
	size_t split = bytes_find_byte(job->in, '\n');
	struct text token;

	text_init(&token, &job->arena);
	for (unsigned i = 0; i < 2; i++) {
		size_t from = token.len;
		text_add_base64(&token, i ? bytes_from(job->in, split + 1) : bytes_slice(job->in, 0, split));
		for (size_t k = from; k < token.len; k++)
			token.at[k] = token.at[k] == '+' ? '-' : token.at[k] == '/' ? '_' : token.at[k];
		while (token.len > from && token.at[token.len - 1] == '=')
			token.len--;
		text_add_byte(&token, '.');
	}
	text_add_string(&token, "AAAA");
	read_token(&job->arena, text_bytes(&token));
}

static void read_keys(struct job *job)
{
	const char *why;
	struct key_file file;
	struct yaml_error error;

	key_set_destroy(key_set_read(job->in, &why));
	keys_read(&job->arena, job->in, &file, &error);
}

static void body(void *arg)
{
	struct job *job = arg;

	read_token(&job->arena, job->in);
	read_plain(job);
	read_keys(job);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
	struct job job = {.in = {at, len}};

	arena_init(&job.arena, 64u << 20);
	arena_run(&job.arena, body, &job);
	arena_finish(&job.arena);
	return 0;
}
