/*
 * 7z archives (7-Zip, DOC/7zFormat.txt):
 *
 *   magic | version | u32 CRC of | u64 offset, u64 size, u32 CRC of the header at the end | packed data | header
 *
 * The first 32 bytes and what lies behind the end are read here, the rest by libarchive.
 */
#include "base/cursor.h"
#include "base/path.h"
#include "codecs/seven_zip.h"
#include "formats/graph/operators.h"
#include "types/format.h"

enum { START = 32, CRC_FROM = 12, CRC_LEN = 20, MEMBERS_MOST = 1 << 20, SHOWN = 80 };

static const struct bytes magic = BYTES("7z\xbc\xaf\x27\x1c");

static bool may_claim(const struct source *source)
{
	return bytes_start_with(source->first, magic);
}

static int probe(const struct source *source, struct arena *arena)
{
	(void)arena;
	return bytes_start_with(source->content, magic) ? 95 : 0;
}

static const char *shown(struct artifact *art, struct bytes name)
{
	struct text t;

	text_init(&t, art->arena);
	text_add_printable(&t, name, SHOWN);
	return text_string(&t);
}

/* Where the archive ends by its own account; 0 when that is not so. */
static uint64_t read_start(struct artifact *art, struct bytes in)
{
	struct cursor c = cursor_over(in);

	cursor_take(&c, 8);
	uint32_t start_crc = cursor_u32le(&c);
	uint64_t at = cursor_u64le(&c), len = cursor_u64le(&c), end;
	uint32_t crc = cursor_u32le(&c);
	if (!cursor_ok(&c) || checksum_crc32(bytes_slice(in, CRC_FROM, CRC_LEN)) != start_crc)
		artifact_note(art, "file.malformed", 0, "has a first header whose checksum is wrong");
	else if (__builtin_add_overflow(at, len, &end) || end > in.len - START)
		artifact_note(art, "file.malformed", CRC_FROM, "ends before its last header does");
	else if (checksum_crc32(bytes_slice(in, START + at, len)) != crc)
		artifact_note(art, "file.malformed", START + at, "has a last header whose checksum is wrong");
	else
		return START + end;
	return 0;
}

static void add_member(struct artifact *art, struct name_set *names, const struct archive_member *m)
{
	bool added;

	names_add(names, m->name, 0, &added);
	if (!added)
		artifact_note(art, "archive.duplicate", 0, "has more than one member \"%s\"; which one is read depends on the reader", shown(art, m->name));
	if (path_leads_out(m->name) || bytes_find_byte(m->name, 0) < m->name.len)
		artifact_note(art, "archive.path", 0, "has a member \"%s\" that would be unpacked outside its folder", shown(art, m->name));
	if (m->kind == ARCHIVE_LINK)
		artifact_note(art, "archive.path", 0, "has a member \"%s\" that is a link", shown(art, m->name));
	else if (m->kind == ARCHIVE_OTHER)
		artifact_note(art, "archive.path", 0, "has a member \"%s\" that is a device or a pipe", shown(art, m->name));
	if (m->content.len > 0 || m->kind == ARCHIVE_FILE)
		artifact_add(art, PART_EMBEDDED, START, m->name, m->content);
}

static void note_end(struct artifact *art, const struct archive_content *found)
{
	if (found->encrypted)
		artifact_note(art, "archive.encrypted", START, "is encrypted, and was not examined");
	else if (found->end == UNPACK_LIMIT)
		artifact_note(art, "file.unexamined", START, "unpacks to more than the budget");
	else if (found->end == UNPACK_UNKNOWN)
		artifact_note(art, "file.unexamined", START, "is packed in a way that is not known here, or damaged");
	else if (found->end == UNPACK_CORRUPT)
		artifact_note(art, "file.malformed", START, "is damaged; what stands behind the damage was not examined");
}

static void parse(const struct source *source, struct artifact *art)
{
	struct bytes in = source->content;
	struct name_set names;
	uint64_t end = read_start(art, in);

	art->bytes_read += in.len;
	if (end == 0)
		return;
	struct archive_content found = seven_zip_unpack(art->arena, in, art->unpack_most, MEMBERS_MOST);
	art->unpacked += found.unpacked;
	names_init(&names, art->arena);
	for (size_t i = 0; i < found.count; i++)
		add_member(art, &names, &found.members[i]);
	note_end(art, &found);
	if (end == in.len)
		return;
	artifact_note(art, "archive.tail", end, "goes on after the end of its 7z archive");
	artifact_add(art, PART_EMBEDDED, end, BYTES(""), bytes_from(in, end))->guessed = true;
}

const struct format format_seven_zip = {
	.name = "7z",
	.title = "7z archive",
	.spec = "7-Zip DOC/7zFormat.txt; libarchive",
	.extensions = "7z",
	.may_claim = may_claim,
	.probe = probe,
	.parse = parse,
};
