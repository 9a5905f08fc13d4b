#include "identity/issuers.h"

#include "identity/refresh.h"

enum { LEEWAY_S = 30, LEEWAY_MOST_S = 300, ADDRESS_MOST = 2000 };

static bool read_algorithms(struct reader *r, const struct yaml *map, unsigned *out)
{
	const struct yaml *list = yaml_member(map, "algorithms");

	if (!list || list->kind != YAML_IS_LIST || list->count == 0)
		return reader_fail(r, list ? list : map, "has an issuer without a list of algorithms it may use");
	yaml_each(list, it) {
		enum algorithm a = algorithm_named(it->text);
		if (a == ALGORITHM_COUNT)
			return reader_fail(r, it, "has an algorithm that is none of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA");
		*out |= 1u << a;
	}
	return true;
}

static bool read_leeway(struct reader *r, const struct yaml *value, int64_t *out)
{
	uint64_t seconds;

	*out = LEEWAY_S;
	if (!value)
		return true;
	struct bytes digits = bytes_end_with(value->text, BYTES("s")) ? bytes_slice(value->text, 0, value->text.len - 1) : value->text;
	if (!bytes_to_u64(digits, &seconds) || seconds > LEEWAY_MOST_S)
		return reader_fail(r, value, "has a leeway that is not from 0s to %ds", LEEWAY_MOST_S);
	*out = (int64_t)seconds;
	return true;
}

static bool read_claims(struct reader *r, const struct yaml *map, struct token_claims *out)
{
	*out = (struct token_claims){.name = BYTES("sub")};
	if (!map)
		return true;
	if (!reader_check(r, map, "name team roles purposes") || (yaml_member(map, "name") && !reader_name(r, yaml_member(map, "name"), &out->name)))
		return false;
	return reader_name(r, yaml_member(map, "team"), &out->team) && reader_name(r, yaml_member(map, "roles"), &out->roles) &&
	       reader_name(r, yaml_member(map, "purposes"), &out->purposes);
}

static bool read_address(struct reader *r, const struct yaml *map, const struct yaml *keys, struct issuer *out)
{
	const struct yaml *authority = yaml_member(map, "authority");
	struct bytes ignored;

	for (size_t i = 0; i < keys->text.len; i++)
		if (keys->text.at[i] <= ' ' || keys->text.at[i] >= 0x7f)
			return reader_fail(r, keys, "has an address that is none");
	if (keys->text.len > ADDRESS_MOST || bytes_find_byte(keys->text, '@') != keys->text.len)
		return reader_fail(r, keys, "has an address that is too long, or with a name or secret in it");
	if (authority && !reader_file(r, authority, authority->text, FILE_MOST, &out->authority, &ignored))
		return false;
	out->url = arena_string(r->arena, keys->text);
	out->shared = shared_keys_create();
	return true;
}

static bool read_keys(struct reader *r, const struct yaml *map, struct issuer *out)
{
	const struct yaml *keys = yaml_member(map, "keys");
	const char *path, *why;
	struct bytes json;

	if (!keys || keys->kind != YAML_IS_SCALAR)
		return reader_fail(r, keys ? keys : map, "has an issuer without keys: the name of a file, or an https address");
	if (bytes_start_with(keys->text, BYTES("https://")))
		return read_address(r, map, keys, out);
	if (bytes_contain(keys->text, BYTES("://")))
		return reader_fail(r, keys, "has keys at an address that is not https");
	if (yaml_member(map, "authority"))
		return reader_fail(r, yaml_member(map, "authority"), "has an authority for keys that are in a file");
	if (!reader_file(r, keys, keys->text, KEY_SET_BYTES_MOST, &path, &json))
		return false;
	out->keys = key_set_read(json, &why);
	if (out->keys)
		return true;
	r->file = path;
	return reader_fail(r, NULL, "%s", why);
}

static bool read_issuer(struct reader *r, const struct yaml *map, struct issuer *out)
{
	if (!reader_check(r, map, "name issuer audience keys authority algorithms claims leeway type " SCOPE_FIELDS))
		return false;
	if (!reader_name(r, yaml_member(map, "name"), &out->name) || !is_plain_name(out->name))
		return reader_fail(r, map, "has an issuer without a name, or with one that holds a '/' or cannot be printed");
	if (!reader_name(r, yaml_member(map, "issuer"), &out->issuer) || out->issuer.len == 0)
		return reader_fail(r, map, "has an issuer that does not say what its tokens call it");
	if (!reader_names(r, yaml_member(map, "audience"), AUDIENCES_MOST, &out->audiences))
		return false;
	if (out->audiences.count == 0 || out->audiences.at[0].len == 0)
		return reader_fail(r, map, "has an issuer without an audience");
	return read_algorithms(r, map, &out->algorithms) && read_leeway(r, yaml_member(map, "leeway"), &out->leeway_s) &&
	       read_claims(r, yaml_member(map, "claims"), &out->claims) && reader_name(r, yaml_member(map, "type"), &out->type) &&
	       reader_scope(r, map, &out->scope) && read_keys(r, map, out);
}

static bool add(struct reader *r, const struct yaml *map, struct issuers *all)
{
	if (all->count == ISSUERS_MOST)
		return reader_fail(r, map, "has more than %d issuers", ISSUERS_MOST);
	struct issuer *issuer = &all->list[all->count++];
	if (!read_issuer(r, map, issuer))
		return false;
	for (const struct issuer *other = all->list; other < issuer; other++)
		if (bytes_equal(other->issuer, issuer->issuer) || bytes_equal(other->name, issuer->name))
			return reader_fail(r, map, "has an issuer twice");
	return true;
}

bool issuers_read(struct reader *r, const struct yaml *value, struct issuers *out)
{
	if (value && value->kind != YAML_IS_LIST)
		return add(r, value, out);
	yaml_each(value, it)
		if (!add(r, it, out))
			return false;
	return true;
}

void issuers_finish(struct issuers *issuers)
{
	for (size_t i = 0; i < issuers->count; i++) {
		key_set_destroy(issuers->list[i].keys);
		shared_keys_destroy(issuers->list[i].shared);
	}
	issuers->count = 0;
}
