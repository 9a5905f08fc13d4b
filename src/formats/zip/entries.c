/* Compares what the directory says of each entry with what its local header says, and accounts for every byte. */
#include <string.h>

#include "base/cursor.h"
#include "base/sort.h"
#include "formats/zip/inside.h"

enum {
	LOCAL_SIZE = 30, LOCAL_USUAL = 256,
	NEEDED_MOST = 63,           /* newer than any feature in use; Python's zipfile refuses more */
	MODE_TYPE = 0xF000, MODE_LINK = 0xA000,
	NAME_SHOWN = 80,
	DESCRIPTOR_MOST = 24,
};

static const struct bytes local_mark = BYTES("PK\3\4");
static const struct bytes descriptor_mark = BYTES("PK\7\10");

struct local {
	struct bytes name;
	uint64_t packed, unpacked, data_at;
	uint32_t crc;
	uint16_t flags, method;
};

static bool read_local(struct bytes in, uint64_t at, struct local *l)
{
	struct cursor c = cursor_over(in);

	cursor_seek(&c, at);
	if (!bytes_equal(cursor_take(&c, 4), local_mark))
		return false;
	cursor_take(&c, 2);
	l->flags = cursor_u16le(&c);
	l->method = cursor_u16le(&c);
	cursor_take(&c, 4);
	l->crc = cursor_u32le(&c);
	l->packed = cursor_u32le(&c);
	l->unpacked = cursor_u32le(&c);
	uint16_t name = cursor_u16le(&c), extra = cursor_u16le(&c);
	l->name = cursor_take(&c, name);
	zip_read_wide(cursor_take(&c, extra), (uint64_t *const[]){&l->unpacked, &l->packed}, 2);
	l->data_at = c.pos;
	return cursor_ok(&c);
}

static const char *shown(struct artifact *art, struct bytes name)
{
	struct text t;

	text_init(&t, art->arena);
	text_add_printable(&t, name, NAME_SHOWN);
	return text_string(&t);
}

/* ---- one entry ---- */

static void note_lie(struct artifact *art, const struct zip_entry *e, const char *what)
{
	artifact_note(art, "archive.header", e->header_at, "lists member \"%s\" with another %s than the member's own header has",
		      shown(art, e->name), what);
}

static void compare_headers(struct artifact *art, const struct zip_entry *e, const struct local *l)
{
	bool follows = l->flags & ZIP_FLAG_SIZES_FOLLOW;

	if (!bytes_equal(e->name, l->name))
		note_lie(art, e, "name");
	if (e->method != l->method)
		note_lie(art, e, "compression method");
	/* Where the directory alone says that sizes follow, writers went back and filled them in. */
	unsigned only_here = ZIP_FLAG_SIZES_FOLLOW & l->flags & ~(unsigned)e->flags;
	if (only_here || (e->flags ^ l->flags) & (ZIP_FLAG_ENCRYPTED | ZIP_FLAG_PATCH | ZIP_FLAG_STRONG | ZIP_FLAG_MASKED))
		note_lie(art, e, "set of flags");
	if ((e->packed != l->packed && !(follows && l->packed == 0)) || (e->unpacked != l->unpacked && !(follows && l->unpacked == 0)))
		note_lie(art, e, "size");
	if (e->crc != l->crc && !(follows && l->crc == 0))
		note_lie(art, e, "checksum");
}

static bool escapes_folder(struct bytes name)
{
	struct bytes rest = name;

	if (name.len > 0 && (name.at[0] == '/' || name.at[0] == '\\'))
		return true;
	if (name.len > 1 && name.at[1] == ':')
		return true;
	while (rest.len > 0) {
		size_t len = 0;
		while (len < rest.len && rest.at[len] != '/' && rest.at[len] != '\\')
			len++;
		if (bytes_same(bytes_slice(rest, 0, len), ".."))
			return true;
		rest = bytes_from(rest, len + 1);
	}
	return false;
}

