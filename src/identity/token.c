#include "identity/token.h"

#include "base/base64.h"
#include "identity/inside.h"
#include "syntax/json.h"

enum { HEADER_MOST = 2048, SECONDS_DIGITS_MOST = 11 };

/* ---- taking it apart ---- */

static const char *read_object(struct arena *arena, struct bytes part, size_t most, const struct json **out)
{
	struct json_error error;
	struct bytes json;

	if (part.len == 0 || !base64url_read(arena, part, &json))
		return "shows a token that is no base64url";
	if (json.len > most)
		return "shows a token that is too long";
	*out = json_parse(arena, json, &error);
	if (!*out || (*out)->kind != JSON_IS_OBJECT)
		return "shows a token that holds no JSON object";
	return error.duplicate ? "shows a token with a JSON key twice in one object" : NULL;
}

static bool read_text(const struct json *object, const char *name, struct bytes *out)
{
	const struct json *v = json_member(object, name);

	*out = json_string(object, name);
	return !v || (v->kind == JSON_IS_STRING && v->text.len > 0);
}

static const char *read_header(const struct json *header, struct token *out)
{
	struct bytes algorithm;

	if (json_member(header, "crit") || json_member(header, "b64"))
		return "shows a token that asks for what is not understood here";
	if (json_member(header, "enc") || json_member(header, "zip") || json_member(header, "cty"))
		return "shows a token that is encrypted, packed or holds another";
	if (!read_text(header, "alg", &algorithm) || !read_text(header, "kid", &out->key_id) || !read_text(header, "typ", &out->type))
		return "shows a token whose header has something else where a text belongs";
	out->algorithm = algorithm_named(algorithm);
	return out->algorithm < ALGORITHM_COUNT ? NULL : "shows a token with an algorithm that is never accepted";
}

const char *token_read(struct arena *arena, struct bytes shown, struct token *out)
{
	size_t first = bytes_find_byte(shown, '.');
	struct bytes rest = bytes_from(shown, first + 1);
	size_t second = bytes_find_byte(rest, '.');
	struct bytes last = bytes_from(rest, second + 1);
	const struct json *header;

	*out = (struct token){0};
	if (shown.len > TOKEN_MOST)
		return "shows a token that is too long";
	if (first == shown.len || second == rest.len || bytes_find_byte(last, '.') != last.len)
		return "shows a token that has not three parts";
	const char *why = read_object(arena, bytes_slice(shown, 0, first), HEADER_MOST, &header);
	if (!why)
		why = read_header(header, out);
	if (!why)
		why = read_object(arena, bytes_slice(rest, 0, second), TOKEN_MOST, &out->claims);
	if (!why && (last.len == 0 || !base64url_read(arena, last, &out->signature)))
		why = "shows a token without a readable signature";
	out->text = bytes_slice(shown, 0, first + 1 + second);
	return why;
}

/* ---- believing it ---- */

/* NumericDate, parts of a second cut off; no signs, no exponents. */
static bool read_seconds(const struct json *value, int64_t *out)
{
	uint64_t seconds;

	if (!value || value->kind != JSON_IS_NUMBER)
		return false;
	struct bytes whole = bytes_slice(value->text, 0, bytes_find_byte(value->text, '.'));
	struct bytes part = bytes_from(value->text, whole.len + 1);
	for (size_t i = 0; i < part.len; i++)
		if (part.at[i] < '0' || part.at[i] > '9')
			return false;
	if (whole.len > SECONDS_DIGITS_MOST || !bytes_to_u64(whole, &seconds))
		return false;
	*out = (int64_t)seconds;
	return true;
}

static const char *check_times(const struct issuer *issuer, const struct json *claims, int64_t now_s)
{
	const struct json *before = json_member(claims, "nbf"), *issued = json_member(claims, "iat");
	int64_t expires, from = 0, at = 0;

	if (!read_seconds(json_member(claims, "exp"), &expires))
		return "shows a token that does not say when it expires";
	if ((before && !read_seconds(before, &from)) || (issued && !read_seconds(issued, &at)))
		return "shows a token with a time that is none";
	if (now_s >= expires + issuer->leeway_s)
		return "shows a token that has expired";
	if (now_s < from - issuer->leeway_s)
		return "shows a token that is not valid yet";
	if (now_s < at - issuer->leeway_s || at > expires)
		return "shows a token issued in the future, or after its own end";
	return NULL;
}

static bool is_audience(const struct issuer *issuer, const struct json *value)
{
	for (size_t i = 0; i < issuer->audiences.count; i++)
		if (value->kind == JSON_IS_STRING && bytes_equal(value->text, issuer->audiences.at[i]))
			return true;
	return false;
}

static bool is_for_us(const struct issuer *issuer, const struct json *value)
{
	if (!value || value->kind != JSON_IS_ARRAY)
		return value && is_audience(issuer, value);
	json_each(value, it)
		if (is_audience(issuer, it))
			return true;
	return false;
}

/* "application/" may be left out, and letters are of either case (RFC 7515, section 4.1.9). */
static bool is_type(const struct issuer *issuer, struct bytes type)
{
	struct bytes prefix = BYTES("application/");

	if (type.len > prefix.len && bytes_equal_folded(bytes_slice(type, 0, prefix.len), prefix))
		type = bytes_from(type, prefix.len);
	if (issuer->type.len)
		return bytes_equal_folded(type, issuer->type);
	return type.len == 0 || bytes_equal_folded(type, BYTES("jwt")) || bytes_equal_folded(type, BYTES("at+jwt"));
}

