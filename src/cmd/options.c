#include "cmd/options.h"

#include <string.h>

#include "base/log.h"
#include "base/time.h"

void options_begin(struct options *o, const struct command *command, int argc, char **argv)
{
	*o = (struct options){.command = command, .argc = argc, .next = 1, .argv = argv, .arguments = argv};
}

static const struct command_option *find(const struct command *command, const char *name, size_t len)
{
	for (const struct command_option *it = command->options; it && it->name; it++)
		if (strlen(it->name) == len && memcmp(it->name, name, len) == 0)
			return it;
	return NULL;
}

static const char *fail(struct options *o, const char *what, const char *name, size_t len)
{
	log_error("%s: %s \"%.*s\"; \"merlon help %s\" lists the options", o->command->name, what, (int)len, name, o->command->name);
	o->failed = true;
	return NULL;
}

static const char *take(struct options *o, const char *word, const char **value)
{
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const struct command_option *option = find(o->command, word, len);

	*value = NULL;
	if (!option)
		return fail(o, "there is no option", word, len);
	if (!option->value)
		return equals ? fail(o, "no value belongs to", word, len) : option->name;
	if (equals)
		*value = equals + 1;
	else if (o->next < o->argc)
		*value = o->argv[o->next++];
	return *value ? option->name : fail(o, "a value is missing after", word, len);
}

const char *options_next(struct options *o, const char **value)
{
	while (o->next < o->argc) {
		char *word = o->argv[o->next++];
		if (strcmp(word, "--") == 0) {
			while (o->next < o->argc)
				o->arguments[o->argument_count++] = o->argv[o->next++];
			return NULL;
		}
		if (word[0] == '-' && word[1] != 0)
			return take(o, word, value);
		o->arguments[o->argument_count++] = word;
	}
	return NULL;
}

bool options_read(struct options *o, bool (*use)(void *owner, const char *name, const char *value), void *owner)
{
	const char *value;

	for (const char *name = options_next(o, &value); name; name = options_next(o, &value))
		if (!use(owner, name, value))
			return false;
	return !o->failed;
}

bool options_expiry(const char *value, int64_t *at_ms)
{
	if (time_parse(bytes_of(value), at_ms) && *at_ms > time_now_ms())
		return true;
	log_error("--expires: \"%s\" is no date to come, like 2027-06-30", value);
	return false;
}
