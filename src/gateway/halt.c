#include "gateway/halt.h"

#include <signal.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the signal finds: it may come while the supervisor waits for something else. */
static struct {
	struct shared *shared;
	pid_t supervisor;           /* not what it forks */
	atomic_int halted;
} by_signal;

void halt_now(struct shared *shared)
{
	atomic_store(&shared->halted, 1);
	atomic_fetch_add(&shared->halts, 1);
}

static void take(int number)
{
	(void)number;
	if (getpid() == by_signal.supervisor && !atomic_fetch_xor(&by_signal.halted, 1))
		halt_now(by_signal.shared);
}

void halt_take_signal(struct shared *shared)
{
	struct sigaction action = {.sa_handler = take, .sa_flags = SA_RESTART};

	by_signal.shared = shared;
	by_signal.supervisor = getpid();
	sigaction(SIGUSR1, &action, NULL);
}

bool halt_file_is_there(const char *path)
{
	struct stat about;

	return stat(path, &about) == 0;
}

bool halt_is_asked(const struct shared *shared, const char *path)
{
	return atomic_load(&by_signal.halted) || atomic_load(&shared->halt_asked) || halt_file_is_there(path);
}
