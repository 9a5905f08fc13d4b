#ifndef IDENTITY_ISSUERS_H
#define IDENTITY_ISSUERS_H

#include "identity/inside.h"
#include "identity/token.h"

enum { ISSUERS_MOST = 16 };

struct issuers {
	struct issuer list[ISSUERS_MOST];
	size_t count;
};

/* The field `tokens`: an issuer, or a list of them. issuers_finish() also after a failure. */
bool issuers_read(struct reader *r, const struct yaml *value, struct issuers *out);
void issuers_finish(struct issuers *issuers);

#endif
