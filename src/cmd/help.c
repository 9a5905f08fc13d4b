#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "types/command.h"

enum { WIDTH = 80, INDENT = 4, OPTION_INDENT = 10 };

static void add_paragraphs(struct text *t, const char *string, unsigned indent)
{
	struct bytes left = bytes_of(string);

	while (left.len > 0) {
		size_t len = bytes_find(left, BYTES("\n\n"));
		text_add_spaces(t, indent);
		text_add_wrapped(t, bytes_slice(left, 0, len), indent, indent, WIDTH);
		left = bytes_from(left, len + 2);
		text_add_string(t, left.len > 0 ? "\n\n" : "\n");
	}
}

static void add_lines(struct text *t, const char *string)
{
	struct bytes left = bytes_of(string);

	while (left.len > 0) {
		size_t len = bytes_find_byte(left, '\n'), blank = bytes_find_byte(left, ' ');
		text_add_spaces(t, INDENT);
		text_add(t, bytes_slice(left, 0, blank));
		text_add_spaces(t, 4 - (unsigned)blank);
		text_add_wrapped(t, bytes_slice(left, blank + 1, len - blank - 1), INDENT + 4, INDENT + 4, WIDTH);
		text_add_byte(t, '\n');
		left = bytes_from(left, len + 1);
	}
}

static void add_command(struct text *t, const struct command *c)
{
	text_addf(t, "merlon %s: %s\n\nusage: merlon %s %s\n\n", c->name, c->summary, c->name, c->synopsis);
	add_paragraphs(t, c->description, 0);
	if (c->options)
		text_add_string(t, "\noptions:\n");
	for (const struct command_option *o = c->options; o && o->name; o++) {
		text_addf(t, "    %s%s%s\n", o->name, o->value ? " " : "", o->value ? o->value : "");
		text_add_spaces(t, OPTION_INDENT);
		text_add_wrapped(t, bytes_of(o->about), OPTION_INDENT, OPTION_INDENT, WIDTH);
		text_add_byte(t, '\n');
	}
	if (c->examples)
		text_add_string(t, "\nexamples:\n");
	for (const struct command_example *e = c->examples; e && e->line; e++)
		text_addf(t, "    # %s\n    %s\n", e->about, e->line);
	if (c->exit_status) {
		text_add_string(t, "\nexit status:\n");
		add_lines(t, c->exit_status);
	}
}

static void add_overview(struct text *t)
{
	text_add_string(t, "merlon: guards AI systems, and proves it\n\nusage: merlon COMMAND [ARGUMENT]...\n\ncommands:\n");
	for (const struct command *const *c = commands; *c; c++)
		text_addf(t, "    %-10s %s\n", (*c)->name, (*c)->summary);
	text_add_string(t, "\n\"merlon help COMMAND\" tells more.\n");
}

static int run(int argc, char **argv)
{
	struct text t;
	int status = 0;

	text_init(&t, NULL);
	if (argc < 2) {
		add_overview(&t);
	} else {
		const struct command *const *c = commands;
		while (*c && strcmp((*c)->name, argv[1]) != 0)
			c++;
		if (*c)
			add_command(&t, *c);
		else
			status = EXIT_USAGE_ERROR;
	}
	if (status)
		log_error("help: there is no command \"%s\"; \"merlon help\" lists them", argv[1]);
	fwrite(t.at, 1, t.len, stdout);
	text_finish(&t);
	return status;
}

const struct command command_help = {
	.name = "help",
	.summary = "tell how a command is used",
	.synopsis = "[COMMAND]",
	.description = "Without an argument, lists the commands.",
	.run = run,
};
