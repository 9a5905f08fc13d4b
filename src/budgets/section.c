#include <string.h>

#include "base/date.h"
#include "budgets/inside.h"
#include "syntax/fields.h"

enum { MICRO = 1000000 };

static const char *const subjects[SUBJECT_KINDS] = {"caller", "team", "route", "model"};

/* ---- numbers ---- */

static bool read_count(struct yaml_error *error, const struct yaml *value, uint64_t *out)
{
	*out = UINT64_MAX;
	if (!value || (value->kind == YAML_IS_SCALAR && bytes_to_u64(value->text, out)))
		return true;
	return fields_fail(error, value, "has something else where a whole number belongs");
}

/* "12", "0.15": at most six places after the point, as millionths. */
static bool read_decimal(struct bytes text, uint64_t *out)
{
	struct bytes whole = bytes_slice(text, 0, bytes_find_byte(text, '.')), part = bytes_from(text, whole.len + 1);
	uint64_t units = 0, millionths = 0;

	if (!bytes_to_u64(whole, &units) || part.len > 6 || (whole.len < text.len && part.len == 0))
		return false;
	for (size_t i = 0; i < 6; i++) {
		unsigned char c = i < part.len ? part.at[i] : '0';
		if (c < '0' || c > '9')
			return false;
		millionths = millionths * 10 + (c - '0');
	}
	return !__builtin_mul_overflow(units, (uint64_t)MICRO, out) && !__builtin_add_overflow(*out, millionths, out);
}

static bool read_money(struct yaml_error *error, const struct yaml *value, uint64_t *out)
{
	if (value && value->kind == YAML_IS_SCALAR && read_decimal(value->text, out))
		return true;
	return fields_fail(error, value, "has something else where an amount belongs, like 12 or 0.15, with at most six places");
}

static bool read_window(struct yaml_error *error, const struct yaml *value, int64_t *out)
{
	static const struct {
		char unit;
		uint64_t ms, most;
	} units[] = {{'s', 1000, 86400}, {'m', 60000, 1440}, {'h', 3600000, 8784}, {'d', 86400000, 366}};
	uint64_t number;

	*out = 0;
	if (value && value->kind == YAML_IS_SCALAR && bytes_same(value->text, "none"))
		return true;
	for (size_t i = 0; value && value->kind == YAML_IS_SCALAR && value->text.len > 1 && i < COUNT_OF(units); i++) {
		if (value->text.at[value->text.len - 1] != units[i].unit || !bytes_to_u64(bytes_slice(value->text, 0, value->text.len - 1), &number))
			continue;
		if (number == 0 || number > units[i].most)
			break;
		*out = (int64_t)(number * units[i].ms);
		return true;
	}
	return fields_fail(error, value, "has no window like 1m, 1h, 1d, 30d or none");
}

/* ---- limits ---- */

static bool read_subjects(struct budgets *b, const struct yaml *map, struct limit *out, struct yaml_error *error)
{
	if (map && !fields_check(error, map, "caller team route model"))
		return false;
	for (unsigned k = 0; k < SUBJECT_KINDS; k++) {
		const struct yaml *value = yaml_member(map, subjects[k]);
		if (!value)
			continue;
		if (value->kind != YAML_IS_SCALAR || value->text.len == 0)
			return fields_fail(error, value, "has no name, nor \"*\", for whom it is");
		out->of[k].given = true;
		out->of[k].each = bytes_same(value->text, "*");
		out->of[k].name = arena_copy(&b->arena, value->text);
	}
	return true;
}

static bool read_limit(struct budgets *b, const struct yaml *map, struct limit *out, struct yaml_error *error)
{
	static const char fields[] = "name for window requests tokens cost concurrent";
	struct bytes name = yaml_string(map, "name");

	if (!fields_check(error, map, fields))
		return false;
	if (name.len == 0 || name.len > BUDGET_NAME_MOST || !bytes_are_utf8(name))
		return fields_fail(error, map, "has a budget without a name, or with one longer than %d bytes", BUDGET_NAME_MOST);
	if (!fields_printable(name, BUDGET_NAME_MOST))
		return fields_fail(error, map, "has a budget whose name cannot be printed");
	memcpy(out->name, name.at, name.len);
	out->most.cost = UINT64_MAX;
	const struct yaml *window = yaml_member(map, "window");
	if (!window && (yaml_member(map, "requests") || yaml_member(map, "tokens") || yaml_member(map, "cost")))
		return fields_fail(error, map, "has no window like 1m, 1h, 1d, 30d or none");
	if (!read_subjects(b, yaml_member(map, "for"), out, error) || (window && !read_window(error, window, &out->window_ms)) ||
	    !read_count(error, yaml_member(map, "requests"), &out->most.requests) || !read_count(error, yaml_member(map, "tokens"), &out->most.tokens) ||
	    !read_count(error, yaml_member(map, "concurrent"), &out->concurrent))
		return false;
	if (yaml_member(map, "cost") && !read_money(error, yaml_member(map, "cost"), &out->most.cost))
		return false;
	if (out->most.requests == UINT64_MAX && out->most.tokens == UINT64_MAX && out->most.cost == UINT64_MAX && out->concurrent == UINT64_MAX)
		return fields_fail(error, map, "has a budget that limits nothing: requests, tokens, cost or concurrent");
	return true;
}

