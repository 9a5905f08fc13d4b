#ifndef SCAN_WORKER_H
#define SCAN_WORKER_H

#include "base/text.h"

struct rules;

/* What a worker has to know before it is asked anything. */
struct worker_context {
	const struct rules *rules;
	bool skip_digest;
};

/*
 * The work of a sandboxed worker (sandbox_work).  With a descriptor `request` is
 * the file's name, else several files (scan/dispatch.h); the reply has an
 * examination on the wire for each, its length before it.
 */
void worker_examine(int fd, struct bytes request, struct text *reply, void *context);

#endif
