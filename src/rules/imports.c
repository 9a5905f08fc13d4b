#include "rules/imports.h"

#include "rules/names.h"
#include "rules/shape.h"

enum {
	NAME_MOST = 512,
	DEPTH_MOST = 40,
	STEPS_MOST = 1 << 20,       /* values looked at before a structure counts as not plain: shared ones are met again and again */
};

/* "module.name" in a buffer of the caller's; longer names are on no list. */
static bool join(struct bytes module, struct bytes name, char *buffer, struct bytes *out)
{
	size_t len = 0;

	if (module.len + 1 + name.len > NAME_MOST)
		return false;
	for (size_t i = 0; i < module.len; i++)
		buffer[len++] = (char)module.at[i];
	buffer[len++] = '.';
	for (size_t i = 0; i < name.len; i++)
		buffer[len++] = (char)name.at[i];
	*out = (struct bytes){(unsigned char *)buffer, len};
	return true;
}

static const struct import_rule *find_listed(const struct import_rules *rules, struct bytes name)
{
	for (const struct import_rule *r = rules->listed ? rules->listed[bytes_hash(name) % IMPORTS_ROOM] : NULL; r; r = r->next)
		if (bytes_equal(r->name, name))
			return r;
	int entry = rules->built_listed ? names_entry(NAMES_ALLOW, BYTES(""), name) : NAMES_NONE;
	return entry == NAMES_NONE ? NULL : &rules->built_listed[entry];
}

/* "torch.nn.modules.*": any class, which is a name that begins with a capital, in a module below. */
static const struct import_rule *find_pattern(const struct import_rules *rules, const struct import *import)
{
	struct bytes name = import->name;
	struct bytes bare = bytes_start_with(name, BYTES("_")) ? bytes_from(name, 1) : name;

	if (bare.len == 0 || bare.at[0] < 'A' || bare.at[0] > 'Z' || bytes_find_byte(name, '.') < name.len)
		return NULL;
	for (const struct import_rule *r = rules->patterns; r; r = r->next) {
		struct bytes prefix = bytes_slice(r->name, 0, r->name.len - 2);
		bool below = bytes_start_with(import->module, prefix) &&
			     (import->module.len == prefix.len || import->module.at[prefix.len] == '.');
		if (below)
			return r;
	}
	return NULL;
}

const struct import_rule *imports_listed(const struct import_rules *rules, const struct import *import)
{
	char buffer[NAME_MOST];
	struct bytes name;

	if (import->computed || !join(import->module, import->name, buffer, &name))
		return NULL;
	const struct import_rule *rule = find_listed(rules, name);
	return rule ? rule : find_pattern(rules, import);
}

/* ---- dangerous names ---- */

static const struct danger_rule *find_dangerous(const struct import_rules *rules, struct bytes name)
{
	for (const struct danger_rule *r = rules->dangerous ? rules->dangerous[bytes_hash(name) % IMPORTS_ROOM] : NULL; r; r = r->next)
		if (bytes_equal(r->name, name))
			return r;
	int entry = names_entry(NAMES_DANGEROUS, BYTES(""), name);
	return entry == NAMES_NONE ? NULL : &rules->built_dangerous[entry];
}

/* The longest listed name that this one is, or lies below. */
static const struct danger_rule *find_above(const struct import_rules *rules, struct bytes name)
{
	while (name.len > 0) {
		const struct danger_rule *r = find_dangerous(rules, name);
		if (r)
			return r;
		size_t dot = bytes_find_last(name, BYTES("."));
		name.len = dot == name.len ? 0 : dot;
	}
	return NULL;
}

/* "serialization.os.system" reaches os through another module. */
static const struct danger_rule *find_through(const struct import_rules *rules, struct bytes name)
{
	const struct danger_rule *r = NULL;

	while (!r && name.len > 0) {
		r = find_above(rules, name);
		name = bytes_from(name, bytes_find_byte(name, '.') + 1);
	}
	return r;
}

