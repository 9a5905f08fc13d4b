#include "gateway/halt.h"

#include <signal.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

/* What the signal finds: it may come while the supervisor waits for something else. */
static struct {
	struct shared *shared;
	pid_t supervisor;           /* not what it forks */
	atomic_int halted;
} by_signal;

enum { BY_SIGNAL = 1, BY_SOCKET = 2, WORDS_MOST = 64 };

static int remembered;              /* of those, in the file */

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

void halt_recall(struct shared *shared, const char *path)
{
	struct text said;

	text_init(&said, NULL);
	if (file_read(path, WORDS_MOST, &said) == STATUS_OK) {
		bool signal = bytes_contain(text_bytes(&said), BYTES("signal"));
		atomic_store(&by_signal.halted, signal);
		atomic_store(&shared->halt_asked, !signal || bytes_contain(text_bytes(&said), BYTES("socket")));
		remembered = BY_SIGNAL | BY_SOCKET;
	}
	text_finish(&said);
}

void halt_remember(const struct shared *shared, const char *path)
{
	static const char *const words[] = {"", "signal\n", "socket\n", "signal socket\n"};
	int asked = (atomic_load(&by_signal.halted) ? BY_SIGNAL : 0) | (atomic_load(&shared->halt_asked) ? BY_SOCKET : 0);

	if (asked == remembered)
		return;
	remembered = asked;
	if (asked ? file_write(path, 0600, bytes_of(words[asked])) != STATUS_OK : unlink(path) != 0)
		log_error("%s: cannot be %s, so a restart will not know: %m", path, asked ? "written" : "removed");
}
