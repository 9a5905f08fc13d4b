#ifndef GATEWAY_JOURNAL_H
#define GATEWAY_JOURNAL_H

#include "ledger/salts.h"

/*
 * What one worker has under way and has done: a file, mapped by the worker and
 * the recorder.  A place is taken when an exchange begins; at its end the
 * record goes into another place, and the first is given back.  The recorder
 * finds that record by its number in a ring, and gives the place back once the
 * record is on the disk: whoever is killed in between, what stands in a place
 * tells that there was an exchange, and how it ended where that is known.
 */

enum { JOURNAL_PLACES = 16384, JOURNAL_BODY_MOST = 2004 };

enum place_state { PLACE_FREE, PLACE_UNDER_WAY, PLACE_FINISHED };

struct place {
	_Atomic uint32_t state;     /* set last, so that what stands here is whole */
	int32_t before;             /* of a finished one: where it was under way; -1: nowhere */
	uint32_t len;
	unsigned char id[EXCHANGE_ID], salt[SALT];
	unsigned char body[JOURNAL_BODY_MOST];
};

struct journal_file {
	_Atomic uint32_t finished_count;                /* so many ever, modulo 2^32 */
	uint32_t finished[JOURNAL_PLACES];              /* the places of the last ones, a ring */
	struct place places[JOURNAL_PLACES];
};

struct journal {
	struct journal_file *file;  /* NULL: not mapped */
	unsigned next, window;      /* the worker's: where to look for a free place, and among how many: those in use stay in its cache */
	uint32_t collected;         /* the recorder's: so many finished ones it has had */
};

/* A new file whose room is set aside; -1 with errno set. */
int journal_create(const char *path);
bool journal_map(struct journal *j, int fd);
void journal_unmap(struct journal *j);

/* ---- a worker's ---- */

/* The number of a place that was taken; -1 when none is free, or the body is too long. */
int journal_begin(struct journal *j, const unsigned char id[EXCHANGE_ID], const unsigned char salt[SALT], struct bytes body);
/* The exchange that was under way in `place` (-1: in none) is over. False when none is free, or the body is too long. */
bool journal_finish(struct journal *j, int place, const unsigned char id[EXCHANGE_ID], const unsigned char salt[SALT], struct bytes body);

/* ---- the recorder's: what stands in the file may be anything ---- */

/* The number of the next place that was finished; -1 when there is none yet. */
int journal_collect(struct journal *j);
/* A copy of what stands there; false when it is not in that state, or not whole. */
bool journal_read(const struct journal *j, unsigned place, enum place_state state, struct place *out);
/* Its salt goes: it may be erased where it lies beside the ledger, and is to lie nowhere else then. */
void journal_give_back(struct journal *j, unsigned place);

#endif
