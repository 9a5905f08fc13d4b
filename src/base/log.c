#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/time.h"

static bool quiet, json;

/* `message` holds no controls. */
static void add_json(struct text *line, const char *level, struct bytes message)
{
	text_add_string(line, "{\"at\":\"");
	text_add_time(line, time_now_ms());
	text_addf(line, "\",\"level\":\"%s\",\"message\":\"", level);
	for (size_t i = 0; i < message.len; i++) {
		if (message.at[i] == '"' || message.at[i] == '\\')
			text_add_byte(line, '\\');
		text_add_byte(line, (char)message.at[i]);
	}
	text_add_string(line, "\"}\n");
}

/* One write a line, so that lines of two processes do not mix; nothing in it that a terminal would obey, whatever it quotes. */
static void write_line(const char *level, const char *format, va_list args)
{
	bool note = strcmp(level, "note") == 0;
	char raw[2048];
	struct text message, line;

	vsnprintf(raw, sizeof raw, format, args);
	text_init(&message, NULL);
	text_init(&line, NULL);
	text_add_printable(&message, bytes_of(raw), sizeof raw);
	if (json)
		add_json(&line, level, text_bytes(&message));
	else
		text_addf(&line, "merlon: %s%s%s\n", note ? "" : level, note ? "" : ": ", text_string(&message));
	fwrite(line.at, 1, line.len, stderr);
	text_finish(&message);
	text_finish(&line);
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
