#include "dialects/mcp/schema.h"

#include "base/status.h"

enum { HEADERS_MOST = 64 };

struct headers {
	struct bytes names[HEADERS_MOST];
	size_t count;
};

static bool is_token(struct bytes name)
{
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = name.at[i];
		bool letter = ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9');
		if (!letter && (c == 0 || !strchr("!#$%&'*+-.^_`|~", c)))
			return false;
	}
	return name.len > 0;
}

static bool add_header(struct headers *h, const struct json *schema, const struct json *header, bool reachable)
{
	struct bytes type = json_string(schema, "type");

	if (!reachable || header->kind != JSON_IS_STRING || !is_token(header->text) || h->count == HEADERS_MOST)
		return false;
	if (!bytes_same(type, "string") && !bytes_same(type, "integer") && !bytes_same(type, "boolean"))
		return false;
	for (size_t i = 0; i < h->count; i++)
		if (bytes_equal_folded(h->names[i], header->text))
			return false;
	h->names[h->count++] = header->text;
	return true;
}

static bool is_one_of(struct bytes key, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bytes_same(key, words[i]))
			return true;
	return false;
}

static bool visit(struct headers *h, const struct json *schema, bool reachable, bool root);

/* Schemas by name, each of them; or one, or a list of them. */
static bool visit_all(struct headers *h, const struct json *holder, bool named, bool reachable)
{
	if (!named && holder->kind != JSON_IS_ARRAY)
		return visit(h, holder, reachable, false);
	json_each(holder, it)
		if (!visit(h, it, reachable, false))
			return false;
	return true;
}

/* As deep as the body may be nested. */
static bool visit(struct headers *h, const struct json *schema, bool reachable, bool root)
{
	static const char *const named[] = {"patternProperties", "dependentSchemas", "$defs", "definitions"};
	static const char *const others[] = {"items", "prefixItems", "contains", "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "propertyNames",
					     "oneOf", "anyOf", "allOf", "not", "if", "then", "else"};

	if (schema->kind != JSON_IS_OBJECT)
		return true;
	json_each(schema, it) {
		bool good = true;
		if (bytes_same(it->key, "x-mcp-header"))
			good = add_header(h, schema, it, reachable && !root);
		else if (bytes_same(it->key, "properties"))
			good = visit_all(h, it, true, reachable);
		else if (is_one_of(it->key, named, COUNT_OF(named)))
			good = visit_all(h, it, true, false);
		else if (is_one_of(it->key, others, COUNT_OF(others)))
			good = visit_all(h, it, false, false);
		if (!good)
			return false;
	}
	return true;
}

bool mcp_schema_is_sound(struct arena *arena, const struct json *schema)
{
	return !schema || visit(arena_new(arena, struct headers), schema, true, true);
}
