#include "policy/arguments.h"

#include <math.h>

#include "policy/addresses.h"

enum { NUMBER_LONGEST = 64 };      /* what is longer may have so many digits that its exponent means nothing here */

/* As every reader of JSON takes it, but for the last bit of a long fraction; what fits no limit when it is too long. */
static double number_of(struct bytes text)
{
	if (text.len > NUMBER_LONGEST)
		return NAN;
	double value = 0;
	int scale = 0, exponent = 0;
	size_t i = text.len > 0 && text.at[0] == '-';
	bool fraction = false;

	for (; i < text.len && text.at[i] != 'e' && text.at[i] != 'E'; i++) {
		fraction |= text.at[i] == '.';
		if (text.at[i] == '.')
			continue;
		value = 10 * value + (text.at[i] - '0');
		scale -= fraction;
	}
	bool less = bytes_slice(text, i + 1, 1).len && text.at[i + 1] == '-';
	for (i++; i < text.len; i++)
		if (text.at[i] >= '0' && text.at[i] <= '9' && exponent < 10000)
			exponent = 10 * exponent + (text.at[i] - '0');
	exponent = scale + (less ? -exponent : exponent);
	value = exponent < 0 ? value / pow(10, -exponent) : value * pow(10, exponent);
	return text.at[0] == '-' ? -value : value;
}

static bool is_whole(struct bytes text)
{
	for (size_t i = text.at[0] == '-'; i < text.len; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return true;
}

static bool is_among(const struct names *names, struct bytes text)
{
	for (size_t i = 0; i < names->count; i++)
		if (bytes_equal(names->at[i], text))
			return true;
	return names->count == 0;
}

static bool string_fits(const struct argument *a, struct bytes text)
{
	return is_among(&a->one_of, text) && (a->longest == 0 || text.len <= a->longest) && (!a->shape || finder_fits(a->shape, text));
}

static bool number_fits(const struct argument *a, struct bytes text)
{
	double n = number_of(text);

	return is_among(&a->one_of, text) && (a->type != ARGUMENT_INTEGER || is_whole(text)) && (!a->has_least || n >= a->least) && (!a->has_most || n <= a->most);
}

static bool address_fits(const struct policy *policy, const struct facts *facts, const struct argument *a, struct bytes text)
{
	struct address address;

	if (!string_fits(a, text) || !address_read(text, &address))
		return false;
	if (a->hosts.count > 0)
		return names_fit(&a->hosts, address_host(&address));
	const struct entry *e = policy_entry(policy->hosts, facts, address_host(&address));
	return e && e->measure < MEASURE_HOLD;
}

static bool value_fits(const struct policy *policy, const struct facts *facts, const struct argument *a, const struct json *value)
{
	switch (a->type) {
	case ARGUMENT_STRING: return value->kind == JSON_IS_STRING && string_fits(a, value->text);
	case ARGUMENT_NUMBER:
	case ARGUMENT_INTEGER: return value->kind == JSON_IS_NUMBER && number_fits(a, value->text);
	case ARGUMENT_BOOLEAN: return value->kind == JSON_IS_BOOL && is_among(&a->one_of, bytes_of(value->truth ? "true" : "false"));
	case ARGUMENT_ADDRESS: return value->kind == JSON_IS_STRING && address_fits(policy, facts, a, value->text);
	case ARGUMENT_ANY: break;
	}
	return true;
}

static const struct argument *argument_named(const struct entry *e, struct bytes name)
{
	for (const struct argument *a = e->arguments; a; a = a->next)
		if (bytes_equal(a->name, name))
			return a;
	return NULL;
}

/* A tool whose reader folds letters takes "Amount" for "amount", and the last of the two. */
static bool is_respelled(const struct entry *e, struct bytes name)
{
	for (const struct argument *a = e->arguments; a; a = a->next)
		if (bytes_equal_loosely(a->name, name))
			return true;
	return false;
}

static bool has_member(const struct json *object, struct bytes name)
{
	json_each(object, it)
		if (bytes_equal(it->key, name))
			return true;
	return false;
}

static bool fail(struct bytes *failed, struct bytes which)
{
	*failed = which;
	return false;
}

bool arguments_fit(const struct policy *policy, const struct facts *facts, const struct entry *entry, struct arena *arena, struct bytes text, struct bytes *failed)
{
	struct json_error error;
	struct json *root = json_parse(arena, text.len ? text : BYTES("{}"), &error);

	*failed = BYTES("");
	if (!root || root->kind != JSON_IS_OBJECT)
		return fail(failed, BYTES("(no JSON object)"));
	if (error.duplicate)
		return fail(failed, BYTES("(a key twice)"));
	json_each(root, it) {
		const struct argument *a = argument_named(entry, it->key);
		if (!a && is_respelled(entry, it->key))
			return fail(failed, BYTES("(an argument in other letters)"));
		if (!a && !entry->others)
			return fail(failed, BYTES("(an unknown argument)"));
		if (a && !value_fits(policy, facts, a, it))
			return fail(failed, a->name);
	}
	for (const struct argument *a = entry->arguments; a; a = a->next)
		if (a->required && !has_member(root, a->name))
			return fail(failed, a->name);
	return true;
}
