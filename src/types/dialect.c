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
	if (pattern.at[pattern.len - 1] != '*')
		return bytes_equal(pattern, path);
	bool deep = bytes_end_with(pattern, BYTES("/**"));
	struct bytes folder = bytes_slice(pattern, 0, pattern.len - (deep ? 2 : 1)), below = bytes_from(path, folder.len);
	if (deep && bytes_equal(path, bytes_slice(folder, 0, folder.len - 1)))
		return true;
	return bytes_start_with(path, folder) && (deep || (below.len > 0 && bytes_find_byte(below, '/') == below.len));
}

const struct dialect_route *dialect_route_for(const struct dialect *d, const struct heading *h)
{
	for (const struct dialect_route *r = d->routes; r->path.len > 0; r++)
		if (path_fits(r->path, h->path) && (r->method.len == 0 || bytes_equal(h->method, r->method)) && (!r->field || h->field(h, r->field).len > 0))
			return r;
	return NULL;
}

struct bytes dialect_route_end(const struct dialect_route *r, struct bytes path)
{
	return bytes_end_with(r->path, BYTES("**")) ? bytes_from(path, r->path.len - 2) : BYTES("");
}

const struct dialect *dialect_for(const struct heading *heading, const struct dialect_route **route)
{
	for (const struct dialect *const *d = dialects; *d; d++)
		if ((*route = dialect_route_for(*d, heading)) != NULL)
			return *d;
	return NULL;
}
