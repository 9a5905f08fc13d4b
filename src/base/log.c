#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/time.h"

static bool quiet, json;

static void write_json(const char *level, const char *message)
{
	struct text line;

	text_init(&line, NULL);
	text_add_string(&line, "{\"at\":\"");
	text_add_time(&line, time_now_ms());
	text_addf(&line, "\",\"level\":\"%s\",\"message\":\"", level);
	for (const char *c = message; *c; c++) {
		if (*c == '"' || *c == '\\')
			text_addf(&line, "\\%c", *c);
		else if ((unsigned char)*c < ' ')
			text_addf(&line, "\\u%04x", (unsigned)*c);
		else
			text_add_byte(&line, *c);
	}
	text_add_string(&line, "\"}\n");
	fwrite(line.at, 1, line.len, stderr);
	text_finish(&line);
}

/* One write a line, so that lines of two processes do not mix. */
static void write_line(const char *level, const char *format, va_list args)
{
	char message[2048], line[2100];

	vsnprintf(message, sizeof message, format, args);
	if (json) {
		write_json(level, message);
		return;
	}
	bool note = strcmp(level, "note") == 0;
	snprintf(line, sizeof line, "merlon: %s%s%s\n", note ? "" : level, note ? "" : ": ", message);
	fputs(line, stderr);
}

void log_as_json(void)
{
	json = true;
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
	LOG_BODY("error");
}

void log_warning(const char *format, ...)
{
	LOG_BODY("warning");
}

void log_note(const char *format, ...)
{
	if (!quiet)
		LOG_BODY("note");
}

void log_be_quiet(void)
{
	quiet = true;
}
