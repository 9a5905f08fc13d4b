#ifndef TYPES_COMMAND_H
#define TYPES_COMMAND_H

/* An option as help, man page and completion show it, and as options_parse() takes it. */
struct command_option {
	const char *name;           /* "--report" */
	const char *value;          /* "KIND[=FILE]"; NULL for a switch */
	const char *about;
};

struct command_example {
	const char *line, *about;
};

/*
 * A subcommand.  src/cmd/NAME.c defines `command_NAME`; its help, man page and
 * completion are made from these fields.
 */
struct command {
	const char *name;
	const char *summary;        /* one line, no capital, no full stop */
	const char *synopsis;       /* what follows the name */
	const char *description;    /* paragraphs, separated by an empty line */
	const struct command_option *options;       /* ends with a NULL name; or NULL */
	const struct command_example *examples;     /* ends with a NULL line; or NULL */
	const char *exit_status;    /* lines of "N meaning"; or NULL */
	int (*run)(int argc, char **argv);          /* argv[0] is the subcommand */
};

extern const struct command *const commands[];  /* ends with NULL; generated */

enum { EXIT_USAGE_ERROR = 64 };

#endif
