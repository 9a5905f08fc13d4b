#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/status.h"

/*
 * What a person running Merlon should know now, on standard error: one line a
 * message, "merlon: ..." in front.  Never content of files, never a secret.
 */
RARELY PRINTF_LIKE(1, 2) void log_error(const char *format, ...);
PRINTF_LIKE(1, 2) void log_warning(const char *format, ...);
RARELY PRINTF_LIKE(1, 2) void log_note(const char *format, ...);

/* From now on each line is a JSON object: {"at":"2026-11-22T10:00:00.000Z","level":"error","message":"..."}. */
void log_as_json(void);

/* Notes are left out after this; warnings and errors never are. */
void log_be_quiet(void);

#endif
