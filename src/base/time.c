#include "base/time.h"

#include <time.h>

static int64_t read_clock_ms(clockid_t which)
{
	struct timespec now;

	clock_gettime(which, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t time_now_ms(void)
{
	return read_clock_ms(CLOCK_REALTIME);
}

int64_t time_monotonic_ms(void)
{
	return read_clock_ms(CLOCK_MONOTONIC);
}
