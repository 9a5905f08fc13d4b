#include "types/dialect.h"

const struct dialect *dialect_named(struct bytes name)
{
	for (const struct dialect *const *d = dialects; *d; d++)
		if (bytes_same(name, (*d)->name))
			return *d;
	return NULL;
}

static bool path_fits(const char *pattern, struct bytes path)
{
	for (size_t i = 0;; pattern++) {
		for (; *pattern && *pattern != '*'; pattern++, i++) {
			if (i == path.len)
				return strcmp(pattern, "/**") == 0;
			if (path.at[i] != (unsigned char)*pattern)
				return false;
		}
		if (!*pattern)
			return i == path.len;
		if (pattern[1] == '*')
			return true;
		if (i == path.len || path.at[i] == '/')
			return false;
		i += bytes_find_byte(bytes_from(path, i), '/');
	}
}

const struct dialect_route *dialect_route_for(const struct dialect *d, struct bytes method, struct bytes path)
{
	for (const struct dialect_route *r = d->routes; r->path; r++)
		if (path_fits(r->path, path) && (!*r->method || bytes_same(method, r->method)))
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
