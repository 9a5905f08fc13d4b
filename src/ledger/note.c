#include "ledger/note.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cursor.h"
#include "codecs/encoding.h"

enum { SIGNATURE = 64, SEED = 32, ID = 4, DECODED_MOST = 4096 };

static const struct bytes dash = BYTES("\xE2\x80\x94 ");    /* U+2014 and a blank */

/* ---- keys ---- */

/* The first bytes of SHA-256(name || LF || type || public key). */
static void set_id(struct note_verifier *v)
{
	struct text t;
	struct digest d;

	text_init(&t, NULL);
	text_addf(&t, "%s\n%c", v->name, (char)v->type);
	text_add(&t, (struct bytes){v->public_key, sizeof v->public_key});
	d = digest_of(text_bytes(&t));
	memcpy(v->id, d.sha256, sizeof v->id);
	text_finish(&t);
}

static bool derive_public(struct note_signer *s)
{
	size_t len = sizeof s->verifier.public_key;
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, s->seed, sizeof s->seed);
	bool good = key && EVP_PKEY_get_raw_public_key(key, s->verifier.public_key, &len) == 1;

	EVP_PKEY_free(key);
	if (good)
		set_id(&s->verifier);
	return good;
}

static bool name_is_good(struct bytes name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] <= ' ' || name.at[i] == '+' || name.at[i] > 0x7E)
			return false;
	return name.len > 0 && name.len < sizeof((struct note_verifier *)0)->name;
}

bool note_make_key(const char *name, struct note_signer *out)
{
	*out = (struct note_signer){.verifier.type = NOTE_ED25519};
	if (!name_is_good(bytes_of(name)))
		return false;
	snprintf(out->verifier.name, sizeof out->verifier.name, "%s", name);
	mlock(out->seed, sizeof out->seed);
	return RAND_bytes(out->seed, sizeof out->seed) == 1 && derive_public(out);
}

void note_forget(struct note_signer *signer)
{
	OPENSSL_cleanse(signer->seed, sizeof signer->seed);
	munlock(signer->seed, sizeof signer->seed);
}

static void add_key(struct text *out, const struct note_verifier *v, const unsigned char *material)
{
	unsigned char typed[1 + 32] = {(unsigned char)v->type};

	memcpy(typed + 1, material, 32);
	text_addf(out, "%s+", v->name);
	text_add_hex(out, (struct bytes){v->id, sizeof v->id});
	text_add_byte(out, '+');
	text_add_base64(out, (struct bytes){typed, sizeof typed});
	OPENSSL_cleanse(typed, sizeof typed);
}

void note_write_verifier(const struct note_verifier *v, struct text *out)
{
	add_key(out, v, v->public_key);
}

void note_write_signer(const struct note_signer *s, struct text *out)
{
	text_add_string(out, "PRIVATE+KEY+");
	add_key(out, &s->verifier, s->seed);
}

struct decoding {
	struct arena *arena;
	bool (*decode)(struct arena *, struct bytes, struct bytes *);
	struct bytes text;
	unsigned char *out;
	size_t len;
	bool good;
};

static void decode_exactly(void *arg)
{
	struct decoding *d = arg;
	struct bytes b;

	d->good = d->decode(d->arena, d->text, &b) && b.len == d->len;
	if (d->good)
		memcpy(d->out, b.at, b.len);
}

/* Decodes to exactly `len` bytes. */
static bool decode_to(bool (*decode)(struct arena *, struct bytes, struct bytes *), struct bytes text, unsigned char *out, size_t len)
{
	struct arena arena;
	struct decoding d = {.arena = &arena, .decode = decode, .text = text, .out = out, .len = len};

	arena_init(&arena, DECODED_MOST);
	bool whole = arena_run(&arena, decode_exactly, &d);
	arena_finish(&arena);
	return whole && d.good;
}

/* Takes what stands before the next '+'. */
static struct bytes split_plus(struct bytes *text)
{
	size_t len = bytes_find_byte(*text, '+');
	struct bytes part = bytes_slice(*text, 0, len);

	*text = bytes_from(*text, len + 1);
	return part;
}

static struct bytes without_line_end(struct bytes text)
{
	while (text.len > 0 && (text.at[text.len - 1] == '\n' || text.at[text.len - 1] == '\r'))
		text.len--;
	return text;
}

/* NAME+ID+KEY into its parts; `typed` gets the type and 32 bytes. */
static bool read_key(struct bytes text, struct note_verifier *v, unsigned char *id, unsigned char *typed)
{
	struct bytes name = split_plus(&text), hex = split_plus(&text);

	*v = (struct note_verifier){0};
	if (!name_is_good(name) || !decode_to(decode_hex, hex, id, ID) || !decode_to(decode_base64, text, typed, 1 + SEED))
		return false;
	memcpy(v->name, name.at, name.len);
	v->type = (enum note_key_type)typed[0];
	return typed[0] == NOTE_ED25519 || typed[0] == NOTE_COSIGNATURE;
}

bool note_read_verifier(struct bytes text, struct note_verifier *out)
{
	unsigned char id[ID], typed[1 + SEED];

	if (!read_key(without_line_end(text), out, id, typed))
		return false;
	memcpy(out->public_key, typed + 1, sizeof out->public_key);
	set_id(out);
	return memcmp(id, out->id, ID) == 0;
}

