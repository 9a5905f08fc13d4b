/* Finds every central directory a reader might take, and reads its entries. */
#include <string.h>

#include "base/cursor.h"
#include "codecs/unpack.h"
#include "formats/zip/inside.h"

enum {
	END_SIZE = 22, END_COMMENT_MOST = 65535,
	END64_SIZE = 56, LOCATOR_SIZE = 20,
	CENTRAL_SIZE = 46,
	ENTRIES_MOST = 1 << 20,
};

static const struct bytes end_mark = BYTES("PK\5\6");
static const struct bytes end64_mark = BYTES("PK\6\6");
static const struct bytes locator_mark = BYTES("PK\6\7");
static const struct bytes central_mark = BYTES("PK\1\2");

struct end_record {
	uint64_t entries, size, offset;
	uint64_t comment;
	bool split;                 /* says that part of the archive is in another file */
};

static bool read_end(struct bytes in, uint64_t at, struct end_record *out)
{
	struct cursor c = cursor_over(bytes_slice(in, at, END_SIZE));

	if (!bytes_equal(cursor_take(&c, 4), end_mark))
		return false;
	uint16_t disk = cursor_u16le(&c), begun_on = cursor_u16le(&c), here = cursor_u16le(&c);
	out->entries = cursor_u16le(&c);
	out->split = (disk != 0 && disk != UINT16_MAX) || (begun_on != 0 && begun_on != UINT16_MAX) || here != out->entries;
	out->size = cursor_u32le(&c);
	out->offset = cursor_u32le(&c);
	out->comment = cursor_u16le(&c);
	return cursor_ok(&c);
}

/* The ZIP64 end record: where its locator says, or right before the locator. */
static bool read_end64(struct bytes in, uint64_t end_at, struct end_record *out, uint64_t *at)
{
	if (end_at < LOCATOR_SIZE)
		return false;
	struct cursor locator = cursor_over(bytes_slice(in, end_at - LOCATOR_SIZE, LOCATOR_SIZE));
	if (!bytes_equal(cursor_take(&locator, 4), locator_mark))
		return false;
	cursor_take(&locator, 4);
	uint64_t told = cursor_u64le(&locator);
	uint64_t before = end_at >= LOCATOR_SIZE + END64_SIZE ? end_at - LOCATOR_SIZE - END64_SIZE : 0;

	*at = bytes_start_with(bytes_from(in, told), end64_mark) ? told : before;
	struct cursor c = cursor_over(bytes_slice(in, *at, END64_SIZE));
	if (!bytes_equal(cursor_take(&c, 4), end64_mark))
		return false;
	cursor_take(&c, 8 + 2 + 2);
	uint32_t disk = cursor_u32le(&c), begun_on = cursor_u32le(&c);
	uint64_t here = cursor_u64le(&c);
	out->entries = cursor_u64le(&c);
	out->split = disk != 0 || begun_on != 0 || here != out->entries;
	out->size = cursor_u64le(&c);
	out->offset = cursor_u64le(&c);
	return cursor_ok(&c);
}

static void add_directory(struct zip_archive *z, struct bytes in, const struct zip_directory *d)
{
	bool empty = d->listed == 0 && d->len == 0;

	if (!empty && !bytes_start_with(bytes_from(in, d->at), central_mark))
		return;
	for (size_t i = 0; i < z->directory_count; i++)
		if (z->directories[i].at == d->at && z->directories[i].shift == d->shift)
			return;
	if (z->directory_count < COUNT_OF(z->directories))
		z->directories[z->directory_count++] = *d;
}

/* A directory as written, and moved by what stands before the archive: torch takes the first, Python the second. */
static void add_both(struct zip_archive *z, struct bytes in, const struct end_record *end, uint64_t end_at, uint64_t stop, bool zip64)
{
	struct zip_directory d = {.at = end->offset, .len = end->size, .end_at = end_at, .listed = end->entries, .zip64 = zip64};

	if (end->size <= stop && end->size <= in.len) {
		struct zip_directory moved = d;
		moved.at = stop - end->size;
		moved.shift = moved.at - end->offset;
		add_directory(z, in, &moved);
	}
	if (end->offset <= in.len && end->size <= in.len - end->offset)
		add_directory(z, in, &d);
}

