/* Plain text: no loader that Merlon knows of runs it as a model. */
#include "types/format.h"

enum { WINDOW = 64 << 10 };

static bool is_text_byte(unsigned char c)
{
	return c >= 0x20 ? c != 0x7F : c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0x1B;
}

static bool is_text(struct bytes in)
{
	struct bytes window = bytes_slice(in, 0, WINDOW);

	for (size_t i = 0; i < window.len; i++)
		if (!is_text_byte(window.at[i]))
			return false;
	/* The window may end inside a character. */
	for (size_t cut = 0; cut < 4 && cut <= window.len; cut++)
		if (bytes_are_utf8(bytes_slice(window, 0, window.len - cut)))
			return cut == 0 || in.len > WINDOW;
	return false;
}

static bool may_claim(const struct source *source)
{
	for (size_t i = 0; i < source->first.len; i++)
		if (!is_text_byte(source->first.at[i]))
			return false;
	return true;
}

static int probe(const struct source *source, struct arena *arena)
{
	(void)arena;
	if (!is_text(source->content))
		return 0;
	source_looked(source, WINDOW, 0);
	return 10;
}

static bool is_code(const struct source *source)
{
	static const char *const extensions[] = {"py", "pyw", "ipynb", "sh", "bash", "js", "mjs", "ts", "rb", "pl", "lua", "r", "jl", "ps1", "bat"};
	struct bytes extension = source_extension(source);

	for (size_t i = 0; i < COUNT_OF(extensions); i++)
		if (bytes_equal_folded(extension, bytes_of(extensions[i])))
			return true;
	return bytes_start_with(source->content, BYTES("#!"));
}

static void parse(const struct source *source, struct artifact *art)
{
	art->bytes_read += source->content.len < WINDOW ? source->content.len : WINDOW;
	if (is_code(source))
		artifact_note(art, "file.code", 0, "is source code, which is not judged here");
}

const struct format format_text = {
	.name = "text",
	.title = "plain text",
	.spec = "UTF-8",
	.extensions = "txt md rst json toml csv tsv py sh cfg ini lock html xml css js",
	.may_claim = may_claim,
	.probe = probe,
	.parse = parse,
};
