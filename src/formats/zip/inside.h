#ifndef FORMATS_ZIP_INSIDE_H
#define FORMATS_ZIP_INSIDE_H

#include "formats/zip/archive.h"

/* For the files of this folder alone. */

struct zip_entry *zip_add_entry(struct arena *arena, struct zip_archive *z);

/* Extra field 1 holds, in the order of `values`, those that did not fit 32 bits. */
void zip_read_wide(struct bytes extra, uint64_t *const *values, size_t count);

/* Compares every entry with its local header and with the others, and finds what no directory lists. */
void zip_check_entries(struct artifact *art, struct bytes in, struct zip_archive *z, uint64_t last_end);

#endif
