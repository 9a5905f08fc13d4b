#include "dialects/mcp/schema.h"

#include "base/status.h"

enum { HEADERS_MOST = 64 };

struct headers {
	struct arena *arena;
	struct bytes names[HEADERS_MOST], paths[HEADERS_MOST];
	size_t count;
};

struct bytes mcp_path(struct arena *arena, struct bytes above, struct bytes key)
{
	struct text path;

	if (above.len == 0)
		return key;
	text_init(&path, arena);
	text_add(&path, above);
	text_add_byte(&path, 0);
	text_add(&path, key);
	return text_bytes(&path);
}

struct bytes mcp_folded(struct arena *arena, struct bytes name)
{
	unsigned char *at = arena_alloc(arena, name.len + 1, 1);

	for (size_t i = 0; i < name.len; i++)
		at[i] = bytes_fold(name.at[i]);
	return (struct bytes){at, name.len};
}

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

static bool add_header(struct headers *h, const struct json *schema, const struct json *header, bool reachable, struct bytes path)
{
	struct bytes type = json_string(schema, "type");

	if (!reachable || header->kind != JSON_IS_STRING || !is_token(header->text) || h->count == HEADERS_MOST)
		return false;
	if (!bytes_same(type, "string") && !bytes_same(type, "integer") && !bytes_same(type, "boolean"))
		return false;
	for (size_t i = 0; i < h->count; i++)
		if (bytes_equal_folded(h->names[i], header->text))
			return false;
	h->paths[h->count] = path;
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

static bool visit(struct headers *h, const struct json *schema, bool reachable, bool root, struct bytes path);

/* Schemas by name, each of them; or one, or a list of them. */
static bool visit_all(struct headers *h, const struct json *holder, bool named, bool reachable, struct bytes path)
{
	if (!named && holder->kind != JSON_IS_ARRAY)
		return visit(h, holder, reachable, false, path);
	json_each(holder, it)
		if (!visit(h, it, reachable, false, reachable ? mcp_path(h->arena, path, it->key) : path))
			return false;
	return true;
}

/* As deep as the body may be nested. */
static bool visit(struct headers *h, const struct json *schema, bool reachable, bool root, struct bytes path)
{
	static const char *const named[] = {"patternProperties", "dependentSchemas", "$defs", "definitions"};
	static const char *const others[] = {"items", "prefixItems", "contains", "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "propertyNames",
					     "oneOf", "anyOf", "allOf", "not", "if", "then", "else"};

	if (schema->kind != JSON_IS_OBJECT)
		return true;
	json_each(schema, it) {
		bool good = true;
		if (bytes_same(it->key, "x-mcp-header"))
			good = add_header(h, schema, it, reachable && !root, path);
		else if (bytes_same(it->key, "properties"))
			good = visit_all(h, it, true, reachable, path);
		else if (is_one_of(it->key, named, COUNT_OF(named)))
			good = visit_all(h, it, true, false, path);
		else if (is_one_of(it->key, others, COUNT_OF(others)))
			good = visit_all(h, it, false, false, path);
		if (!good)
			return false;
	}
	return true;
}

static struct headers *headers_of(struct arena *arena, const struct json *schema)
{
	struct headers *h = arena_new(arena, struct headers);

	h->arena = arena;
	return !schema || visit(h, schema, true, true, BYTES("")) ? h : NULL;
}

bool mcp_schema_is_sound(struct arena *arena, const struct json *schema)
{
	return headers_of(arena, schema) != NULL;
}

bool mcp_schema_claims(struct arena *arena, const struct json *schema, struct bytes tool, struct claim **claims)
{
	const struct headers *h = headers_of(arena, schema);

	for (size_t i = 0; h && i <= h->count; i++) {
		struct claim *c = arena_new(arena, struct claim);
		*c = (struct claim){.tool = tool, .next = *claims};
		if (i > 0) {
			c->header = mcp_folded(arena, h->names[i - 1]);
			c->path = h->paths[i - 1];
		}
		*claims = c;
	}
	return h != NULL;
}
