#ifndef GATEWAY_JOURNAL_H
#define GATEWAY_JOURNAL_H

#include "base/bytes.h"

/*
 * What one worker has under way: a file, mapped by the worker and the
 * recorder.  A place is taken when an exchange begins and given back by the
 * recorder once its record is on the disk: whoever is killed in between, what
 * stands in it tells that there was an exchange.
 */

enum { EXCHANGE_ID = 16, SALT = 16, JOURNAL_PLACES = 16384, JOURNAL_BODY_MOST = 1984 };

struct place {
	_Atomic uint32_t used;      /* set last, so that what stands here is whole */
	uint32_t len;
	unsigned char id[EXCHANGE_ID], salt[SALT];
	unsigned char body[JOURNAL_BODY_MOST];
};

struct journal {
	struct place *places;       /* NULL: not mapped */
	unsigned next;
};

/* A new file whose room is set aside; -1 with errno set. */
int journal_create(const char *path);
bool journal_map(struct journal *j, int fd);
void journal_unmap(struct journal *j);

/* The number of a place that was taken; -1 when none is free, or the body is too long. */
int journal_take(struct journal *j, const unsigned char id[EXCHANGE_ID], const unsigned char salt[SALT], struct bytes body);
void journal_give_back(struct journal *j, unsigned place);

#endif
