#ifndef IDENTITY_FETCH_H
#define IDENTITY_FETCH_H

#include "base/text.h"

struct fetch {
	const char *url;            /* https:// alone */
	const char *authority;      /* file of the certificates to trust instead of the system's; or NULL */
	size_t most;                /* bytes of the answer */
	long timeout_ms;            /* for all of it */
};

/*
 * What stands at an address; redirects are not followed, and only status 200 counts.  False: `why` completes
 * "URL ...".  libcurl is loaded at the first call: linked, it would make every start of the program 5 ms longer.
 */
bool fetch_run(const struct fetch *fetch, struct text *out, char why[160]);

#endif