/* ZIP64 values count where the classic ones say so, and for torch always. */
static void add_directories_of(struct zip_archive *z, struct bytes in, uint64_t end_at)
{
	struct end_record end, end64;
	uint64_t end64_at;

	if (!read_end(in, end_at, &end))
		return;
	if (read_end64(in, end_at, &end64, &end64_at))
		add_both(z, in, &end64, end_at, end64_at, true);
	if (end.offset != UINT32_MAX)
		add_both(z, in, &end, end_at, end_at, false);
}

/* The last end record before `stop`, within the window in which readers look for one; UINT64_MAX when there is none. */
static uint64_t find_end(struct bytes in, uint64_t stop)
{
	uint64_t from = in.len > END_SIZE + END_COMMENT_MOST ? in.len - END_SIZE - END_COMMENT_MOST : 0;

	if (stop <= from)
		return UINT64_MAX;
	struct bytes window = bytes_slice(in, from, stop - from);
	size_t at = bytes_find_last(window, end_mark);
	return at < window.len ? from + at : UINT64_MAX;
}

/* The end record readers take, and its directories; damaged ones behind it are passed over. UINT64_MAX when there is none. */
static uint64_t find_directories(struct bytes in, struct zip_archive *z)
{
	uint64_t at = in.len;

	for (unsigned tries = 0; tries < 64 && z->directory_count == 0; tries++) {
		at = find_end(in, at);
		if (at == UINT64_MAX)
			break;
		add_directories_of(z, in, at);
	}
	return z->directory_count > 0 ? at : UINT64_MAX;
}

static bool contains_folded(struct bytes in, struct bytes name)
{
	for (unsigned bit = 0; bit <= 0x20; bit += 0x20) {
		unsigned char first = (unsigned char)((name.at[0] & 0xDFu) | bit);
		for (size_t i = bytes_find_byte(in, first); i < in.len; i += 1 + bytes_find_byte(bytes_from(in, i + 1), first))
			if (bytes_equal_folded(bytes_slice(in, i, name.len), name))
				return true;
	}
	return false;
}

bool zip_mentions(struct bytes in, struct bytes name)
{
	struct zip_archive z = {0};
	uint64_t from = in.len;

	find_directories(in, &z);
	for (size_t i = 0; i < z.directory_count; i++)
		from = z.directories[i].at < from ? z.directories[i].at : from;
	return contains_folded(bytes_from(in, from), name);
}

bool zip_has_directory(struct bytes in, bool to_the_end)
{
	struct zip_archive z = {0};
	struct end_record end;
	uint64_t at = find_directories(in, &z);

	return at != UINT64_MAX && (!to_the_end || (read_end(in, at, &end) && end.comment == in.len - at - END_SIZE));
}

static bool ends_plainly(struct bytes in)
{
	return in.len >= END_SIZE && bytes_start_with(bytes_from(in, in.len - END_SIZE), end_mark);
}

bool zip_may_be_likely(const struct source *source)
{
	return source->reader != READER_RAW || ends_plainly(source->last);
}

bool zip_is_likely(const struct source *source, const struct format *format)
{
	if (source->reader == READER_RAW && !ends_plainly(source->content))
		return false;   /* nobody opens them as an archive */
	source_looked(source, 0, END_SIZE + END_COMMENT_MOST);
	return zip_has_directory(source->content, !format_expects(format, source_extension(source)));
}

/* ---- entries ---- */

