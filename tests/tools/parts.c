/*
 * parts FORMAT FILE...: prints what a format finds in each file, one line a part, an event
 * or an oddity, for the oracles: kind, name and value as JSON strings, separated by tabs.
 * An import is named as it is written, and its value is what loaders make of it.
 */
#include <stdio.h>

#include "base/file.h"
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

static const char *const event_kinds[] = {
	[EVENT_IMPORT] = "import", [EVENT_CALL] = "call", [EVENT_STATE] = "state", [EVENT_ITEMS] = "items",
	[EVENT_PERSISTENT] = "persistent", [EVENT_EXTENSION] = "extension", [EVENT_OPERATOR] = "operator",
};

/* "module name", as the file writes it or as it is resolved. */
static void add_name(struct text *t, const struct import *import, bool written)
{
	text_add(t, written ? import->written_module : import->module);
	text_add_byte(t, ' ');
	text_add(t, written ? import->written_name : import->name);
}

/* What an event is about: an operator's name, what was imported, or what was imported or asked for to make it. */
static void add_event(struct job *job, const struct event *e)
{
	struct text name, value;
	struct value subject = e->subject;
	const struct import *origin = value_origin(subject);

	text_init(&name, &job->arena);
	text_init(&value, &job->arena);
	for (unsigned steps = 0; subject.kind == VALUE_CALL && steps < 64; steps++)
		subject = value_item(subject, 0);
	if (e->kind == EVENT_OPERATOR)
		text_add(&name, value_bytes(subject));
	else if (e->kind == EVENT_PERSISTENT)
		text_add_value(&value, subject, 200);
	else if (origin)
		add_name(&name, origin, true);
	else if (subject.kind == VALUE_EXTENSION)
		text_addf(&name, "extension %lld", (long long)subject.integer);
	else
		text_add_string(&name, subject.kind == VALUE_PERSISTENT ? "persistent" : "unknown");
	if (e->kind == EVENT_OPERATOR)
		text_add_string(&value, e->how);
	else if (e->kind == EVENT_IMPORT)
		add_name(&value, origin, false);
	add_line(&job->out, event_kinds[e->kind], text_bytes(&name), text_bytes(&value));
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
		add_event(job, e);
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

	for (int i = 2; i < argc && format; i++)
		good &= list_file(format, argv[i]);
	return !good;
}
