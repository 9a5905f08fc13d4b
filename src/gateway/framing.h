#ifndef GATEWAY_FRAMING_H
#define GATEWAY_FRAMING_H

#include "types/dialect.h"

/* Cuts a stream into its events, each given out when it is whole: what is held back is at most one event. */
struct framing {
	enum framing_kind kind;
	struct text held;
	uint64_t most;              /* bytes of one event */
	size_t taken;               /* of `held` */
	size_t looked;              /* of what is left: in so much, no event ends */
	bool begun, over;           /* an event was given out; nothing more comes */
};

struct framed {
	struct bytes raw;           /* the event as it came, its end included; what comments said is blanks */
	struct bytes name;          /* of a server-sent event, or empty */
	struct bytes data;          /* its lines joined; empty for a comment */
	struct bytes id, retry;     /* as written, or empty: they stand beside data, or alone */
	const char *why;            /* readers may take it for something else: a clause; or NULL */
};

/* `most`: bytes that one event may have. */
void framing_init(struct framing *, enum framing_kind kind, uint64_t most);
void framing_finish(struct framing *);

/* False when one event is longer than any that is held. */
bool framing_feed(struct framing *, struct bytes);

/* Nothing more comes: what ends the last line need not be told from the beginning of another end. */
void framing_end(struct framing *);

/* After that: what comes is of another stream, which goes on where this one ended. What was no whole event is dropped. */
void framing_again(struct framing *);

/* The next whole event, valid until more is fed; its data may lie in the arena. */
bool framing_next(struct framing *, struct arena *, struct framed *out);

/* What came after the last whole event: a client never sees it as one. */
struct bytes framing_left(const struct framing *);

#endif
