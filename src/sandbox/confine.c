#include "sandbox/confine.h"

#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/status.h"

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

static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(readv), SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(poll), SCMP_SYS(close),
	SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(lseek), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(futex),
	SCMP_SYS(clock_gettime), SCMP_SYS(getrandom), SCMP_SYS(restart_syscall), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(tgkill),
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
	/* A sanitizer writes its report and looks at the process before it ends it. */
	SCMP_SYS(write), SCMP_SYS(mmap), SCMP_SYS(mprotect), SCMP_SYS(sigaltstack), SCMP_SYS(rt_sigaction), SCMP_SYS(readlink),
	SCMP_SYS(openat), SCMP_SYS(sched_yield), SCMP_SYS(prctl), SCMP_SYS(getrlimit), SCMP_SYS(prlimit64), SCMP_SYS(uname),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(getuid), SCMP_SYS(dup), SCMP_SYS(fcntl), SCMP_SYS(ioctl), SCMP_SYS(clone), SCMP_SYS(wait4),
#endif
};

static const int allowed_to_sockets[] = {
	SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(recvfrom), SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(accept4), SCMP_SYS(setsockopt), SCMP_SYS(getsockopt),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(shutdown), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(ppoll),
	SCMP_SYS(fcntl), SCMP_SYS(sched_yield),
};

static bool add_calls(scmp_filter_ctx filter, const int *calls, size_t count)
{
	bool good = true;

	for (size_t i = 0; i < count; i++)
		good &= seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) == 0;
	return good;
}

static bool add_rules(scmp_filter_ctx filter, enum confinement to)
{
	enum { PROTECT_EXEC = 4 };
	bool good = add_calls(filter, allowed, COUNT_OF(allowed));

	if (to == CONFINE_TO_SOCKETS)
		good &= add_calls(filter, allowed_to_sockets, COUNT_OF(allowed_to_sockets));
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
	/* Memory, but none that runs. */
	good &= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROTECT_EXEC, 0)) == 0;
	good &= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROTECT_EXEC, 0)) == 0;
#endif
	return good;
}

/* What examines bytes and asks for more is broken, and ends; what serves people is told no. */
static bool filter_calls(enum confinement to)
{
	scmp_filter_ctx filter = seccomp_init(to == CONFINE_TO_SOCKETS ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS);

	if (!filter)
		return false;
	bool done = add_rules(filter, to) && seccomp_load(filter) == 0;
	seccomp_release(filter);
	return done;
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