/* `__globals__`, `__builtins__` and their like lead out of whatever they are taken from. */
static bool reaches_inside(struct bytes name)
{
	while (name.len > 0) {
		size_t len = bytes_find_byte(name, '.');
		struct bytes part = bytes_slice(name, 0, len);
		if (part.len > 4 && bytes_start_with(part, BYTES("__")) && bytes_end_with(part, BYTES("__")))
			return true;
		name = bytes_from(name, len + 1);
	}
	return false;
}

static const struct danger_rule *find_named(const struct import_rules *rules, struct bytes module, struct bytes name)
{
	static const struct danger_rule inside = {.name = BYTES("__*__"), .does = BYTES("reaches into the interpreter")};
	char buffer[NAME_MOST];
	struct bytes joined;

	if (!join(module, name, buffer, &joined))
		return NULL;
	const struct danger_rule *r = find_above(rules, joined);
	if (!r && bytes_find_byte(name, '.') < name.len)
		r = find_through(rules, name);
	return r ? r : reaches_inside(name) ? &inside : NULL;
}

const struct danger_rule *imports_dangerous(const struct import_rules *rules, const struct import *import)
{
	if (!rules->built_dangerous)
		return NULL;
	const struct danger_rule *r = find_named(rules, import->module, import->name);
	return r ? r : find_named(rules, import->written_module, import->written_name);
}

/* ---- values ---- */

static bool may_be_used(const struct import_rules *rules, struct value v, unsigned use)
{
	const struct import_rule *r = v.kind == VALUE_IMPORT ? imports_listed(rules, v.import) : NULL;

	return r && r->uses & use;
}

/* Of a dict whose keys become attributes. */
static bool may_name_special(struct value v)
{
	for (size_t i = 0; i + 1 < v.node->kept; i += 2)
		if (reaches_inside(value_bytes(v.node->items[i])))
			return true;
	return v.node->kept < (size_t)v.node->count * 2;
}

/*
 * State is a dict of attributes, or a tuple with one for those that have slots:
 * there a key like "__setstate__" changes what the object does.  In a dict that
 * is itself the value of an attribute, a vocabulary say, it is only a word.
 */
static bool is_plain(const struct import_rules *rules, struct value v, bool attributes, unsigned depth, unsigned *steps)
{
	unsigned matters = HOLDS_IMPORT | HOLDS_PERSISTENT | HOLDS_UNKNOWN | (attributes ? HOLDS_SPECIAL_KEY : 0);

	if (v.kind == VALUE_IMPORT)
		return may_be_used(rules, v, USE_REFERENCE);
	if (v.kind == VALUE_PERSISTENT)
		return imports_storage_id(rules, value_item(v, 0));
	if (v.kind == VALUE_UNKNOWN || v.kind == VALUE_EXTENSION)
		return false;
	if (!value_is_container(v) || !v.node)
		return true;
	if (!(v.node->holds & matters))
		return true;
	if (v.node->holds & HOLDS_UNKNOWN || depth == DEPTH_MOST || (*steps += v.node->kept) > STEPS_MOST)
		return false;
	if (v.kind == VALUE_DICT && v.node->holds & matters & HOLDS_SPECIAL_KEY && may_name_special(v))
		return false;
	size_t all = v.kind == VALUE_DICT ? (size_t)v.node->count * 2 : v.node->count;
	for (size_t i = 0; i < v.node->kept; i++)
		if (!is_plain(rules, v.node->items[i], attributes && v.kind != VALUE_DICT, depth + 1, steps))
			return false;
	return all == v.node->kept;     /* what was not kept may be what the flags speak of */
}

bool imports_plain(const struct import_rules *rules, struct value v)
{
	unsigned steps = 0;

	return is_plain(rules, v, true, 0, &steps);
}

bool imports_storage_id(const struct import_rules *rules, struct value id)
{
	if (id.kind != VALUE_TUPLE || value_count(id) < 5)
		return false;
	return bytes_same(value_bytes(value_item(id, 0)), "storage") && may_be_used(rules, value_item(id, 1), USE_STORAGE) &&
	       value_item(id, 2).kind == VALUE_TEXT && value_item(id, 4).kind == VALUE_INT;
}

