#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static bool quiet;

/* One write a line, so that lines of two processes do not mix. */
static void write_line(const char *level, const char *format, va_list args)
{
	char line[2048];
	int head = snprintf(line, sizeof line, "merlon: %s", level);
	int body = vsnprintf(line + head, sizeof line - (size_t)head - 1, format, args);
	size_t len = (size_t)head + (body < 0 ? 0 : (size_t)body);

	if (len > sizeof line - 2)
		len = sizeof line - 2;
	line[len] = '\n';
	fwrite(line, 1, len + 1, stderr);
}

#define LOG_BODY(level) \
	do { \
		va_list args; \
		va_start(args, format); \
		write_line(level, format, args); \
		va_end(args); \
	} while (0)

void log_error(const char *format, ...)
{
	LOG_BODY("error: ");
}

void log_warning(const char *format, ...)
{
	LOG_BODY("warning: ");
}

void log_note(const char *format, ...)
{
	if (!quiet)
		LOG_BODY("");
}

void log_be_quiet(void)
{
	quiet = true;
}
