#ifndef BASE_EMBEDDED_H
#define BASE_EMBEDDED_H

#include "base/hash.h"

/*
 * Data files built into the program (rules/, catalog/, pages/ ...), so that it
 * runs without being installed.  tools/embed.c makes the tables.
 */
struct embedded_file {
	const char *path;           /* "rules/imports/torch.yaml" */
	struct bytes content;
	struct bytes tree;          /* of YAML: yaml_unpack() reads it */
};

/* Over the contents of its files, one after the other. */
struct embedded_folder {
	const char *prefix;         /* "rules/" */
	struct digest digest;
};

extern const struct embedded_file embedded_files[];     /* sorted by path; ends with a NULL path */
extern const struct embedded_folder embedded_folders[]; /* ends with a NULL prefix */

/* Of an outermost folder that is built in. */
struct digest embedded_digest(const char *prefix);

/* Empty when there is no such file. */
struct bytes embedded_content(const char *path);

/* The first file at or after `after` (NULL: from the start) whose path begins with `prefix`; NULL at the end. */
const struct embedded_file *embedded_next(const char *prefix, const struct embedded_file *after);

#endif
