/*
 * A chat template as a file of its own: chat_template.jinja, and those in
 * additional_chat_templates/ (transformers, PreTrainedTokenizerBase.save_pretrained).
 */
#include "templates/template.h"
#include "types/format.h"

extern const struct format format_jinja_template;

static bool is_text(struct bytes in)
{
	return bytes_find_byte(bytes_slice(in, 0, 4096), 0) >= (in.len < 4096 ? in.len : 4096);
}

static bool may_claim(const struct source *source)
{
	return format_expects(&format_jinja_template, source_extension(source));
}

/* The name says it: Python, HTML and much else holds tags of templates and is none. */
static int probe(const struct source *source, struct arena *arena)
{
	(void)arena;
	return format_expects(&format_jinja_template, source_extension(source)) && is_text(source->content) ? 60 : 0;
}

static void parse(const struct source *source, struct artifact *art)
{
	art->bytes_read += source->content.len;
	template_add(art, 0, BYTES(""), source->content);
}

const struct format format_jinja_template = {
	.name = "jinja-template",
	.title = "chat template",
	.spec = "jinja2 3.1; transformers src/transformers/utils/chat_template_utils.py",
	.extensions = "jinja jinja2 j2",
	.may_claim = may_claim,
	.probe = probe,
	.parse = parse,
};
