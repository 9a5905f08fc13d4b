/*
 * recipe OUT-DIR RECIPE...: makes the file of each recipe, OUT-DIR/<path of the recipe without ".recipe">.
 * With "-" alone: one recipe from standard input to standard output.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "recipes/recipe.h"

static bool make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdir(path, 0755);
		*slash = '/';
	}
	return true;
}

static bool make(const char *directory, const char *recipe)
{
	char out[4096];
	struct text source, result;
	struct recipe_error error = {0};
	size_t len = strlen(recipe), cut = strlen(".recipe");

	text_init(&source, NULL);
	text_init(&result, NULL);
	snprintf(out, sizeof out, "%s/%.*s", directory, (int)(len > cut ? len - cut : len), recipe);
	bool good = file_read(recipe, 1 << 24, &source) == STATUS_OK && recipe_build(text_bytes(&source), &result, &error) &&
		    make_folders(out) && file_write(out, 0644, text_bytes(&result)) == STATUS_OK;
	if (!good)
		fprintf(stderr, "%s:%u: %s\n", recipe, error.line, error.why[0] ? error.why : "cannot be read or written");
	text_finish(&source);
	text_finish(&result);
	return good;
}

static int from_input(void)
{
	struct text source, result;
	struct recipe_error error;

	text_init(&source, NULL);
	text_init(&result, NULL);
	if (file_read_open(STDIN_FILENO, 1 << 24, &source) != STATUS_OK)
		return 1;
	bool good = recipe_build(text_bytes(&source), &result, &error);
	if (good)
		fwrite(result.at, 1, result.len, stdout);
	else
		fprintf(stderr, "%u: %s\n", error.line, error.why);
	text_finish(&source);
	text_finish(&result);
	return !good;
}

int main(int argc, char **argv)
{
	bool good = argc > 2;

	if (argc == 2 && strcmp(argv[1], "-") == 0)
		return from_input();
	for (int i = 2; i < argc; i++)
		good &= make(argv[1], argv[i]);
	return !good;
}
