#include "formats/keras/config.h"

#include "formats/keras/inside.h"

enum { STRINGS_MOST = 8 };

static bool is_space(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool keras_is_likely(struct bytes text)
{
	while (text.len > 0 && is_space(text.at[0]))
		text = bytes_from(text, 1);
	return text.len > 1 && (text.at[0] == '{' || text.at[0] == '[');
}

bool keras_names_class(struct arena *arena, struct bytes text)
{
	struct arena_mark mark = arena_mark(arena);
	struct json_reader r;
	enum json_token token;
	bool found = false;

	json_begin(&r, config_strict_json(arena, text));
	while (!found && (token = json_next(&r)) != JSON_ERROR && token != JSON_END)
		found = token == JSON_KEY && bytes_same(json_text(arena, r.text, NULL), "class_name");
	arena_rewind(arena, mark);
	return found;
}

uint64_t keras_offset(const struct keras_walk *w, const struct json *value)
{
	const struct keras_document *d = w->document;

	if (!d->stored)
		return d->offset;
	return d->offset + (w->strings > 0 ? w->inside_at : value->offset);
}

static void walk(struct keras_walk *w, const struct json *value);

static void walk_inside(struct keras_walk *w, const struct json *value)
{
	struct json_error error;
	uint64_t outer = w->inside_at;

	if (w->strings == 0)
		w->inside_at = value->offset;
	w->strings++;
	const struct json *inner = config_parse(w->art, value->text, keras_offset(w, value), false, &error);
	if (inner)
		walk(w, inner);
	w->strings--;
	w->inside_at = outer;
}

/* Text that is JSON itself may be handed to a loader by what reads the outer one. What it leaves no trace of is given back. */
static void walk_string(struct keras_walk *w, const struct json *value)
{
	struct artifact *art = w->art;
	struct arena_mark mark = arena_mark(art->arena);
	struct event **event = art->last_event;
	struct oddity **oddity = art->last_oddity;
	struct part **part = art->last_part;
	struct import **imports = w->program.imports;

	if (!keras_is_likely(value->text))
		return;
	if (w->strings == STRINGS_MOST) {
		artifact_note(w->art, "file.unexamined", keras_offset(w, value), "has text in text in text that is JSON, deeper than is looked at");
		return;
	}
	walk_inside(w, value);
	if (art->last_event == event && art->last_oddity == oddity && art->last_part == part && w->program.imports == imports)
		arena_rewind(art->arena, mark);
}

/* JSON is at most JSON_DEPTH_MOST deep, and strings in it STRINGS_MOST. */
static void walk(struct keras_walk *w, const struct json *value)
{
	if (value->kind == JSON_IS_STRING)
		walk_string(w, value);
	if (value->kind == JSON_IS_OBJECT)
		keras_look_at(w, value);
	json_each(value, it)
		walk(w, it);
}

void keras_judge(struct artifact *art, const struct keras_document *document)
{
	struct keras_walk w = {.art = art, .document = document};
	struct json_error error;
	const struct json *root = config_parse(art, document->text, document->offset, document->stored, &error);

	w.program = (struct config_program){.art = art, .loaders = LOADER_KERAS | LOADER_KERAS_UNSAFE, .how = "class_name"};
	if (root)
		walk(&w, root);
	else if (document->demanded)
		artifact_note(art, "file.malformed", document->offset + (document->stored ? error.offset : 0), "%s", error.why);
}
