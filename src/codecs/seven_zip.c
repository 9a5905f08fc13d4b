#include "codecs/seven_zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64 << 10, NAME_MOST = 1 << 16 };

/*
 * What comes out, twice through the same archive: the first time everything is
 * only counted, so that no memory is asked of the arena while the library holds its own.
 */
struct sink {
	struct archive_member *members;     /* NULL while counting */
	char *names;
	unsigned char *contents;
	size_t count, names_len, contents_len;
	size_t count_most, contents_most;
	enum unpack_end end;
	bool encrypted;
};

/*
 * Names are UTF-16 in the archive.  The library makes of them what the locale writes, and asks here what that is:
 * for UTF-8 it has a converter of its own, for anything else it would ask the system for one, which a worker may not.
 * A real locale of UTF-8 would have to be read at every start.  The program sets no locale, so nobody else asks.
 */
__attribute__((visibility("hidden"))) char *nl_langinfo(nl_item item)
{
	static char utf8[] = "UTF-8", nothing[] = "";

	return item == CODESET ? utf8 : nothing;
}

static enum archive_kind kind_of(struct archive_entry *entry)
{
	if (archive_entry_hardlink(entry) || archive_entry_symlink(entry) || archive_entry_filetype(entry) == AE_IFLNK)
		return ARCHIVE_LINK;
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG: return ARCHIVE_FILE;
	case AE_IFDIR: return ARCHIVE_FOLDER;
	default: return ARCHIVE_OTHER;
	}
}

static void take_content(struct archive *a, struct sink *s)
{
	unsigned char chunk[CHUNK];
	la_ssize_t n;

	while (s->end == UNPACK_WHOLE && (n = archive_read_data(a, chunk, sizeof chunk)) != 0) {
		size_t fits = n > 0 ? (size_t)n : 0;
		if (fits > s->contents_most - s->contents_len) {
			fits = s->contents_most - s->contents_len;
			s->end = UNPACK_LIMIT;
		}
		if (n < 0)
			s->end = n == ARCHIVE_RETRY || n == ARCHIVE_WARN ? UNPACK_CORRUPT : UNPACK_UNKNOWN;
		if (s->contents && fits)
			memcpy(s->contents + s->contents_len, chunk, fits);
		s->contents_len += fits;
	}
}

static void take_member(struct archive *a, struct archive_entry *entry, struct sink *s)
{
	const char *name = archive_entry_pathname_utf8(entry);
	size_t len = name ? strnlen(name, NAME_MOST) : 0, from = s->contents_len;

	if (s->members)
		s->members[s->count] = (struct archive_member){.kind = kind_of(entry), .name = {(unsigned char *)s->names + s->names_len, len}};
	if (s->names && len)
		memcpy(s->names + s->names_len, name, len);
	s->names_len += len;
	s->encrypted |= archive_entry_is_encrypted(entry) > 0;
	take_content(a, s);
	if (s->members)
		s->members[s->count].content = (struct bytes){s->contents + from, s->contents_len - from};
	s->count++;
}

static void run(struct bytes in, struct sink *s)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	int step = ARCHIVE_OK;

	if (!a)
		abort();
	archive_read_support_format_7zip(a);
	if (archive_read_open_memory(a, in.at, in.len) != ARCHIVE_OK)
		s->end = UNPACK_CORRUPT;
	while (s->end == UNPACK_WHOLE && (step = archive_read_next_header(a, &entry)) != ARCHIVE_EOF) {
		if (step < ARCHIVE_WARN)
			s->end = UNPACK_CORRUPT;
		else if (s->count == s->count_most)
			s->end = UNPACK_LIMIT;
		else
			take_member(a, entry, s);
	}
	s->encrypted |= archive_read_has_encrypted_entries(a) > 0;
	archive_read_free(a);
}

struct archive_content seven_zip_unpack(struct arena *arena, struct bytes in, size_t most, size_t members)
{
	struct sink counted = {.count_most = members, .contents_most = most};

	run(in, &counted);
	struct sink s = {.count_most = counted.count, .contents_most = counted.contents_len};
	s.members = arena_alloc(arena, counted.count + 1, sizeof *s.members);
	s.names = arena_alloc_raw(arena, counted.names_len + 1);
	s.contents = arena_alloc_raw(arena, counted.contents_len + 1);
	run(in, &s);
	return (struct archive_content){.members = s.members, .count = s.count, .unpacked = s.contents_len, .end = counted.end, .encrypted = counted.encrypted};
}
