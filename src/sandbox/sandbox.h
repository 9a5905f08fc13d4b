#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include "base/text.h"

/*
 * Workers that do one kind of work on hostile bytes, in confined processes.
 *
 *   main ── zygote ── worker, worker, ...
 *
 * The zygote is forked while the program is small and holds nothing, and forks
 * the workers, as many as there is work for; one that dies is replaced.  A
 * worker gets a request and, if need be, an open descriptor, and sends back a
 * reply: messages, not shared memory, so that nothing changes under the reader.
 */

enum { SANDBOX_REPLY_MOST = 160 << 10, SANDBOX_REQUEST_MOST = 128 << 10 };

/* The work, inside the worker; `fd` is -1 when none came. What it adds to `reply` past SANDBOX_REPLY_MOST is its own bug. */
typedef void sandbox_work(int fd, struct bytes request, struct text *reply, void *context);

struct sandbox_settings {
	unsigned workers;           /* at most */
	size_t memory;              /* bytes of private memory a worker may have */
	unsigned patience_ms;       /* a job that takes longer is given up */
	sandbox_work *work;
	void *context;
};

enum sandbox_end {
	SANDBOX_REPLIED,
	SANDBOX_DIED,               /* the worker ended in the middle of this job: `cause` tells how */
	SANDBOX_TIMED_OUT,
	SANDBOX_NOTHING,            /* no job is under way, or none ended in time */
};

struct sandbox_result {
	enum sandbox_end end;
	uint64_t ticket;
	struct bytes reply;         /* from a process that may be hostile; valid until the next wait */
	const char *cause;
};

/* NULL when no process can be made; errno tells. Call before there are threads or secrets. */
struct sandbox *sandbox_create(const struct sandbox_settings *settings);
void sandbox_destroy(struct sandbox *s);

/* What of the confinement the workers lack, in words; NULL when it is whole. */
const char *sandbox_gap(const struct sandbox *s);

/* False when every worker has enough to do: wait first. `fd` (or -1) and the request stay the caller's until the job ended. */
bool sandbox_submit(struct sandbox *s, uint64_t ticket, int fd, struct bytes request);

/* The next job that ended; waits at most `wait_ms` (negative: for ever). */
struct sandbox_result sandbox_wait(struct sandbox *s, int wait_ms);

#endif
