#ifndef DIALECTS_ANTHROPIC_BLOCKS_H
#define DIALECTS_ANTHROPIC_BLOCKS_H

#include "dialects/reading.h"

/* Content blocks: what messages of the Anthropic API are made of, in requests and in answers. */

/* Where a block stands. */
struct place {
	struct exchange *x;
	enum channel channel;       /* of its text */
	unsigned trust;
	const uint64_t *number;     /* of a block that a stream brings in parts; else NULL */
	unsigned depth;
	bool aside;                 /* clients do not show its text as the answer */
	bool thought;               /* the block says its thinking in a text */
};

/* A string, a block, or a list of them. */
void blocks_read(const struct place *place, const struct json *content);

/* What a stream adds to block `place->number`. */
void blocks_read_delta(const struct place *place, const struct json *delta);

/* One of `tools`: the client's own goes by its name, one that runs at the server by its type. */
void blocks_read_tool(struct exchange *x, const struct json *tool);

#endif
