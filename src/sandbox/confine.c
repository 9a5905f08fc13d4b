#include "sandbox/confine.h"

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/filter.h"

/* ---- Landlock: the headers of Debian 12 are older than the kernels it may run on ---- */

struct landlock_rules {
	uint64_t files, net, scope;
};

enum { LANDLOCK_CREATE_RULESET = 444, LANDLOCK_RESTRICT_SELF = 446, LANDLOCK_VERSION = 1 };

/* Rights to deny, by the version that brought them. */
static struct landlock_rules rules_of(enum confinement to, long version, size_t *size)
{
	struct landlock_rules r = {.files = (1u << 13) - 1};

	*size = sizeof r.files;
	if (version >= 2)
		r.files |= 1u << 13;            /* moving files between folders */
	if (version >= 3)
		r.files |= 1u << 14;            /* truncating */
	if (version >= 4) {
		r.net = to == CONFINE_TO_SOCKETS ? 1 : 3;       /* binding TCP, and connecting */
		*size += sizeof r.net;
	}
	if (version >= 5)
		r.files |= 1u << 15;            /* ioctl on devices */
	if (version >= 6) {
		r.scope = 3;                    /* abstract sockets and signals */
		*size += sizeof r.scope;
	}
	return r;
}

static bool deny_files(enum confinement to)
{
	long version = syscall(LANDLOCK_CREATE_RULESET, NULL, 0, LANDLOCK_VERSION);
	size_t size;

	if (version < 1)
		return false;
	struct landlock_rules rules = rules_of(to, version, &size);
	int fd = (int)syscall(LANDLOCK_CREATE_RULESET, &rules, size, 0);
	if (fd < 0)
		return false;
	bool done = syscall(LANDLOCK_RESTRICT_SELF, fd, 0) == 0;
	close(fd);
	return done;
}

/* ---- seccomp ---- */

static bool filter_calls(enum confinement to)
{
	const struct sock_fprog program = {filters[to].len, (struct sock_filter *)filters[to].code};

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

/* ---- limits ---- */

static bool limit(__rlimit_resource_t what, rlim_t most)
{
	struct rlimit r = {most, most};

	return setrlimit(what, &r) == 0;
}

/* Address space stays free: a file of any size may be mapped. */
static bool set_limits(enum confinement to, size_t memory)
{
	bool good = limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_MEMLOCK, 0) && (to == CONFINE_TO_SOCKETS || limit(RLIMIT_NOFILE, 256));

#ifndef __SANITIZE_ADDRESS__
	good &= limit(RLIMIT_DATA, memory);
	good &= limit(RLIMIT_NPROC, 0) || geteuid() == 0;
#else
	(void)memory;
#endif
	return good;
}

unsigned confine(enum confinement to, size_t memory)
{
	unsigned gaps = 0;

	prctl(PR_SET_DUMPABLE, 0);
	if (!set_limits(to, memory))
		gaps |= GAP_LIMITS;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !deny_files(to))
		gaps |= GAP_LANDLOCK;
	if (!filter_calls(to))
		gaps |= GAP_SECCOMP;
	return gaps;
}

void confine_describe(unsigned gaps, char *out, size_t room)
{
	snprintf(out, room, "%s%s%s",
		 gaps & GAP_LANDLOCK ? "no file system rules (Landlock) " : "",
		 gaps & GAP_SECCOMP ? "no system call filter (seccomp) " : "",
		 gaps & GAP_LIMITS ? "no resource limits" : "");
}
