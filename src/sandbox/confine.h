#ifndef SANDBOX_CONFINE_H
#define SANDBOX_CONFINE_H

#include <stddef.h>

/* What of the sandbox could not be had: a set of these. */
enum {
	GAP_LANDLOCK = 1,       /* no file system rules: the kernel is older than 5.13, or built without */
	GAP_SECCOMP = 2,        /* no system call filter */
	GAP_LIMITS = 4,         /* no resource limits */
};

/* What the process is still to do. */
enum confinement {
	CONFINE_TO_BYTES,       /* to examine bytes it has, or gets over descriptors it has */
	CONFINE_TO_SOCKETS,     /* to take and make connections as well */
};

/*
 * Takes from this process, for good, everything that its work does not need:
 * opening files, starting programs, signalling others, memory that runs.  It
 * keeps the descriptors it has.  `memory`: bytes of private memory.  Returns
 * what could not be had.
 */
unsigned confine(enum confinement to, size_t memory);

/* That in words. */
void confine_describe(unsigned gaps, char *out, size_t room);

#endif
