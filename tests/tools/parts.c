/*
 * parts FORMAT FILE...: prints what a format finds in each file, one line a part, an operator
 * or an oddity, for the oracles: kind, name and value as JSON strings, separated by tabs.
 */
#include <stdio.h>

#include "base/file.h"
#include "codecs/seven_zip.h"
#include "syntax/json.h"
#include "types/format.h"

static const char *const kinds[] = {
	[PART_METADATA] = "metadata", [PART_TENSOR] = "tensor", [PART_TEMPLATE] = "template", [PART_EMBEDDED] = "embedded",
};

struct job {
	const struct format *format;
	struct source source;
	struct arena arena;
	struct text out;
};

static void add_line(struct text *t, const char *kind, struct bytes name, struct bytes value)
{
	text_add_string(t, kind);
	text_add_byte(t, '\t');
	text_add_json(t, name);
	text_add_byte(t, '\t');
	text_add_json(t, value);
	text_add_byte(t, '\n');
}

static void list(void *arg)
{
	struct job *job = arg;
	struct artifact art;

	artifact_init(&art, &job->arena, &job->source, job->format);
	if (job->format->probe(&job->source, &job->arena) > 0)
		job->format->parse(&job->source, &art);
	artifact_each(&art, p)
		add_line(&job->out, kinds[p->kind], p->name, p->kind == PART_METADATA ? p->value : BYTES(""));
	for (const struct event *e = art.events; e; e = e->next)
		if (e->kind == EVENT_OPERATOR)
			add_line(&job->out, "operator", value_bytes(e->subject), bytes_of(e->how));
	for (const struct oddity *o = art.oddities; o; o = o->next)
		add_line(&job->out, "oddity", bytes_of(o->id), bytes_of(o->what));
}

static bool list_file(const struct format *format, const char *path)
{
	struct job job = {.format = format};
	struct text content;

	text_init(&content, NULL);
	text_init(&job.out, NULL);
	arena_init(&job.arena, (size_t)1 << 30);
	bool good = file_read(path, (size_t)1 << 31, &content) == STATUS_OK;
	job.source = (struct source){.name = path, .content = text_bytes(&content)};
	good = good && arena_run(&job.arena, list, &job);
	add_line(&job.out, good ? "end" : "failed", bytes_of(path), BYTES(""));
	fwrite(job.out.at, 1, job.out.len, stdout);
	arena_finish(&job.arena);
	text_finish(&job.out);
	text_finish(&content);
	return good;
}

int main(int argc, char **argv)
{
	const struct format *format = argc > 2 ? format_named(argv[1]) : NULL;
	bool good = format != NULL;

	seven_zip_prepare();
	for (int i = 2; i < argc && format; i++)
		good &= list_file(format, argv[i]);
	return !good;
}
