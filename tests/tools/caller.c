/*
 * caller FILE SECONDS: who callers are, by the section `callers` in a YAML file, at that time since 1970.  A line
 * each on standard input: a key or token, or "certificate " and DER in hexadecimal, or "refresh", which fetches keys.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/time.h"
#include "identity/identity.h"

enum { FILE_MOST = 1 << 20, LINE_MOST = 1 << 17, MEMORY = 16 << 20 };

struct question {
	struct arena arena;
	const struct identity *identity;
	struct bytes line;
	int64_t now_ms;
};

static struct bytes read_hex(struct arena *arena, struct bytes hex)
{
	unsigned char *out = arena_alloc(arena, hex.len / 2, 1);

	for (size_t i = 0; i < hex.len / 2; i++) {
		char two[3] = {(char)hex.at[2 * i], (char)hex.at[2 * i + 1], 0};
		out[i] = (unsigned char)strtoul(two, NULL, 16);
	}
	return (struct bytes){out, hex.len / 2};
}

static void print_names(const char *label, struct names names)
{
	for (size_t i = 0; i < names.count; i++)
		printf("%s%.*s", i ? "," : label, (int)names.at[i].len, (const char *)names.at[i].at);
}

static void answer(void *arg)
{
	struct question *q = arg;
	struct bytes prefix = BYTES("certificate ");
	struct credentials shown = {.api_key = q->line};
	const char *why;

	if (bytes_start_with(q->line, prefix))
		shown = (struct credentials){.certificate = read_hex(&q->arena, bytes_from(q->line, prefix.len))};
	const struct caller *c = identity_find(q->identity, &q->arena, &shown, q->now_ms, &why);
	if (!c) {
		printf("- %s\n", why);
		return;
	}
	printf("%.*s %s", (int)c->name.len, (const char *)c->name.at, c->proof);
	if (c->team.len)
		printf(" team=%.*s", (int)c->team.len, (const char *)c->team.at);
	print_names(" roles=", c->roles);
	print_names(" purposes=", c->purposes);
	printf("\n");
}

struct loading {
	struct arena arena;
	const char *path;
	struct text yaml;
	struct identity *identity;
};

static void load_from(void *arg)
{
	struct loading *l = arg;
	struct yaml_error error = {.why = "cannot be read"};
	const char *file = NULL;
	const struct yaml *root = NULL;

	if (file_read(l->path, FILE_MOST, &l->yaml) == STATUS_OK)
		root = yaml_parse(&l->arena, text_bytes(&l->yaml), &error);
	if (root)
		l->identity = identity_load(yaml_member(root, "callers"), NULL, &error, &file);
	if (!l->identity)
		fprintf(stderr, "%s:%u: %s\n", file ? file : l->path, error.line, error.why);
}

static struct identity *load(const char *path)
{
	struct loading l = {.path = path};

	arena_init(&l.arena, MEMORY);
	text_init(&l.yaml, NULL);
	arena_run(&l.arena, load_from, &l);
	text_finish(&l.yaml);
	arena_finish(&l.arena);
	return l.identity;
}

int main(int argc, char **argv)
{
	static char line[LINE_MOST];
	struct identity *identity = argc == 3 ? load(argv[1]) : NULL;

	if (!identity)
		return 1;
	while (fgets(line, sizeof line, stdin)) {
		struct question q = {.identity = identity, .line = {(unsigned char *)line, strcspn(line, "\n")}, .now_ms = strtoll(argv[2], NULL, 10) * 1000};
		if (bytes_same(q.line, "refresh")) {
			identity_refresh(identity, time_now_ms());
			continue;
		}
		arena_init(&q.arena, MEMORY);
		if (!arena_run(&q.arena, answer, &q))
			printf("- needs more memory than there is\n");
		arena_finish(&q.arena);
	}
	identity_destroy(identity);
	return 0;
}
