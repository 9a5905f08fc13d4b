#ifndef SANDBOX_CALLS_H
#define SANDBOX_CALLS_H

#include <seccomp.h>

/* The system calls of a confined process. tools/filter.c makes programs for the kernel of them while Merlon is built. */

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

/* Of those that serve people. */
static const int allowed_to_sockets[] = {
	SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(recvfrom), SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(accept4), SCMP_SYS(setsockopt), SCMP_SYS(getsockopt),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(shutdown), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(ppoll),
	SCMP_SYS(fcntl), SCMP_SYS(sched_yield),
};

/* Memory, but none that runs: a sanitizer maps what it likes. */
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
static const int allowed_without_exec[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
#else
static const int allowed_without_exec[] = {};
#endif

#endif