static void check_listing(struct artifact *art, const struct zip_entry *e)
{
	if (e->needed > NEEDED_MOST)
		artifact_note(art, "archive.header", e->listed_at, "has member \"%s\" that asks for a ZIP version that does not exist", shown(art, e->name));
	if (e->renamed)
		artifact_note(art, "archive.header", e->listed_at, "has a member \"%s\" that goes by another name in a field of its own", shown(art, e->name));
	if (escapes_folder(e->name) || bytes_find_byte(e->name, 0) < e->name.len)
		artifact_note(art, "archive.path", e->listed_at, "has a member \"%s\" that would be unpacked outside its folder", shown(art, e->name));
	if ((e->attributes >> 16 & MODE_TYPE) == MODE_LINK)
		artifact_note(art, "archive.path", e->listed_at, "has a member \"%s\" that is a symbolic link", shown(art, e->name));
	if (e->flags & (ZIP_FLAG_ENCRYPTED | ZIP_FLAG_STRONG))
		artifact_note(art, "archive.encrypted", e->listed_at, "has an encrypted member \"%s\", which was not examined", shown(art, e->name));
}

/* A copy will do: only what is longer than any usual one is read where it stands. Its name lives as long as the copy. */
static bool glance_local(struct artifact *art, struct bytes in, uint64_t at, unsigned char copy[static LOCAL_USUAL], struct local *l)
{
	struct bytes header = source_copy(art->source, bytes_from(in, at), copy, LOCAL_USUAL);

	if (!read_local(header, 0, l))
		return read_local(in, at, l);
	l->data_at += at;
	return true;
}

static void check_entry(struct artifact *art, struct bytes in, struct zip_entry *e)
{
	unsigned char copy[LOCAL_USUAL];
	struct local l = {0};

	check_listing(art, e);
	e->broken = !glance_local(art, in, e->header_at, copy, &l);
	art->bytes_read += LOCAL_SIZE + e->name.len;
	if (e->broken) {
		artifact_note(art, "file.malformed", e->listed_at, "lists a member \"%s\" that is not where it should be", shown(art, e->name));
		return;
	}
	compare_headers(art, e, &l);
	e->data_at = l.data_at;
	if (e->packed > in.len - l.data_at) {
		artifact_note(art, "file.malformed", e->header_at, "ends in the middle of member \"%s\"", shown(art, e->name));
		e->broken = true;
	}
}

/* ---- all entries together ---- */

static int compare_names(const void *a, const void *b)
{
	const struct zip_entry *const *x = a, *const *y = b;
	struct bytes m = (*x)->name, n = (*y)->name;

	for (size_t i = 0; i < m.len && i < n.len; i++) {
		int c = m.at[i] | (m.at[i] >= 'A' && m.at[i] <= 'Z' ? 0x20 : 0);
		int d = n.at[i] | (n.at[i] >= 'A' && n.at[i] <= 'Z' ? 0x20 : 0);
		if (c != d)
			return c - d;
	}
	return m.len < n.len ? -1 : m.len > n.len;
}

static int compare_exactly(const void *a, const void *b)
{
	const struct zip_entry *const *x = a, *const *y = b;
	int order = bytes_compare((*x)->name, (*y)->name);

	return order ? order : (*x)->listed_at < (*y)->listed_at ? -1 : (*x)->listed_at > (*y)->listed_at;
}

static int compare_places(const void *a, const void *b)
{
	const struct zip_entry *const *x = a, *const *y = b;

	return (*x)->header_at < (*y)->header_at ? -1 : (*x)->header_at > (*y)->header_at;
}

static struct zip_entry **sorted(struct artifact *art, struct zip_archive *z, int (*compare)(const void *, const void *))
{
	struct zip_entry **list = arena_alloc_raw(art->arena, z->entry_count * sizeof *list);

	for (size_t i = 0; i < z->entry_count; i++)
		list[i] = &z->entries[i];
	sort(list, z->entry_count, sizeof *list, compare);
	return list;
}

static void find_duplicates(struct artifact *art, struct zip_archive *z)
{
	struct zip_entry **list = sorted(art, z, compare_names);

	for (size_t i = 1; i < z->entry_count; i++) {
		if (!bytes_equal_folded(list[i - 1]->name, list[i]->name))
			continue;
		/* Two directories may list one member; that is said elsewhere. */
		if (list[i - 1]->header_at == list[i]->header_at && z->directory_count > 1)
			continue;
		artifact_note(art, "archive.duplicate", list[i]->header_at, "has more than one member \"%s\"; which one is read depends on the reader",
			      shown(art, list[i]->name));
	}
}

