#ifndef LEDGER_SALTS_H
#define LEDGER_SALTS_H

#include "base/text.h"

/*
 * DIR/salts: beside the records, so that they can be erased, the salts of the
 * exchanges' digests; EXCHANGE_ID bytes of an id and SALT of its salt for each.
 */
enum { EXCHANGE_ID = 16, SALT = 16 };

/* For the one process that adds to it. A line that was cut is taken away. -1 with errno set. */
int salts_open(const char *directory);

void salts_add(struct text *lines, const unsigned char id[EXCHANGE_ID], const unsigned char salt[SALT]);

/* They are on the disk when true, and what was written is taken out of `lines`. */
bool salts_write(int fd, struct text *lines);

/* For one process at a time that erases: waits for another that does. It is locked until it is closed. -1 with errno set. */
int salts_open_to_erase(const char *directory);

/* Overwrites the salt wherever `is_meant` says so of an id: on the disk when true, else errno is set. */
bool salts_erase(int fd, bool (*is_meant)(void *, const unsigned char id[EXCHANGE_ID]), void *context);

#endif
