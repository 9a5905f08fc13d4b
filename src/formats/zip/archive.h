#ifndef FORMATS_ZIP_ARCHIVE_H
#define FORMATS_ZIP_ARCHIVE_H

#include "codecs/unpack.h"
#include "types/artifact.h"
#include "types/format.h"

/*
 * ZIP (PKWARE APPNOTE 6.3) as different readers see it.  The same bytes can
 * hold several directories; a reader takes one of them and one reading of
 * its offsets.  Here all of them are kept and compared.
 */

/* One entry of a central directory, or a local header that no directory lists. */
struct zip_entry {
	struct bytes name;
	uint64_t listed_at;         /* its central header; UINT64_MAX when no directory lists it */
	uint64_t header_at;         /* its local header in this file */
	uint64_t data_at;
	uint64_t packed, unpacked;
	uint32_t crc, attributes;
	uint16_t flags, method, needed;
	bool broken;                /* its local header or its data lie outside the file */
	bool renamed;               /* an extra field gives it another name */
};

struct zip_directory {
	uint64_t at, len;           /* the central headers */
	uint64_t end_at;            /* the end record that leads here */
	uint64_t shift;             /* added to every offset written in it */
	uint64_t listed;            /* entries the end record promises */
	bool zip64;                 /* found through the ZIP64 end record */
};

struct zip_archive {
	struct zip_directory directories[8];
	size_t directory_count;
	struct zip_entry *entries;
	size_t entry_count, entry_room;
	struct zip_entry **by_name; /* sorted; of one name the last listed comes last */
	size_t by_name_count;
	struct artifact *noted;     /* by zip_list(): what is odd about it, for format_zip to take over */
};

enum {
	ZIP_FLAG_ENCRYPTED = 1, ZIP_FLAG_SIZES_FOLLOW = 8, ZIP_FLAG_PATCH = 0x20, ZIP_FLAG_STRONG = 0x40, ZIP_FLAG_MASKED = 0x2000,
};

/*
 * Is there anything a ZIP reader would open?  `to_the_end`: only what reaches to
 * the end of the file, not an archive that lies in the middle of something else.
 */
bool zip_has_directory(struct bytes in, bool to_the_end);

/* The same for a probe: where `format` is not expected only what reaches to the end, and weights are not searched. */
bool zip_is_likely(const struct source *source, const struct format *format);

/* False when zip_is_likely() is, by the last bytes alone. */
bool zip_may_be_likely(const struct source *source);

/* Reads every directory and every entry, adding what is odd about them to `art`. */
void zip_read(struct artifact *art, struct bytes in, struct zip_archive *out);

/* The same for who only looks for members: format_zip tells what is odd. Made anew unless the source has it. */
struct zip_archive zip_list(const struct source *source, struct arena *arena);

/* May one of its directories hold this name, in capitals or not? Says so at little cost; the entries have to be read to be sure. */
bool zip_mentions(struct bytes in, struct bytes name);

/* Adds every member as an embedded part; those no directory lists too. */
void zip_add_members(struct artifact *art, struct bytes in, const struct zip_archive *archive);

/* The member that Python's zipfile opens under this name, or NULL. */
const struct zip_entry *zip_find(const struct zip_archive *archive, struct bytes name);

/* The stored bytes of an entry, as they lie in the file; empty when broken. */
struct bytes zip_packed_bytes(struct bytes in, const struct zip_entry *entry);
enum packing zip_packing(const struct zip_entry *entry);
struct unpacked zip_unpack(struct arena *arena, struct bytes in, const struct zip_entry *entry, size_t most);

#endif
