#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/file.h"
#include "identity/inside.h"
#include "syntax/fields.h"

bool reader_fail(struct reader *r, const struct yaml *at, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fields_fail_list(r->error, at, format, list);
	va_end(list);
	return false;
}

bool reader_check(struct reader *r, const struct yaml *value, const char *known)
{
	return fields_check(r->error, value, known);
}

bool is_printable(struct bytes b)
{
	if (!fields_printable(b, NAME_MOST))
		return false;
	for (size_t i = 0; i < b.len; i++)
		if (b.at[i] == 0xc2 && b.at[i + 1] < 0xa0)
			return false;
	return true;
}

bool is_plain_name(struct bytes b)
{
	return is_printable(b) && bytes_find_byte(b, '/') == b.len;
}

bool reader_name(struct reader *r, const struct yaml *value, struct bytes *out)
{
	*out = BYTES("");
	if (!value)
		return true;
	if (value->kind != YAML_IS_SCALAR || !is_printable(value->text))
		return reader_fail(r, value, "has a name that is empty, too long or not printable");
	*out = arena_copy(r->arena, value->text);
	return true;
}

bool reader_names(struct reader *r, const struct yaml *value, size_t most, struct names *out)
{
	*out = (struct names){0};
	if (!value)
		return true;
	if (value->kind == YAML_IS_SCALAR) {
		out->at = arena_new(r->arena, struct bytes);
		out->count = 1;
		/* An empty name is nobody's, so that this list leaves everything out. */
		return (value->plain && bytes_same(value->text, "none")) || reader_name(r, value, out->at);
	}
	if (value->kind != YAML_IS_LIST || value->count == 0)
		return reader_fail(r, value, "has an empty list, which would leave nothing out: write none, or leave the field away");
	if (value->count > most)
		return reader_fail(r, value, "has a list of more than %zu names", most);
	out->at = arena_alloc(r->arena, value->count, sizeof *out->at);
	yaml_each(value, it)
		if (!reader_name(r, it, &out->at[out->count++]))
			return false;
	return true;
}

bool reader_time(struct reader *r, const struct yaml *value, int64_t *out)
{
	*out = 0;
	if (!value)
		return true;
	if (value->kind != YAML_IS_SCALAR || !time_parse(value->text, out) || *out <= 0)
		return reader_fail(r, value, "has something else where a time belongs, like 2027-06-30 or 2027-06-30T12:00:00Z");
	return true;
}

bool reader_scope(struct reader *r, const struct yaml *map, struct caller *out)
{
	return reader_name(r, yaml_member(map, "team"), &out->team) &&
	       reader_names(r, yaml_member(map, "roles"), ROLES_MOST, &out->roles) &&
	       reader_names(r, yaml_member(map, "purposes"), PURPOSES_MOST, &out->purposes) &&
	       reader_names(r, yaml_member(map, "routes"), LIST_MOST, &out->routes) &&
	       reader_names(r, yaml_member(map, "models"), LIST_MOST, &out->models) &&
	       reader_names(r, yaml_member(map, "tools"), LIST_MOST, &out->tools) &&
	       reader_time(r, yaml_member(map, "expires"), &out->expires_ms);
}

bool reader_file(struct reader *r, const struct yaml *at, struct bytes name, size_t most, const char **path, struct bytes *content)
{
	struct text t;

	text_init(&t, r->arena);
	if (name.len == 0 || memchr(name.at, 0, name.len))
		return reader_fail(r, at, "names no file");
	if (name.at[0] != '/' && r->folder)
		text_addf(&t, "%s/", r->folder);
	text_add(&t, name);
	*path = arena_string(r->arena, text_bytes(&t));
	/* Read into memory of its own: an arena may be left while the file is open. */
	text_init(&t, NULL);
	enum status status = file_read(*path, most, &t);
	if (status == STATUS_OK)
		*content = (struct bytes){(const unsigned char *)arena_string(r->arena, text_bytes(&t)), t.len};
	text_finish(&t);
	if (status == STATUS_OK) {
		hasher_add(&r->files, *content);
		return true;
	}
	r->file = *path;
	return reader_fail(r, NULL, "%s", file_trouble(status));
}

static struct names copy_names(struct arena *arena, struct names from)
{
	struct names to = {.at = from.count > 0 ? arena_alloc(arena, from.count, sizeof *to.at) : NULL, .count = from.count};

	for (size_t i = 0; i < from.count; i++)
		to.at[i] = arena_copy(arena, from.at[i]);
	return to;
}

struct caller *caller_copy(struct arena *arena, const struct caller *caller)
{
	struct caller *to = arena_new(arena, struct caller);

	*to = (struct caller){
		.name = arena_copy(arena, caller->name), .team = arena_copy(arena, caller->team),
		.roles = copy_names(arena, caller->roles), .purposes = copy_names(arena, caller->purposes),
		.proof = caller->proof, .routes = copy_names(arena, caller->routes),
		.models = copy_names(arena, caller->models), .tools = copy_names(arena, caller->tools),
		.expires_ms = caller->expires_ms,
	};
	return to;
}