struct zip_entry *zip_add_entry(struct arena *arena, struct zip_archive *z)
{
	if (z->entry_count == z->entry_room) {
		size_t room = z->entry_room ? z->entry_room * 2 : 64;
		struct zip_entry *entries = arena_alloc_raw(arena, room * sizeof *entries);
		if (z->entry_count)
			memcpy(entries, z->entries, z->entry_count * sizeof *entries);
		z->entries = entries;
		z->entry_room = room;
	}
	z->entries[z->entry_count] = (struct zip_entry){.listed_at = UINT64_MAX};
	return &z->entries[z->entry_count++];
}

void zip_read_wide(struct bytes extra, uint64_t *const *values, size_t count)
{
	struct cursor c = cursor_over(extra);

	while (cursor_left(&c) >= 4 && cursor_ok(&c)) {
		uint16_t id = cursor_u16le(&c);
		struct cursor field = cursor_over(cursor_take(&c, cursor_u16le(&c)));
		if (id != 1)
			continue;
		for (size_t i = 0; i < count; i++)
			if (*values[i] == UINT32_MAX)
				*values[i] = cursor_u64le(&field);
		return;
	}
}

static bool is_ascii(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (b.at[i] >= 0x80)
			return false;
	return true;
}

/* Extra field 0x7075 gives the name again, as UTF-8, for readers that know it: where the first was ASCII, nobody needs a second. */
static bool has_other_name(struct bytes extra, struct bytes name)
{
	enum { NAME_AGAIN = 0x7075 };
	struct cursor c = cursor_over(extra);

	while (cursor_left(&c) >= 4 && cursor_ok(&c)) {
		uint16_t id = cursor_u16le(&c);
		struct cursor field = cursor_over(cursor_take(&c, cursor_u16le(&c)));
		if (id != NAME_AGAIN || cursor_left(&field) < 5)
			continue;
		cursor_take(&field, 1);
		bool same = cursor_u32le(&field) == checksum_crc32(name);
		if (same && is_ascii(name) && !bytes_equal(cursor_take(&field, cursor_left(&field)), name))
			return true;
	}
	return false;
}

static void read_central(struct cursor *c, struct zip_entry *e)
{
	e->listed_at = c->pos;
	cursor_take(c, 4 + 2);
	e->needed = cursor_u16le(c);
	e->flags = cursor_u16le(c);
	e->method = cursor_u16le(c);
	cursor_take(c, 4);
	e->crc = cursor_u32le(c);
	e->packed = cursor_u32le(c);
	e->unpacked = cursor_u32le(c);
	uint16_t name = cursor_u16le(c), extra = cursor_u16le(c), comment = cursor_u16le(c);
	cursor_take(c, 2 + 2);
	e->attributes = cursor_u32le(c);
	e->header_at = cursor_u32le(c);
	e->name = cursor_take(c, name);
	struct bytes fields = cursor_take(c, extra);
	zip_read_wide(fields, (uint64_t *const[]){&e->unpacked, &e->packed, &e->header_at}, 3);
	e->renamed = has_other_name(fields, e->name);
	cursor_take(c, comment);
}

static void read_directory(struct artifact *art, struct bytes in, struct zip_archive *z, const struct zip_directory *d)
{
	struct cursor c = cursor_over(bytes_slice(in, 0, d->at + d->len));
	uint64_t count = 0;

	cursor_seek(&c, d->at);
	for (; cursor_left(&c) >= CENTRAL_SIZE && count < ENTRIES_MOST; count++) {
		struct zip_entry e = {0};
		if (!bytes_start_with(bytes_from(c.all, c.pos), central_mark))
			break;
		read_central(&c, &e);
		if (!cursor_ok(&c))
			break;
		e.header_at += d->shift;
		*zip_add_entry(art->arena, z) = e;
	}
	art->bytes_read += c.pos - d->at;
	if (!cursor_ok(&c))
		artifact_note(art, "file.malformed", c.why_at, "has a ZIP directory that %s", c.why);
	else if (cursor_left(&c) > 0 || count != d->listed)
		artifact_note(art, count == ENTRIES_MOST ? "file.unexamined" : "archive.header", d->at,
			      "has a ZIP directory of %llu entries where its end record promises %llu",
			      (unsigned long long)count, (unsigned long long)d->listed);
}

