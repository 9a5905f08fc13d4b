#ifndef LEDGER_RECORDS_H
#define LEDGER_RECORDS_H

#include "base/text.h"
#include "types/record.h"

/*
 * The records themselves: one file, a line each, in the order of their
 * numbers.  It is only ever added to.  How far it counts is not its own
 * affair: whoever asks says where what is committed ends.
 */

struct records {
	int fd;
	struct text added;          /* not written yet: lines with their ends */
	struct text read;           /* of the file, for whoever walks it */
};

/* `append`: made when it is not there, and locked by the caller whenever something is written. False with errno set. */
bool records_open(struct records *r, const char *directory, bool append);
void records_close(struct records *r);

/* Kept in memory until records_write() or records_drop(). */
void records_add(struct records *r, struct bytes record);
void records_drop(struct records *r);

/*
 * Writes what was added to where what is committed ends; on the disk when
 * true.  What lies beyond, of a write that nobody finished, is cut off.  False
 * with errno set: ENODATA where the file lacks some of what was committed.
 */
bool records_write(struct records *r, uint64_t end);

/* A walk over the lines from one byte on to another, counted from `number`; the callback's false ends it. */
typedef bool record_line(void *context, uint64_t number, struct bytes record);
bool records_each(struct records *r, uint64_t from, uint64_t end, uint64_t number, record_line *line, void *context);

/* Bytes of the file. */
uint64_t records_size(const struct records *r);

#endif
