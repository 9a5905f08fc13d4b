#include "types/dialect.h"

const struct dialect *dialect_named(struct bytes name)
{
	for (const struct dialect *const *d = dialects; *d; d++)
		if (bytes_same(name, (*d)->name))
			return *d;
	return NULL;
}

static bool path_fits(struct bytes pattern, struct bytes path)
{
	while (pattern.len > 0 && path.len > 0) {
		if (bytes_same(pattern, "/**"))
			return path.at[0] == '/';
		size_t want = bytes_find_byte(bytes_from(pattern, 1), '/') + 1, have = bytes_find_byte(bytes_from(path, 1), '/') + 1;
		struct bytes part = bytes_slice(pattern, 0, want), given = bytes_slice(path, 0, have);
		if (!(bytes_same(part, "/*") && given.len > 1) && !bytes_equal(part, given))
			return false;
		pattern = bytes_from(pattern, want);
		path = bytes_from(path, have);
	}
	return (pattern.len == 0 || bytes_same(pattern, "/**")) && path.len == 0;
}

const struct dialect_route *dialect_route_for(const struct dialect *d, struct bytes method, struct bytes path)
{
	for (const struct dialect_route *r = d->routes; r->path; r++)
		if ((!*r->method || bytes_same(method, r->method)) && path_fits(bytes_of(r->path), path))
			return r;
	return NULL;
}

const struct dialect *dialect_for(struct bytes method, struct bytes path, const struct dialect_route **route)
{
	for (const struct dialect *const *d = dialects; *d; d++)
		if ((*route = dialect_route_for(*d, method, path)) != NULL)
			return *d;
	return NULL;
}
