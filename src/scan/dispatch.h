#ifndef SCAN_DISPATCH_H
#define SCAN_DISPATCH_H

#include "base/hash.h"
#include "inputs/inputs.h"
#include "sandbox/sandbox.h"

/*
 * Hands files to sandboxed workers and takes their answers.  Small files
 * travel many in one message, with their content; a larger one as an open
 * descriptor.  When a worker ends in the middle of several files, each of them
 * is given to a worker again, alone.
 */

/* What became of one file. */
struct answer {
	const char *path;
	uint64_t size;
	struct bytes wire;          /* the examination (scan/wire.h), from a process that may be hostile; empty when there is none */
	const char *cause;          /* why there is none; or NULL */
	bool changed;               /* it was written to while it was examined */
	int fd;                     /* of a larger file; -1 when `content` is all of it */
	struct bytes content;
};

typedef void dispatch_done(const struct answer *, void *context);

struct dispatch;

struct dispatch *dispatch_create(struct sandbox *, dispatch_done *, void *context);
void dispatch_destroy(struct dispatch *);

/* Takes the input's descriptor. `path` must live until the answer has been given. */
void dispatch_give(struct dispatch *, const struct input *, const char *path);

/* Waits until every file given has its answer. */
void dispatch_finish(struct dispatch *);

/* What a worker finds in a message that comes without a descriptor: the next file; false at the end. */
bool dispatch_next_file(struct bytes *request, struct bytes *name, struct bytes *content);

#endif
