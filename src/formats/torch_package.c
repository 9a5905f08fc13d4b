/*
 * Archives of torch.package (torch/package/package_importer.py): pickles beside the Python source of the
 * modules they need, which the importer runs.
 *
 *   ROOT/.data/extern_modules   names taken from the machine, one a line
 *   ROOT/NAME.py                modules the archive brings
 */
#include "formats/zip/archive.h"
#include "types/format.h"

static bool is_below(struct bytes name, struct bytes wanted)
{
	return bytes_equal_folded(bytes_from(name, bytes_find_byte(name, '/') + 1), wanted);
}

static const struct bytes extern_modules = BYTES(".data/extern_modules");

static bool is_package(const struct zip_archive *z)
{
	for (size_t i = 0; i < z->entry_count; i++)
		if (is_below(z->entries[i].name, extern_modules))
			return true;
	return false;
}

static bool is_source(struct bytes name)
{
	return name.len > 3 && bytes_equal_folded(bytes_from(name, name.len - 3), BYTES(".py"));
}

static int probe(const struct source *source, struct arena *arena)
{
	if (!bytes_start_with(source->content, BYTES("PK\3\4")) || !zip_mentions(source->content, extern_modules))
		return 0;
	struct zip_archive z = zip_list(source, arena);
	return is_package(&z) ? 96 : 0;
}

static void parse(const struct source *source, struct artifact *art)
{
	enum { NAME_SHOWN = 80 };
	struct zip_archive z = zip_list(source, art->arena);
	struct text name;

	for (size_t i = 0; i < z.entry_count; i++) {
		if (!is_source(z.entries[i].name))
			continue;
		text_init(&name, art->arena);
		text_add_printable(&name, z.entries[i].name, NAME_SHOWN);
		artifact_note(art, "program.source", z.entries[i].header_at, "carries Python source, \"%s\", which its loader runs", text_string(&name));
	}
}

const struct format format_torch_package = {
	.name = "torch-package",
	.title = "PyTorch package",
	.spec = "pytorch torch/package/package_exporter.py, package_importer.py",
	.extensions = "pt",
	.may_claim = source_begins_as_zip,
	.probe = probe,
	.parse = parse,
};