/* Where the next byte that nothing speaks for would be. */
static uint64_t end_of(const struct source *source, struct bytes in, const struct zip_entry *e)
{
	unsigned char copy[DESCRIPTOR_MOST];
	uint64_t end = e->data_at + e->packed;

	if (!(e->flags & ZIP_FLAG_SIZES_FOLLOW))
		return end;
	struct bytes behind = source_copy(source, bytes_from(in, end), copy, sizeof copy);
	if (!bytes_start_with(behind, descriptor_mark))
		return end + 12;        /* the descriptor's mark is optional */
	bool wide = behind.len >= 16 && e->packed > UINT32_MAX;
	return end + (wide ? 24 : 16);
}

/* A local header in a gap: readers that stream see a member there. */
static bool add_hidden(struct artifact *art, struct bytes in, struct zip_archive *z, uint64_t *at)
{
	struct local l = {0};

	if (!read_local(in, *at, &l))
		return false;
	struct zip_entry *e = zip_add_entry(art->arena, z);
	*e = (struct zip_entry){.name = l.name, .listed_at = UINT64_MAX, .header_at = *at, .data_at = l.data_at, .packed = l.packed,
				.unpacked = l.unpacked, .crc = l.crc, .flags = l.flags, .method = l.method};
	artifact_note(art, "archive.hidden", *at, "holds a member \"%s\" that its directory does not list", shown(art, l.name));
	if (l.packed > in.len - l.data_at || (l.flags & ZIP_FLAG_SIZES_FOLLOW && l.packed == 0))
		e->packed = in.len - l.data_at;
	art->bytes_read += LOCAL_SIZE + l.name.len;
	*at = end_of(art->source, in, e);
	return true;
}

static void examine_gap(struct artifact *art, struct bytes in, struct zip_archive *z, uint64_t from, uint64_t to)
{
	enum { HIDDEN_MOST = 4096, SHORTEST = 16 };

	for (unsigned i = 0; i < HIDDEN_MOST && from < to && add_hidden(art, in, z, &from); i++)
		;
	if (from >= to || to - from < SHORTEST)
		return;
	struct bytes gap = bytes_slice(in, from, to - from);
	struct part *p = artifact_add(art, PART_EMBEDDED, from, BYTES(""), gap);
	p->guessed = true;
	artifact_note(art, from == 0 ? "archive.prefix" : "archive.gap", from, "has %llu bytes %s that belong to no member",
		      (unsigned long long)gap.len, from == 0 ? "before its ZIP archive" : "between the members of its ZIP archive");
}

static bool is_directory_start(const struct zip_archive *z, uint64_t at)
{
	for (size_t i = 0; i < z->directory_count; i++)
		if (z->directories[i].at <= at && at < z->directories[i].end_at)
			return true;
	return false;
}

static void account(struct artifact *art, struct bytes in, struct zip_archive *z, uint64_t stop)
{
	size_t listed = z->entry_count;
	struct zip_entry **list = sorted(art, z, compare_places);
	uint64_t at = 0;
	bool overlap = false;

	for (size_t i = 0; i < listed; i++) {
		struct zip_entry *e = list[i];
		if (e->broken || (i > 0 && e->header_at == list[i - 1]->header_at))
			continue;
		if (e->header_at > at && !is_directory_start(z, at))
			examine_gap(art, in, z, at, e->header_at);
		overlap |= e->header_at < at;
		uint64_t end = end_of(art->source, in, e);
		at = end > at ? end : at;
	}
	if (overlap)
		artifact_note(art, "archive.overlap", 0, "has members that share bytes, as archives made to exhaust their readers do");
	if (at < stop)
		examine_gap(art, in, z, at, stop);
}

/* Where the members end: the first directory, or the end record when there is none. */
static uint64_t members_end(const struct zip_archive *z, uint64_t last_end)
{
	uint64_t end = last_end;

	for (size_t i = 0; i < z->directory_count; i++)
		if (z->directories[i].at < end)
			end = z->directories[i].at;
	return end;
}

void zip_check_entries(struct artifact *art, struct bytes in, struct zip_archive *z, uint64_t last_end)
{
	for (size_t i = 0; i < z->entry_count; i++)
		check_entry(art, in, &z->entries[i]);
	find_duplicates(art, z);
	account(art, in, z, members_end(z, last_end));
	z->by_name = sorted(art, z, compare_exactly);
	z->by_name_count = z->entry_count;
}