static bool read_limits(struct budgets *b, const struct yaml *list, struct yaml_error *error)
{
	if (!list || list->kind != YAML_IS_LIST || list->count > LIMITS_MOST)
		return fields_fail(error, list, "has something else where a list of at most %d budgets belongs", LIMITS_MOST);
	b->limits = arena_alloc(&b->arena, list->count, sizeof *b->limits);
	yaml_each(list, it) {
		struct limit *limit = &b->limits[b->limit_count++];
		if (!read_limit(b, it, limit, error))
			return false;
		for (const struct limit *other = b->limits; other < limit; other++)
			if (strcmp(other->name, limit->name) == 0)
				return fields_fail(error, it, "has a budget of that name twice");
	}
	return true;
}

/* ---- prices ---- */

static bool read_price(struct budgets *b, const struct yaml *map, struct price *out, struct yaml_error *error)
{
		out->model = bytes_same(map->key, "*") ? BYTES("") : arena_copy(&b->arena, map->key);
	return fields_check(error, map, "input output") && read_money(error, yaml_member(map, "input"), &out->input) &&
	       read_money(error, yaml_member(map, "output"), &out->output);
}

static bool read_prices(struct budgets *b, const struct yaml *map, struct yaml_error *error)
{
	struct price **last = &b->prices;

	if (map && map->kind != YAML_IS_MAP)
		return fields_fail(error, map, "has something else where a map of models to prices belongs");
	yaml_each(map, it) {
		struct price *price = arena_new(&b->arena, struct price);
		if (!read_price(b, it, price, error))
			return false;
		*last = price;
		last = &price->next;
	}
	return true;
}

static bool read_currency(struct budgets *b, const struct yaml *section, struct yaml_error *error)
{
	struct bytes currency = yaml_string(section, "currency");

	if (!yaml_member(section, "currency"))
		return true;
	for (size_t i = 0; i < currency.len; i++)
		if (currency.at[i] < 'A' || currency.at[i] > 'Z')
			currency.len = 0;
	if (currency.len != 3)
		return fields_fail(error, yaml_member(section, "currency"), "has no currency like EUR");
	memcpy(b->currency, currency.at, 3);
	return true;
}

/* A price for every model that a cost can be asked of is nothing a configuration can know: missing ones are refused when asked for. */
bool section_read(struct budgets *b, const struct yaml *section, struct yaml_error *error)
{
	if (section && section->kind == YAML_IS_LIST)
		return read_limits(b, section, error);
	return fields_check(error, section, "limits prices currency") && read_limits(b, yaml_member(section, "limits"), error) &&
	       read_prices(b, yaml_member(section, "prices"), error) && read_currency(b, section, error);
}

/* ---- in words ---- */

static void explain_amount(struct text *out, uint64_t most, const char *what)
{
	if (most != UINT64_MAX)
		text_addf(out, ", %llu %s", (unsigned long long)most, what);
}

static void explain_limit(struct text *out, const struct budgets *b, const struct limit *l)
{
	bool of_all = true;

	text_addf(out, "Budget %s, for", l->name);
	for (unsigned k = 0; k < SUBJECT_KINDS; k++) {
		if (!l->of[k].given)
			continue;
		text_addf(out, " %s%s", l->of[k].each ? "each " : "", subjects[k]);
		text_add_string(out, l->of[k].each ? "" : " ");
		text_add_printable(out, l->of[k].each ? BYTES("") : l->of[k].name, 60);
		of_all = false;
	}
	text_add_string(out, of_all ? " all together" : "");
	explain_amount(out, l->most.requests, "requests");
	explain_amount(out, l->most.tokens, "tokens");
	if (l->most.cost != UINT64_MAX)
		text_addf(out, ", %llu", (unsigned long long)l->most.cost / MICRO);
	if (l->most.cost != UINT64_MAX && l->most.cost % MICRO)
		text_addf(out, ".%06llu", (unsigned long long)l->most.cost % MICRO);
	if (l->most.cost != UINT64_MAX)
		text_addf(out, " %s", b->currency);
	if (l->window_ms) {
		text_add_string(out, " in ");
		text_add_duration(out, l->window_ms);
	}
	explain_amount(out, l->concurrent, "at once");
	text_add_string(out, ".\n");
}

void budgets_explain(const struct budgets *b, struct text *out)
{
	for (size_t i = 0; i < b->limit_count; i++)
		explain_limit(out, b, &b->limits[i]);
}
