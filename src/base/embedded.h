#ifndef BASE_EMBEDDED_H
#define BASE_EMBEDDED_H

#include "base/bytes.h"

/*
 * Data files built into the program (rules/, catalog/, pages/ ...), so that it
 * runs without being installed.  tools/embed.sh makes the table.
 */
struct embedded_file {
	const char *path;           /* "rules/imports/torch.yaml" */
	struct bytes content;
};

extern const struct embedded_file embedded_files[];     /* sorted by path; ends with a NULL path */

/* Empty when there is no such file. */
struct bytes embedded_content(const char *path);

/* The first file at or after `after` (NULL: from the start) whose path begins with `prefix`; NULL at the end. */
const struct embedded_file *embedded_next(const char *prefix, const struct embedded_file *after);

#endif
