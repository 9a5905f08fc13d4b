#ifndef GATEWAY_REPLY_H
#define GATEWAY_REPLY_H

#include "gateway/http.h"

/* The way an answer goes back to its client, whatever version of HTTP it came by. */
struct reply {
	struct bytes certificate;   /* that the client showed over TLS and that was found good, as DER; or empty */
	bool close;                 /* set before the head: the client may send nothing more this way */

	/* `length` is HTTP_UNKNOWN when it is a stream. What stands in one connection alone is added here. */
	void (*head)(struct reply *, unsigned status, const struct http_field *fields, size_t count, uint64_t length);
	void (*body)(struct reply *, struct bytes);
	/* The answer is complete; ends the turn, which is freed. */
	void (*end)(struct reply *);
	/* Does the client read slower than the answer comes? reply->turn is told by turn_pause() when it has caught up. */
	bool (*is_slow)(const struct reply *);
};

#endif