const char *token_check(const struct issuer *issuer, const struct token *token, int64_t now_ms, bool signature_known, bool *unknown_key)
{
	const char *why = NULL;

	*unknown_key = false;
	if (!(issuer->algorithms & 1u << token->algorithm))
		return "shows a token with an algorithm that its issuer is not to use";
	if (!is_type(issuer, token->type))
		return "shows a token of another type";
	if (!issuer->keys) {
		*unknown_key = true;
		return "shows a token whose issuer's keys are not known yet";
	}
	const struct verify_key *key = key_set_find(issuer->keys, token->key_id, token->algorithm, &why);
	*unknown_key = !key;
	if (!key)
		return why;
	if (!signature_known && !signature_holds(key, token->algorithm, token->text, token->signature))
		return "shows a token whose signature is wrong";
	if (!is_for_us(issuer, json_member(token->claims, "aud")))
		return "shows a token for somebody else";
	return check_times(issuer, token->claims, now_ms / 1000);
}

/* ---- whom it speaks of ---- */

/* One step of a JSON pointer, "~1" and "~0" undone. */
static const struct json *find_step(struct arena *arena, const struct json *object, struct bytes step)
{
	unsigned char *name = arena_alloc_raw(arena, step.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < step.len; i++) {
		bool escape = step.at[i] == '~' && i + 1 < step.len && (step.at[i + 1] == '0' || step.at[i + 1] == '1');
		name[len++] = !escape ? step.at[i] : step.at[++i] == '1' ? '/' : '~';
	}
	name[len] = 0;
	return json_member(object, (const char *)name);
}

static const struct json *find_claim(struct arena *arena, const struct json *claims, struct bytes name)
{
	if (name.len == 0 || name.at[0] != '/')
		return name.len ? json_member(claims, arena_string(arena, name)) : NULL;
	while (claims && name.len > 0) {
		struct bytes step = bytes_from(name, 1);
		step = bytes_slice(step, 0, bytes_find_byte(step, '/'));
		name = bytes_from(name, 1 + step.len);
		claims = find_step(arena, claims, step);
	}
	return claims;
}

static bool add_name(struct names *list, size_t most, struct bytes name)
{
	if (list->count == most || !is_printable(name))
		return false;
	list->at[list->count++] = name;
	return true;
}

/* A list of texts, or one text of words between blanks, as "scope" is; they join those of the issuer's own list. */
static bool read_list(struct arena *arena, const struct json *value, size_t most, struct names *list)
{
	struct names joined = {.at = arena_alloc(arena, most, sizeof *joined.at), .count = 0};

	for (size_t i = 0; i < list->count; i++)
		joined.at[joined.count++] = list->at[i];
	*list = joined;
	if (!value || value->kind == JSON_IS_NULL)
		return true;
	if (value->kind != JSON_IS_STRING && value->kind != JSON_IS_ARRAY)
		return false;
	json_each(value, it)
		if (it->kind != JSON_IS_STRING || !add_name(list, most, it->text))
			return false;
	for (struct bytes rest = value->text; rest.len > 0;) {
		size_t end = bytes_find_byte(rest, ' ');
		if (end > 0 && !add_name(list, most, bytes_slice(rest, 0, end)))
			return false;
		rest = bytes_from(rest, end + 1);
	}
	return true;
}

const struct caller *token_caller(struct arena *arena, const struct issuer *issuer, const struct token *token, const char **why)
{
	const struct json *name = find_claim(arena, token->claims, issuer->claims.name);
	const struct json *team = find_claim(arena, token->claims, issuer->claims.team);
	struct caller *caller = caller_copy(arena, &issuer->scope);
	struct text full;
	int64_t expires;

	if (!name || name->kind != JSON_IS_STRING || !is_printable(name->text)) {
		*why = "shows a token that names nobody";
		return NULL;
	}
	if (issuer->claims.team.len && (!team || team->kind != JSON_IS_STRING || !is_printable(team->text))) {
		*why = "shows a token that names no team";
		return NULL;
	}
	if (!read_list(arena, find_claim(arena, token->claims, issuer->claims.roles), ROLES_MOST, &caller->roles) ||
	    !read_list(arena, find_claim(arena, token->claims, issuer->claims.purposes), PURPOSES_MOST, &caller->purposes)) {
		*why = "shows a token with more roles or purposes than anybody has, or with some that are no names";
		return NULL;
	}
	text_init(&full, arena);
	text_add(&full, issuer->name);
	text_add_byte(&full, '/');
	text_add(&full, name->text);
	caller->name = text_bytes(&full);
	/* Elsewhere it would be cut, and be another's. */
	if (caller->name.len > NAME_MOST) {
		*why = "shows a token whose name is longer than any caller's";
		return NULL;
	}
	if (team)
		caller->team = team->text;
	caller->proof = "token";
	/* No overflow: eleven digits of seconds. */
	if (read_seconds(json_member(token->claims, "exp"), &expires))
		caller->expires_ms = (expires + issuer->leeway_s) * 1000;
	return caller;
}
