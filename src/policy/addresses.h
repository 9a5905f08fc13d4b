#ifndef POLICY_ADDRESSES_H
#define POLICY_ADDRESSES_H

#include "base/bytes.h"

/*
 * Addresses in a text that arrives in parts, found as generously as a browser
 * or a renderer of Markdown would take them; and their hosts, read as strictly
 * as an allow-list needs it: what is not plainly a host is called "?".
 */
enum { ADDRESS_LONGEST = 256 };

struct address {
	char host[ADDRESS_LONGEST];     /* lower case, no port, no dot at the end; "?" when nobody can tell */
	size_t len;
};

struct bytes address_host(const struct address *a);

/* A text that is one address, with scheme http, https, ws, wss or ftp. */
bool address_read(struct bytes text, struct address *out);

enum address_stage { ADDRESS_NONE, ADDRESS_TARGET, ADDRESS_SCHEME, ADDRESS_SLASHES, ADDRESS_AUTHORITY, ADDRESS_REST };

struct addresses {
	enum address_stage stage;
	uint64_t now, from;         /* from: where the one that is open begins */
	size_t len;                 /* of `text`; more than there is room for: too long */
	unsigned slashes;
	bool plain;                 /* the scheme may stand without slashes */
	bool target;                /* it stands where Markdown has the target of a link */
	bool doubtful;              /* some readers would read the one before on, and find its host behind an "@" */
	unsigned char before;
	unsigned char text[ADDRESS_LONGEST];    /* of scheme or authority */
};

/* The host of one address is known; called again with a NULL host for the rest of it, as it comes. */
typedef void addresses_found(void *owner, const struct address *host, uint64_t from, uint64_t to);

void addresses_begin(struct addresses *s);
void addresses_add(struct addresses *s, struct bytes part, addresses_found *found, void *owner);
void addresses_end(struct addresses *s, addresses_found *found, void *owner);
/* Where an address begins whose host is not known yet; else the end. */
uint64_t addresses_open(const struct addresses *s);

#endif
