#ifndef IDENTITY_REFRESH_H
#define IDENTITY_REFRESH_H

#include "identity/token.h"

/*
 * Keys of issuers that publish them at an address.  One process fetches them;
 * all processes see what it fetched, in memory they share, and take it up when
 * they have a moment.
 */
struct shared_keys *shared_keys_create(void);
void shared_keys_destroy(struct shared_keys *shared);

bool shared_keys_due(struct shared_keys *shared, int64_t now_ms);
/* A token named a key that is not there: look again soon, but not for every token. */
void shared_keys_want(struct shared_keys *shared);

/* Fetches and publishes; on any failure what was there stays, and the log says so. */
void issuer_refresh(struct issuer *issuer, int64_t now_ms);
/* Takes up what was published since the last time. */
void issuer_take_up(struct issuer *issuer);

#endif
