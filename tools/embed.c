/*
 * embed FILE...: prints a C table of the files' contents (src/base/embedded.h), in the order given.
 * YAML is parsed here, at build time, and its tree embedded too: starting the program then costs no parsing,
 * and a file of ours that is no YAML fails the build.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/hash.h"
#include "syntax/yaml.h"

enum { FILE_MOST = 16 << 20, BUDGET = 256 << 20 };

struct parsing {
	struct arena arena;
	struct bytes content;
	struct yaml *root;
	struct yaml_error error;
};

static void parse(void *arg)
{
	struct parsing *p = arg;

	p->root = yaml_parse(&p->arena, p->content, &p->error);
}

static void print_bytes(const char *kind, int number, struct bytes b)
{
	printf("static const unsigned char %s_%d[] = {", kind, number);
	for (size_t i = 0; i < b.len; i++)
		printf("%s%u,", i % 64 == 0 ? "\n" : "", b.at[i]);
	printf("0};\n");
}

static void print_tree(const char *path, int number, struct bytes content)
{
	struct parsing p = {.content = content};
	struct text packed;

	arena_init(&p.arena, BUDGET);
	if (!arena_run(&p.arena, parse, &p) || !p.root) {
		fprintf(stderr, "%s:%u:%u: %s\n", path, p.error.line, p.error.column, p.error.why);
		exit(1);
	}
	text_init(&packed, NULL);
	yaml_pack(p.root, &packed);
	print_bytes("tree", number, text_bytes(&packed));
	text_finish(&packed);
	arena_finish(&p.arena);
}

static void print_file(const char *path, int number, struct hasher *folder)
{
	struct text content;

	text_init(&content, NULL);
	if (file_read(path, FILE_MOST, &content) != STATUS_OK) {
		perror(path);
		exit(1);
	}
	print_bytes("file", number, text_bytes(&content));
	if (bytes_end_with(bytes_of(path), BYTES(".yaml")))
		print_tree(path, number, text_bytes(&content));
	hasher_add(folder, text_bytes(&content));
	text_finish(&content);
}

static size_t folder_length(const char *path)
{
	return bytes_find_byte(bytes_of(path), '/') + 1;
}

static bool is_same_folder(const char *a, const char *b)
{
	return folder_length(a) == folder_length(b) && bytes_start_with(bytes_of(b), bytes_slice(bytes_of(a), 0, folder_length(a)));
}

static void add_folder(struct text *folders, const char *path, struct hasher *h)
{
	struct digest d = hasher_end(h);

	text_addf(folders, "\t{\"%.*s\", {{", (int)folder_length(path), path);
	for (size_t i = 0; i < sizeof d.sha256; i++)
		text_addf(folders, "%u,", d.sha256[i]);
	text_add_string(folders, "}}},\n");
}

static void print_tables(int count, char **paths, const char *folders)
{
	printf("\nconst struct embedded_file embedded_files[] = {\n");
	for (int i = 0; i < count; i++) {
		printf("\t{\"%s\", {file_%d, sizeof file_%d - 1}, ", paths[i], i, i);
		if (bytes_end_with(bytes_of(paths[i]), BYTES(".yaml")))
			printf("{tree_%d, sizeof tree_%d - 1}},\n", i, i);
		else
			printf("{NULL, 0}},\n");
	}
	printf("\t{NULL, {NULL, 0}, {NULL, 0}},\n};\n\nconst struct embedded_folder embedded_folders[] = {\n%s\t{NULL, {{0}}},\n};\n", folders);
}

int main(int argc, char **argv)
{
	struct hasher h;
	struct text folders;

	text_init(&folders, NULL);
	printf("/* Made by tools/embed.c. */\n#include \"base/embedded.h\"\n\n");
	for (int i = 1; i < argc; i++) {
		if (i == 1 || !is_same_folder(argv[i - 1], argv[i]))
			hasher_begin(&h);
		print_file(argv[i], i - 1, &h);
		if (i + 1 == argc || !is_same_folder(argv[i], argv[i + 1]))
			add_folder(&folders, argv[i], &h);
	}
	print_tables(argc - 1, argv + 1, text_string(&folders));
	text_finish(&folders);
	return 0;
}