/*
 * Besides the last end record, others lead to directories too when the bytes
 * before the first header or after the archive hold one.
 */
static void add_other_directories(struct zip_archive *z, struct bytes in, uint64_t last_end)
{
	struct bytes before = bytes_slice(in, 0, last_end);
	uint64_t window = 0;

	for (unsigned tries = 0; tries < 64; tries++) {
		size_t at = bytes_find(bytes_from(before, window), end_mark);
		if (at + window >= before.len)
			return;
		add_directories_of(z, in, window + at);
		window += at + 1;
	}
}

/* An archive that begins where the file does leaves no room for another before it. */
static bool begins_with_file(const struct zip_archive *z)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < z->entry_count; i++)
		if (z->entries[i].header_at < first)
			first = z->entries[i].header_at;
	return z->directory_count == 1 && (z->entry_count == 0 || first == 0);
}

/* What does not fit stands as all ones in the record of old. */
static bool agrees(uint64_t classic, uint64_t value, uint64_t most)
{
	return classic == value || classic == most;
}

static void compare_ends(struct artifact *art, struct bytes in, uint64_t end_at)
{
	struct end_record end, end64;
	uint64_t at;

	if (!read_end(in, end_at, &end))
		return;
	bool wide = read_end64(in, end_at, &end64, &at);
	if (end.split || (wide && end64.split))
		artifact_note(art, "archive.header", end_at, "has an end record that says part of its ZIP archive is in another file");
	if (!wide)
		return;
	if (!agrees(end.entries, end64.entries, UINT16_MAX) || !agrees(end.size, end64.size, UINT32_MAX) ||
	    !agrees(end.offset, end64.offset, UINT32_MAX))
		artifact_note(art, "archive.header", at, "has a ZIP64 end record that says other things than its end record");
}

static void read_directories(struct artifact *art, struct bytes in, struct zip_archive *z, uint64_t last_end)
{
	for (size_t i = 0; i < z->directory_count; i++)
		read_directory(art, in, z, &z->directories[i]);
	size_t known = z->directory_count;
	if (!begins_with_file(z))
		add_other_directories(z, in, last_end);
	for (size_t i = known; i < z->directory_count; i++)
		read_directory(art, in, z, &z->directories[i]);
	if (z->directory_count > 1)
		artifact_note(art, "archive.two-directories", last_end,
			      "holds %zu ZIP directories; which one is taken depends on the reader", z->directory_count);
}

/* Readers of the archive pass over it; others may not. */
static void add_tail(struct artifact *art, struct bytes in, uint64_t from)
{
	struct part *p = artifact_add(art, PART_EMBEDDED, from, BYTES(""), bytes_from(in, from));

	p->guessed = true;
	artifact_note(art, "archive.tail", from, "goes on after the end of its ZIP archive");
}

void zip_read(struct artifact *art, struct bytes in, struct zip_archive *out)
{
	struct end_record end;

	*out = (struct zip_archive){0};
	uint64_t last_end = find_directories(in, out);
	art->bytes_read += END_SIZE;
	if (last_end == UINT64_MAX) {
		artifact_note(art, "file.malformed", 0, "begins like a ZIP archive but has no directory");
		last_end = in.len;
	} else {
		read_directories(art, in, out, last_end);
		compare_ends(art, in, last_end);
		if (read_end(in, last_end, &end) && end.comment != in.len - last_end - END_SIZE)
			add_tail(art, in, last_end + END_SIZE);
	}
	zip_check_entries(art, in, out, last_end);
}

struct zip_archive zip_list(const struct source *source, struct arena *arena)
{
	struct artifact *noted;
	struct zip_archive z;

	if (source->zip)
		return *source->zip;
	noted = arena_new(arena, struct artifact);
	artifact_init(noted, arena, source, NULL);
	zip_read(noted, source->content, &z);
	z.noted = noted;
	return z;
}
