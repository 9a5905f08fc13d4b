#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "types/assessment.h"
#include "types/command.h"

static const struct command *find(const char *name)
{
	for (const struct command *const *c = commands; *c; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* Anywhere in the arguments, but not behind "--". */
static bool asks_for_help(int argc, char **argv)
{
	for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (is_help(argv[i]))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "help";
	const struct command *command = find(is_help(name) ? "help" : name);

	signal(SIGPIPE, SIG_IGN);
	if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0) {
		printf("merlon %s\n", merlon_version);
		return 0;
	}
	if (!command) {
		log_error("there is no command \"%s\"; \"merlon help\" lists them", name);
		return EXIT_USAGE_ERROR;
	}
	if (asks_for_help(argc, argv)) {
		char *ask[] = {"help", (char *)command->name};
		return find("help")->run(2, ask);
	}
	int status = command->run(argc > 1 ? argc - 1 : 1, argc > 1 ? argv + 1 : argv);
	return fflush(stdout) == 0 || status ? status : 2;
}
