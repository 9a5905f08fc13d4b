#include "base/embedded.h"

#include <string.h>

struct bytes embedded_content(const char *path)
{
	for (const struct embedded_file *f = embedded_files; f->path; f++)
		if (strcmp(f->path, path) == 0)
			return f->content;
	return BYTES("");
}

const struct embedded_file *embedded_next(const char *prefix, const struct embedded_file *after)
{
	for (const struct embedded_file *f = after ? after + 1 : embedded_files; f->path; f++)
		if (strncmp(f->path, prefix, strlen(prefix)) == 0)
			return f;
	return NULL;
}
