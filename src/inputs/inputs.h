#ifndef INPUTS_INPUTS_H
#define INPUTS_INPUTS_H

#include <sys/stat.h>

#include "base/bytes.h"

/*
 * Where bytes come from: the files and folders named on the command line, and
 * "-" for standard input.  Folders are walked in the order of their names;
 * links to files and folders are followed, each folder is entered once.
 */
struct input {
	const char *path;           /* valid until the next call */
	int fd;                     /* of a file, the caller's to close; -1 when there is trouble */
	struct stat stat;
	const char *trouble;        /* why it cannot be read: a clause that completes "FILE ..."; or NULL */
};

struct inputs *inputs_create(const char *const *paths, size_t count);
void inputs_destroy(struct inputs *in);

/* False when there is nothing more. Nothing is left out in silence: what cannot be read comes out as trouble. */
bool inputs_next(struct inputs *in, struct input *out);

/* Did the file change since it was opened? */
bool input_changed(int fd, const struct stat *before);

#endif