static bool are_ints(struct value v)
{
	if (v.kind != VALUE_TUPLE && v.kind != VALUE_LIST)
		return false;
	for (size_t i = 0; v.node && i < v.node->kept; i++)
		if (v.node->items[i].kind != VALUE_INT)
			return false;
	return !v.node || v.node->holds == 0;
}

static bool are_zeros(struct value v)
{
	for (size_t i = 0; i < value_count(v); i++)
		if (value_item(v, i).kind != VALUE_INT || value_item(v, i).integer != 0)
			return false;
	return v.kind == VALUE_TUPLE || v.kind == VALUE_LIST;
}

/* What a range stands for may be more than any memory holds. */
static bool are_items(const struct import_rules *rules, struct value v)
{
	const struct import *made = v.kind == VALUE_CALL ? value_origin(v) : NULL;
	const struct import_rule *r = made ? imports_listed(rules, made) : NULL;

	if (v.kind == VALUE_CALL)
		return r && r->uses & USE_ITEMS;
	return (value_is_container(v) || v.kind == VALUE_TEXT || v.kind == VALUE_BYTES) && imports_plain(rules, v);
}

static bool is_empty(struct value v)
{
	if (value_is_container(v))
		return value_count(v) == 0;
	const struct import *made = v.kind == VALUE_CALL ? value_origin(v) : NULL;
	return made && bytes_same(made->module, "collections") && bytes_same(made->name, "OrderedDict") &&
	       value_count(value_item(v, 1)) == 0;
}

static bool fits_word(const struct import_rules *rules, enum shape_word word, const struct shape_argument *a, struct value v, struct value first)
{
	switch (word) {
	case WORD_PLAIN: return imports_plain(rules, v);
	case WORD_EMPTY: return is_empty(v);
	case WORD_INT: return v.kind == VALUE_INT;
	case WORD_BOOL: return v.kind == VALUE_BOOL;
	case WORD_FLOAT: return v.kind == VALUE_FLOAT;
	case WORD_TEXT: return v.kind == VALUE_TEXT;
	case WORD_BYTES: return v.kind == VALUE_BYTES;
	case WORD_NONE: return v.kind == VALUE_NONE;
	case WORD_INTS: return are_ints(v);
	case WORD_STORAGE: return v.kind == VALUE_PERSISTENT && imports_storage_id(rules, value_item(v, 0));
	case WORD_REFERENCE: return may_be_used(rules, v, USE_REFERENCE);
	case WORD_REBUILD: return may_be_used(rules, v, USE_REBUILD);
	case WORD_FACTORY: return v.kind == VALUE_NONE || may_be_used(rules, v, USE_FACTORY);
	case WORD_ZEROS: return are_zeros(v);
	case WORD_ITEMS: return are_items(rules, v);
	case WORD_LITERAL: return v.kind == VALUE_TEXT && bytes_equal(value_bytes(v), a->literal);
	case WORD_APPLIED: {
		const struct import_rule *r = first.kind == VALUE_IMPORT ? imports_listed(rules, first.import) : NULL;
		return r && r->uses & USE_REBUILD && imports_fit(rules, r, v);
	}
	}
	return false;
}

static bool fits_argument(const struct import_rules *rules, const struct shape_argument *a, struct value v, struct value first)
{
	for (unsigned word = 0; word <= WORD_LITERAL; word++)
		if (a->words & 1u << word && fits_word(rules, (enum shape_word)word, a, v, first))
			return true;
	return false;
}

bool imports_fit(const struct import_rules *rules, const struct import_rule *rule, struct value arguments)
{
	const struct shape *s = rule->shape;
	size_t count = value_count(arguments), at = 0;

	if (!s)
		return imports_plain(rules, arguments);
	if (arguments.kind != VALUE_TUPLE || (arguments.node && arguments.node->kept < count))
		return false;
	for (size_t i = 0; i < s->count; i++) {
		const struct shape_argument *a = &s->arguments[i];
		size_t end = a->rest ? count : at + 1;
		if (at >= count)
			return a->optional || a->rest;
		for (; at < end; at++)
			if (!fits_argument(rules, a, value_item(arguments, at), value_item(arguments, 0)))
				return false;
	}
	return at == count;
}
