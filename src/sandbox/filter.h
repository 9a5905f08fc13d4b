#ifndef SANDBOX_FILTER_H
#define SANDBOX_FILTER_H

#include <linux/filter.h>

#include "sandbox/confine.h"

/* What the kernel asks for every system call of a confined process. Made by tools/filter.c of the lists in calls.h. */
struct filter {
	const struct sock_filter *code;
	unsigned short len;
};

extern const struct filter filters[];   /* by enum confinement */

#endif
