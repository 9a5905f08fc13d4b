#ifndef SANDBOX_CONFINE_H
#define SANDBOX_CONFINE_H

#include <stddef.h>

/* What of the sandbox could not be had: a set of these. */
enum {
	GAP_LANDLOCK = 1,       /* no file system rules: the kernel is older than 5.13, or built without */
	GAP_SECCOMP = 2,        /* no system call filter */
	GAP_LIMITS = 4,         /* no resource limits */
};

/*
 * Takes from this process, for good, everything that examining bytes does not
 * need: opening, connecting, starting, signalling.  It keeps the descriptors
 * it has.  `memory`: bytes of private memory.  Returns what could not be had.
 */
unsigned confine(size_t memory);

#endif
