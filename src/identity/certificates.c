#include "identity/certificates.h"

#include <openssl/x509v3.h>

static const char *const kinds[] = {"dns:", "uri:", "email:", "subject:", "sha256:"};

/* ---- reading ---- */

static bool read_subject(struct reader *r, const struct yaml *at, struct certificate_rule *out)
{
	struct digest digest;

	for (unsigned k = 0; k < COUNT_OF(kinds); k++) {
		if (!bytes_start_with(at->key, bytes_of(kinds[k])))
			continue;
		out->kind = (enum certificate_kind)k;
		out->value = arena_copy(r->arena, bytes_from(at->key, bytes_of(kinds[k]).len));
	}
	if (out->value.len == 0)
		return reader_fail(r, at, "has a certificate that does not begin with dns:, uri:, email:, subject: or sha256:, or ends there");
	if (out->kind != CERTIFICATE_SHA256)
		return bytes_find_byte(out->value, '*') == out->value.len || out->kind != CERTIFICATE_DNS || reader_fail(r, at, "has a certificate for a pattern of names: only whole names are compared");
	if (!digest_read(at->key, &digest))
		return reader_fail(r, at, "has a fingerprint that is not 64 hexadecimal digits in small letters");
	out->value = arena_copy(r->arena, digest_bytes(&digest));
	return true;
}

bool certificates_read(struct reader *r, const struct yaml *map, struct certificate_rule **out)
{
	if (map && map->kind != YAML_IS_MAP)
		return reader_fail(r, map, "has something else where a map of certificates belongs");
	yaml_each(map, it) {
		struct certificate_rule *rule = arena_new(r->arena, struct certificate_rule);
		struct caller *caller = arena_new(r->arena, struct caller);
		const struct yaml *name = yaml_member(it, "name");
		if (!read_subject(r, it, rule) || !reader_check(r, it, "name " SCOPE_FIELDS) || !reader_scope(r, it, caller))
			return false;
		if (!name || !reader_name(r, name, &caller->name) || !is_plain_name(caller->name))
			return reader_fail(r, it, "has a certificate without a name, or with one that holds a '/' or cannot be printed");
		caller->proof = "certificate";
		rule->caller = caller;
		*out = rule;
		out = &rule->next;
	}
	return true;
}

/* ---- comparing ---- */

static bool is_same(const ASN1_STRING *string, struct bytes value, bool folded)
{
	struct bytes b = {ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string)};

	return folded ? bytes_equal_folded(b, value) : bytes_equal(b, value);
}

static bool matches_name(const GENERAL_NAME *name, const struct certificate_rule *rule)
{
	switch (rule->kind) {
	case CERTIFICATE_DNS: return name->type == GEN_DNS && is_same(name->d.dNSName, rule->value, true);
	case CERTIFICATE_URI: return name->type == GEN_URI && is_same(name->d.uniformResourceIdentifier, rule->value, false);
	case CERTIFICATE_EMAIL: return name->type == GEN_EMAIL && is_same(name->d.rfc822Name, rule->value, false);
	default: return false;
	}
}

/* The subject as RFC 2253 writes it. */
static bool matches_subject(X509 *certificate, const struct certificate_rule *rule)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *at = NULL;

	if (!out)
		return false;
	X509_NAME_print_ex(out, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
	long len = BIO_get_mem_data(out, &at);
	bool same = len > 0 && bytes_equal((struct bytes){(unsigned char *)at, (size_t)len}, rule->value);
	BIO_free(out);
	return same;
}

static bool matches(X509 *certificate, const GENERAL_NAMES *names, const struct digest *fingerprint, const struct certificate_rule *rule)
{
	if (rule->kind == CERTIFICATE_SHA256)
		return bytes_equal(digest_bytes(fingerprint), rule->value);
	if (rule->kind == CERTIFICATE_SUBJECT)
		return matches_subject(certificate, rule);
	for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++)
		if (matches_name(sk_GENERAL_NAME_value(names, i), rule))
			return true;
	return false;
}

static const struct certificate_rule *find(const struct certificate_rule *rules, X509 *certificate, const struct digest *fingerprint, const char **why)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	const struct certificate_rule *found = NULL;

	*why = "shows a certificate that is nobody's";
	for (const struct certificate_rule *rule = rules; rule; rule = rule->next) {
		if (!matches(certificate, names, fingerprint, rule))
			continue;
		if (found && !bytes_equal(found->caller->name, rule->caller->name)) {
			*why = "shows a certificate of two callers";
			found = NULL;
			break;
		}
		if (!found)
			found = rule;
	}
	GENERAL_NAMES_free(names);
	if (found)
		*why = NULL;
	return found;
}

const struct certificate_rule *certificates_find(const struct certificate_rule *rules, struct bytes der, int64_t now_ms, const char **why)
{
	const unsigned char *at = der.at;
	struct digest fingerprint = digest_of(der);
	time_t now = (time_t)(now_ms / 1000);
	const struct certificate_rule *found = NULL;
	X509 *certificate = d2i_X509(NULL, &at, (long)der.len);

	if (!certificate || at != der.at + der.len)
		*why = "shows a certificate that cannot be read";
	else if (X509_cmp_time(X509_get0_notBefore(certificate), &now) >= 0 || X509_cmp_time(X509_get0_notAfter(certificate), &now) <= 0)
		*why = "shows a certificate that is not valid now";
	else
		found = find(rules, certificate, &fingerprint, why);
	X509_free(certificate);
	return found;
}
