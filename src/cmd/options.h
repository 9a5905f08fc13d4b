#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "types/command.h"

/*
 * The options of a subcommand, as its descriptor lists them: "--name value",
 * "--name=value" and switches, anywhere among the arguments; "--" ends them.
 */
struct options {
	const struct command *command;
	int argc, next;
	char **argv;
	char **arguments;           /* those that are no options, gathered at the front of argv */
	size_t argument_count;
	bool failed;                /* a message has been written */
};

void options_begin(struct options *o, const struct command *command, int argc, char **argv);

/* The next option's name, and its value (NULL for a switch); NULL at the end or when one is wrong. */
const char *options_next(struct options *o, const char **value);

/* All options one by one; true when `use` took each, and none was wrong. */
bool options_read(struct options *o, bool (*use)(void *owner, const char *name, const char *value), void *owner);

/* The value of --expires: a time to come, or false after a message. */
bool options_expiry(const char *value, int64_t *at_ms);

#endif