/* ---- members ---- */

struct bytes zip_packed_bytes(struct bytes in, const struct zip_entry *e)
{
	return e->broken ? BYTES("") : bytes_slice(in, e->data_at, e->packed);
}

enum packing zip_packing(const struct zip_entry *e)
{
	switch (e->method) {
	case 0: return PACKING_NONE;
	case 8: return PACKING_DEFLATE;
	case 12: return PACKING_BZIP2;
	case 14: return PACKING_LZMA;
	case 93: return PACKING_ZSTD;
	case 95: return PACKING_XZ;
	default: return PACKING_UNKNOWN;
	}
}

struct unpacked zip_unpack(struct arena *arena, struct bytes in, const struct zip_entry *e, size_t most)
{
	return unpack(arena, zip_packing(e), zip_packed_bytes(in, e), e->unpacked, most);
}

const struct zip_entry *zip_find(const struct zip_archive *z, struct bytes name)
{
	size_t from = 0, to = z->by_name_count;

	while (from < to) {     /* ends behind the last entry of that name */
		size_t middle = from + (to - from) / 2;
		if (bytes_compare(z->by_name[middle]->name, name) <= 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from > 0 && bytes_equal(z->by_name[from - 1]->name, name) ? z->by_name[from - 1] : NULL;
}

static bool is_folder(const struct zip_entry *e)
{
	return e->unpacked == 0 && e->name.len > 0 && e->name.at[e->name.len - 1] == '/';
}

/* What stands behind the first folder. */
static struct bytes below_root(struct bytes name)
{
	return bytes_from(name, bytes_find_byte(name, '/') + 1);
}

/* torch.load gives an archive with constants to torch.jit.load. */
static bool is_torchscript(const struct zip_archive *z)
{
	for (size_t i = 0; i < z->entry_count; i++)
		if (bytes_equal_folded(below_root(z->entries[i].name), BYTES("constants.pkl")))
			return true;
	return false;
}

/* torch.load reads one member as a program and the rest as numbers. */
static enum reader reader_of(struct bytes name, bool torchscript)
{
	struct bytes inside = below_root(name);

	bool code = bytes_equal_folded(bytes_slice(inside, 0, 5), BYTES("code/")) && inside.len > 8 &&
		    bytes_equal_folded(bytes_from(inside, inside.len - 3), BYTES(".py"));

	if (torchscript && code)
		return READER_TORCHSCRIPT;
	if (bytes_equal_folded(inside, BYTES("data.pkl")) || bytes_equal_folded(inside, BYTES("constants.pkl")))
		return READER_TORCH;
	return bytes_start_with(inside, BYTES("data/")) ? READER_RAW : READER_ANY;
}

/* Two directories may list the same member. */
static bool is_listed_before(const struct zip_archive *z, size_t index)
{
	enum { COMPARED_MOST = 4096 };

	if (z->directory_count < 2 || index > COMPARED_MOST)
		return false;
	const struct zip_entry *e = &z->entries[index];
	for (size_t i = 0; i < index; i++)
		if (z->entries[i].data_at == e->data_at && z->entries[i].packed == e->packed && z->entries[i].method == e->method)
			return true;
	return false;
}

void zip_add_members(struct artifact *art, struct bytes in, const struct zip_archive *z)
{
	bool torchscript = is_torchscript(z);

	for (size_t i = 0; i < z->entry_count; i++) {
		const struct zip_entry *e = &z->entries[i];
		/* Bit 0 alone may be a lie that some readers do not ask about: look anyway. */
		if (e->broken || is_folder(e) || is_listed_before(z, i))
			continue;
		struct part *p = artifact_add(art, PART_EMBEDDED, e->data_at, e->name, zip_packed_bytes(in, e));
		p->packing = zip_packing(e);
		p->unpacked = e->unpacked;
		p->crc = e->crc;
		bool encrypted = e->flags & (ZIP_FLAG_ENCRYPTED | ZIP_FLAG_STRONG);
		p->has_crc = e->listed_at != UINT64_MAX && !encrypted;
		p->guessed = encrypted;
		p->reader = reader_of(e->name, torchscript);
	}
}
