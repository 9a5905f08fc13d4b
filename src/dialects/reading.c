#include "dialects/reading.h"

#include <stdarg.h>
#include <stdio.h>

const struct json *reading_parse(struct exchange *x, struct bytes body)
{
	struct json_error error;
	struct json *root = json_parse(x->arena, body, &error);

	x->body = body;
	if (!root)
		exchange_fail(x, "is no JSON");
	else if (error.duplicate)
		exchange_fail(x, "has a key twice in one object, which readers take differently");
	else if (root->kind != JSON_IS_OBJECT)
		exchange_fail(x, "is no JSON object");
	return x->why ? NULL : root;
}

struct piece *reading_text(struct exchange *x, const struct json *value, enum channel channel, unsigned trust)
{
	if (!value || value->kind != JSON_IS_STRING || value->text.len == 0)
		return NULL;
	return exchange_add(x, PIECE_TEXT, channel, trust, value->at, value->text);
}

void reading_all(struct exchange *x, const struct json *value, enum channel channel, unsigned trust)
{
	reading_text(x, value, channel, trust);
	if (value && (value->kind == JSON_IS_ARRAY || value->kind == JSON_IS_OBJECT))
		json_each(value, it)
			reading_all(x, it, channel, trust);
}

static bool is_word(const char *words, struct bytes key)
{
	struct bytes left = bytes_of(words);

	while (left.len > 0) {
		size_t len = bytes_find_byte(left, ' ');
		if (bytes_equal(bytes_slice(left, 0, len), key))
			return true;
		left = bytes_from(left, len + 1);
	}
	return false;
}

void reading_rest(struct exchange *x, const struct json *object, const char *known, enum channel channel, unsigned trust)
{
	if (object && object->kind == JSON_IS_OBJECT)
		json_each(object, it)
			if (!is_word(known, it->key))
				reading_all(x, it, channel, trust);
}

void reading_opaque(struct exchange *x, const struct json *value, const char *what)
{
	if (value && value->kind != JSON_IS_NULL)
		exchange_add(x, PIECE_OPAQUE, CHANNEL_DOCUMENT, TRUST_ANYBODY, value->at, BYTES(""))->name = bytes_of(what);
}

static struct bytes text_of(const struct json *value)
{
	return value && value->kind == JSON_IS_STRING ? value->text : BYTES("");
}

void reading_echo(struct exchange *x, const struct json *value)
{
	if (value && value->kind != JSON_IS_NULL)
		exchange_add(x, PIECE_ECHO, CHANNEL_META, TRUST_MODEL, value->at, BYTES(""));
}

struct piece *reading_call(struct exchange *x, const struct json *name, const struct json *arguments)
{
	uint64_t offset = arguments ? arguments->at : name ? name->at : 0;
	bool whole = arguments && arguments->kind != JSON_IS_STRING;
	struct bytes text = whole ? bytes_slice(x->body, arguments->at, arguments->end - arguments->at) : text_of(arguments);
	struct piece *p = exchange_add(x, PIECE_TOOL_CALL, CHANNEL_ARGUMENTS, TRUST_MODEL, offset, text);

	p->name = text_of(name);
	p->fixed = whole;
	return p;
}

static void add_fixed(struct exchange *x, uint64_t offset, unsigned trust, struct bytes text)
{
	if (text.len > 0)
		exchange_add(x, PIECE_TEXT, CHANNEL_ARGUMENTS, trust, offset, text)->fixed = true;
}

static void read_arguments(struct exchange *x, const struct json *value, unsigned trust)
{
	reading_text(x, value, CHANNEL_ARGUMENTS, trust);
	if (value->kind == JSON_IS_NUMBER)
		add_fixed(x, value->at, trust, value->text);
	if (value->kind != JSON_IS_ARRAY && value->kind != JSON_IS_OBJECT)
		return;
	json_each(value, it) {
		if (value->kind == JSON_IS_OBJECT)
			add_fixed(x, it->offset, trust, it->key);
		read_arguments(x, it, trust);
	}
}

struct piece *reading_call_of_value(struct exchange *x, unsigned trust, const struct json *name, const struct json *arguments)
{
	struct piece *p = reading_call(x, name, arguments);

	p->trust = trust;
	if (p->fixed)
		read_arguments(x, arguments, trust);
	return p;
}

void reading_offer(struct exchange *x, struct bytes name, const struct json *tool, const char *known)
{
	const struct json *description = json_member(tool, "description");
	const struct json *holder = description && description->kind == JSON_IS_STRING ? description : tool;
	struct piece *p = exchange_add(x, PIECE_TOOL_DEFINITION, CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY, holder ? holder->at : 0, json_string(tool, "description"));

	p->name = name;
	p->fixed = holder == tool;
	reading_rest(x, tool, known, CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY);
}