bool note_read_signer(struct bytes text, struct note_signer *out)
{
	struct bytes prefix = BYTES("PRIVATE+KEY+");
	unsigned char id[ID], typed[1 + SEED];

	if (!bytes_start_with(text, prefix) || !read_key(without_line_end(bytes_from(text, prefix.len)), &out->verifier, id, typed))
		return false;
	mlock(out->seed, sizeof out->seed);
	memcpy(out->seed, typed + 1, sizeof out->seed);
	OPENSSL_cleanse(typed, sizeof typed);
	return derive_public(out) && memcmp(id, out->verifier.id, ID) == 0;
}

/* ---- signatures ---- */

void note_sign(const struct note_signer *signer, struct text *text)
{
	unsigned char signature[ID + SIGNATURE];
	size_t len = SIGNATURE;
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, signer->seed, sizeof signer->seed);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = key && context && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestSign(context, signature + ID, &len, (const unsigned char *)text->at, text->len) == 1;

	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	if (!good)
		OPENSSL_die("signing failed", __FILE__, __LINE__);
	memcpy(signature, signer->verifier.id, ID);
	text_add_byte(text, '\n');
	text_add(text, dash);
	text_addf(text, "%s ", signer->verifier.name);
	text_add_base64(text, (struct bytes){signature, sizeof signature});
	text_add_byte(text, '\n');
}

struct bytes note_text(struct bytes note)
{
	size_t at = bytes_find_last(note, BYTES("\n\n"));

	return at < note.len && bytes_start_with(bytes_from(note, at + 2), dash) ? bytes_slice(note, 0, at + 1) : BYTES("");
}

static bool verify_bytes(const struct note_verifier *v, struct bytes signed_text, const unsigned char *signature)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, v->public_key, sizeof v->public_key);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = key && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestVerify(context, signature, SIGNATURE, signed_text.at, signed_text.len) == 1;

	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return good;
}

/* "cosignature/v1", the time, and the checkpoint; the time stands in the signature too. */
static bool verify_cosignature(const struct note_verifier *v, struct bytes text, const unsigned char *blob, int64_t *time_s)
{
	struct cursor c = cursor_over((struct bytes){blob, 8});
	struct text t;

	*time_s = (int64_t)cursor_u64be(&c);
	text_init(&t, NULL);
	text_addf(&t, "cosignature/v1\ntime %lld\n", (long long)*time_s);
	text_add(&t, text);
	bool good = verify_bytes(v, text_bytes(&t), blob + 8);
	text_finish(&t);
	return good;
}

static enum note_status verify_line(const struct note_verifier *v, struct bytes text, struct bytes line, int64_t *time_s)
{
	unsigned char blob[ID + 8 + SIGNATURE];
	size_t len = ID + SIGNATURE + (v->type == NOTE_COSIGNATURE ? 8 : 0);
	size_t blank = bytes_find_byte(line, ' ');

	if (!bytes_same(bytes_slice(line, 0, blank), v->name))
		return NOTE_UNKNOWN_KEY;
	if (!decode_to(decode_base64, bytes_from(line, blank + 1), blob, len) || memcmp(blob, v->id, ID) != 0)
		return NOTE_UNKNOWN_KEY;
	bool good = v->type == NOTE_COSIGNATURE ? verify_cosignature(v, text, blob + ID, time_s) : verify_bytes(v, text, blob + ID);
	return good ? NOTE_GOOD : NOTE_BAD;
}

enum note_status note_verify(const struct note_verifier *v, struct bytes note, int64_t *time_s)
{
	struct bytes text = note_text(note);
	struct cursor c = cursor_over(bytes_from(note, text.len + 1));
	enum note_status status = NOTE_UNKNOWN_KEY;

	*time_s = 0;
	if (text.len == 0 || !bytes_are_utf8(note))
		return NOTE_BAD;
	while (cursor_left(&c) > 0) {
		struct bytes line = cursor_until(&c, '\n');
		if (!cursor_ok(&c) || !bytes_start_with(line, dash))
			return NOTE_BAD;
		enum note_status one = verify_line(v, text, bytes_from(line, dash.len), time_s);
		if (one == NOTE_BAD)
			return NOTE_BAD;
		if (one == NOTE_GOOD)
			status = NOTE_GOOD;
	}
	return status;
}

/* ---- checkpoints ---- */

void checkpoint_write(const struct checkpoint *c, struct text *out)
{
	text_add(out, c->origin);
	text_addf(out, "\n%llu\n", (unsigned long long)c->size);
	text_add_base64(out, digest_bytes(&c->root));
	text_add_byte(out, '\n');
}

bool checkpoint_read(struct bytes text, struct checkpoint *out)
{
	struct cursor c = cursor_over(text);

	out->origin = cursor_until(&c, '\n');
	bool size = bytes_to_u64(cursor_until(&c, '\n'), &out->size);
	struct bytes root = cursor_until(&c, '\n');
	return cursor_ok(&c) && out->origin.len > 0 && size && decode_to(decode_base64, root, out->root.sha256, sizeof out->root.sha256);
}
