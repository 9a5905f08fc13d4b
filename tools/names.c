/*
 * names FILE...: prints the names of the rules in these files as hash tables (src/rules/names.h), which the
 * program finds in itself as they are.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "rules/names.h"
#include "rules/words.h"
#include "syntax/yaml.h"

enum { FILE_MOST = 4 << 20, BUDGET = 64 << 20, ROOM = 8192, ENTRIES_MOST = UINT16_MAX };

static const char *const keys[NAMES_LISTS] = {"allow", "dangerous", "operators"};

struct table {
	struct names_slot slots[ROOM];
	size_t filled;
	unsigned entries;
};

struct making {
	struct arena arena;
	struct bytes content;
	const char *path;
	struct table tables[NAMES_LISTS];
	struct text text;
};

static _Noreturn void refuse(const struct making *m, const char *why)
{
	fprintf(stderr, "%s: %s\n", m->path, why);
	exit(1);
}

/* Its own slot, or that of the same name in an entry before. */
static struct names_slot *find_slot(struct making *m, struct table *t, struct bytes family, struct bytes name)
{
	for (uint64_t at = names_hash(family, name);; at++) {
		struct names_slot *slot = &t->slots[at % ROOM];
		struct bytes text = bytes_slice(text_bytes(&m->text), slot->at, slot->len);
		bool same = text.len == family.len + 1 + name.len && bytes_start_with(text, family) && bytes_end_with(text, name);
		if (slot->len == 0 || same)
			return slot;
	}
}

static void add_name(struct making *m, struct table *t, struct bytes family, struct bytes name)
{
	struct names_slot *slot = find_slot(m, t, family, name);

	if (family.len + 1 + name.len > UINT16_MAX || t->entries == ENTRIES_MOST || t->filled == ROOM / 2)
		refuse(m, "has more names, or longer ones, than there is room for");
	t->filled += slot->len == 0;
	*slot = (struct names_slot){(uint32_t)m->text.len, (uint16_t)(family.len + 1 + name.len), (uint16_t)t->entries};
	text_add(&m->text, family);
	text_add_string(&m->text, " ");
	text_add(&m->text, name);
}

static void add_file(void *arg)
{
	struct making *m = arg;
	struct yaml_error error;
	const struct yaml *root = yaml_parse(&m->arena, m->content, &error);

	if (!root)
		refuse(m, error.why);
	for (unsigned list = 0; list < NAMES_LISTS; list++) {
		struct table *t = &m->tables[list];
		struct bytes family = list == NAMES_OPERATORS ? yaml_string(root, "family") : BYTES("");
		yaml_each(yaml_member(root, keys[list]), entry) {
			struct bytes names = yaml_string(entry, "names"), name;
			while ((name = rules_word(&names)).len > 0)
				if (!names_have_pattern(name))
					add_name(m, t, family, name);
			t->entries++;
		}
	}
}

static void read_file(struct making *m, const char *path)
{
	struct text content;

	text_init(&content, NULL);
	arena_init(&m->arena, BUDGET);
	m->path = path;
	if (file_read(path, FILE_MOST, &content) != STATUS_OK)
		refuse(m, "cannot be read");
	m->content = text_bytes(&content);
	if (!arena_run(&m->arena, add_file, m))
		refuse(m, "is too large");
	arena_finish(&m->arena);
	text_finish(&content);
}

static void print_tables(const struct making *m)
{
	printf("/* Made by tools/names.c. */\n#include \"rules/names.h\"\n\nconst unsigned char names_text[] = {");
	for (size_t i = 0; i < m->text.len; i++)
		printf("%s%u,", i % 64 == 0 ? "\n" : "", (unsigned char)m->text.at[i]);
	printf("0};\n");
	for (unsigned list = 0; list < NAMES_LISTS; list++) {
		printf("static const struct names_slot %s[%d] = {\n", keys[list], ROOM);
		for (size_t i = 0; i < ROOM; i++)
			if (m->tables[list].slots[i].len)
				printf("[%zu] = {%u, %u, %u},\n", i, m->tables[list].slots[i].at, m->tables[list].slots[i].len, m->tables[list].slots[i].entry);
		printf("};\n");
	}
	printf("const struct names_table names_tables[NAMES_LISTS] = {\n");
	for (unsigned list = 0; list < NAMES_LISTS; list++)
		printf("\t{\"%s\", %s, %d, %u},\n", keys[list], keys[list], ROOM, m->tables[list].entries);
	printf("};\n");
}

int main(int argc, char **argv)
{
	static struct making m;

	text_init(&m.text, NULL);
	for (int i = 1; i < argc; i++)
		read_file(&m, argv[i]);
	print_tables(&m);
	text_finish(&m.text);
	return 0;
}
