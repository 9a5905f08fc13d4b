#include "base/embedded.h"

#include <stdlib.h>
#include <string.h>

struct bytes embedded_content(const char *path)
{
	for (const struct embedded_file *f = embedded_files; f->path; f++)
		if (strcmp(f->path, path) == 0)
			return f->content;
	return BYTES("");
}

struct digest embedded_digest(const char *prefix)
{
	for (const struct embedded_folder *f = embedded_folders; f->prefix; f++)
		if (strcmp(f->prefix, prefix) == 0)
			return f->digest;
	abort();
}

const struct embedded_file *embedded_next(const char *prefix, const struct embedded_file *after)
{
	for (const struct embedded_file *f = after ? after + 1 : embedded_files; f->path; f++)
		if (strncmp(f->path, prefix, strlen(prefix)) == 0)
			return f;
	return NULL;
}