void reading_sealed(struct exchange *x, const struct json *value, enum channel channel, unsigned trust, const char *what)
{
	if (!value || value->kind == JSON_IS_NULL || (value->kind == JSON_IS_STRING && value->text.len == 0))
		return;
	struct piece *p = exchange_add(x, PIECE_OPAQUE, channel, trust, value->at, BYTES(""));
	p->name = bytes_of(what);
	p->fixed = true;
}

/* As Go's encoding/json compares names: a long s and the Kelvin sign are letters too. */
static struct bytes fold_key(struct exchange *x, struct bytes key)
{
	struct text t;

	text_init(&t, x->arena);
	for (size_t i = 0; i < key.len; i++) {
		if (bytes_start_with(bytes_from(key, i), BYTES("\xC5\xBF"))) {
			text_add_byte(&t, 's');
			i++;
		} else if (bytes_start_with(bytes_from(key, i), BYTES("\xE2\x84\xAA"))) {
			text_add_byte(&t, 'k');
			i += 2;
		} else {
			text_add_byte(&t, (char)(key.at[i] >= 'A' && key.at[i] <= 'Z' ? key.at[i] + 32 : key.at[i]));
		}
	}
	return text_bytes(&t);
}

void reading_spelling(struct exchange *x, const struct json *object, const char *known)
{
	if (object && object->kind == JSON_IS_OBJECT)
		json_each(object, it)
			if (!is_word(known, it->key) && is_word(known, fold_key(x, it->key)))
				exchange_fail(x, "spells a key in letters of another case, which readers take differently");
}

bool reading_label(struct exchange *x, const struct json *value, unsigned trust)
{
	bool plain = value && value->kind == JSON_IS_STRING && value->text.len <= 64;

	for (size_t i = 0; plain && i < value->text.len; i++) {
		unsigned char c = value->text.at[i];
		plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c != 0 && strchr("_-.:/+", c));
	}
	if (!plain)
		reading_all(x, value, CHANNEL_META, trust);
	return plain;
}

/* Of two lists in order, the older one first where they are level. */
static struct piece *merge(struct piece *older, struct piece *newer)
{
	struct piece *merged = NULL, **last = &merged;

	while (older && newer) {
		struct piece **least = newer->offset < older->offset ? &newer : &older;
		*last = *least;
		last = &(*least)->next;
		*least = *last;
	}
	*last = older ? older : newer;
	return merged;
}

void reading_in_order(struct exchange *x)
{
	struct piece *lists[64] = {NULL};      /* each of 2^i pieces, or none */

	while (x->pieces) {
		struct piece *list = x->pieces;
		size_t i = 0;
		x->pieces = list->next;
		list->next = NULL;
		for (; lists[i]; i++) {
			list = merge(lists[i], list);
			lists[i] = NULL;
		}
		lists[i] = list;
	}
	for (size_t i = 0; i < COUNT_OF(lists); i++)
		x->pieces = merge(lists[i], x->pieces);
	for (x->last = &x->pieces; *x->last; x->last = &(*x->last)->next)
		;
}

struct bytes reading_thread(struct exchange *x, const char *format, ...)
{
	struct text t;
	va_list list;
	char name[96];

	va_start(list, format);
	int len = vsnprintf(name, sizeof name, format, list);
	va_end(list);
	text_init(&t, x->arena);
	text_add(&t, bytes_slice(bytes_of(name), 0, len < 0 ? 0 : (size_t)len));
	return text_bytes(&t);
}

void reading_carries_on(struct piece *piece, struct bytes thread)
{
	if (piece)
		piece->thread = thread;
}

void reading_ends(struct exchange *x, enum channel channel, unsigned trust, struct bytes thread)
{
	struct piece *p = exchange_add(x, PIECE_TEXT, channel, trust, 0, BYTES(""));

	p->thread = thread;
	p->ends = true;
}

void reading_definition(struct exchange *x, struct bytes name, const struct json *tool)
{
	exchange_add(x, PIECE_TOOL_DEFINITION, CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY, tool ? tool->at : 0, json_string(tool, "description"))->name = name;
	reading_rest(x, tool, "name description type", CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY);
}

uint64_t reading_number(const struct json *object, const char *name)
{
	uint64_t n = 0;

	return json_u64(json_member(object, name), &n) ? n : 0;
}

uint64_t reading_limit(struct exchange *x, const struct json *object, const char *name)
{
	const struct json *limit = json_member(object, name);
	uint64_t n;

	if (!limit || limit->kind == JSON_IS_NULL)
		return 0;
	bool below = limit->kind == JSON_IS_NUMBER && limit->text.at[0] == '-';
	if (!json_u64(below ? NULL : limit, &n)) {
		if (!below || !bytes_to_u64(bytes_from(limit->text, 1), &n))
			exchange_fail(x, "limits its answer by something that is no plain number");
		return 0;
	}
	return n;
}

void reading_add_string(struct text *out, const char *key, const char *value)
{
	text_add_member(out, key, bytes_of(value));
}
