#include "rules/signature.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>

#include "base/file.h"

enum { SIGNATURE_SIZE = 64 };

static EVP_PKEY *read_key(const char *path)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *key = f ? PEM_read_PUBKEY(f, NULL, NULL, NULL) : NULL;

	if (f)
		fclose(f);
	if (key && EVP_PKEY_is_a(key, "ED25519") != 1) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

static bool read_signature(const char *path, struct text *out)
{
	struct text name;

	text_init(&name, NULL);
	text_addf(&name, "%s.sig", path);
	bool good = file_read(text_string(&name), SIGNATURE_SIZE, out) == STATUS_OK && out->len == SIGNATURE_SIZE;
	text_finish(&name);
	return good;
}

static bool verify(EVP_PKEY *key, struct bytes signature, struct bytes content)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestVerify(context, signature.at, signature.len, content.at, content.len) == 1;

	EVP_MD_CTX_free(context);
	return good;
}

const char *signature_fault(const char *key, const char *path, struct bytes content)
{
	EVP_PKEY *public = read_key(key);
	const char *fault = NULL;
	struct text signature;

	text_init(&signature, NULL);
	if (!public)
		fault = "cannot be checked: the key is no Ed25519 public key in PEM";
	else if (!read_signature(path, &signature))
		fault = "is not signed: there is no signature of 64 bytes in the file of its name with .sig behind it";
	else if (!verify(public, text_bytes(&signature), content))
		fault = "is not what was signed, or was signed with another key";
	EVP_PKEY_free(public);
	text_finish(&signature);
	return fault;
}
