#ifndef TYPES_EXCHANGE_H
#define TYPES_EXCHANGE_H

#include "base/arena.h"

struct dialect;

/* What role a text plays, whatever the API calls it. */
enum channel {
	CHANNEL_SYSTEM,             /* instructions of the operator */
	CHANNEL_USER,
	CHANNEL_ASSISTANT,          /* text of the model; from a client: what it says the model said */
	CHANNEL_REASONING,
	CHANNEL_ARGUMENTS,          /* of a tool call */
	CHANNEL_TOOL,               /* what a tool answered */
	CHANNEL_DOCUMENT,           /* retrieved text, files, images, addresses */
	CHANNEL_TOOL_DESCRIPTION,   /* names, descriptions and schemas of tools */
	CHANNEL_META,               /* everything else that is text: user ids, labels, stop words */
	CHANNEL_COUNT
};

/* From 0, written by anybody, to 4, written by the gateway itself. */
enum { TRUST_ANYBODY, TRUST_MODEL, TRUST_USER, TRUST_OPERATOR, TRUST_GATEWAY };

enum piece_kind {
	PIECE_TEXT,
	PIECE_TOOL_CALL,            /* name, and its arguments as text */
	PIECE_TOOL_DEFINITION,      /* name, and its description as text */
	PIECE_OPAQUE,               /* text nobody here can read: images, audio, tokens, references */
};

/* One text of an exchange, in the order of the body. */
struct piece {
	enum piece_kind kind;
	enum channel channel;
	unsigned trust;
	uint64_t offset;            /* in the body, or of its event in the stream */
	struct bytes name;          /* of the tool; of an opaque piece: what it is */
	struct bytes text;          /* escapes undone */
	struct piece *next;
};

/* How far an exchange was understood. */
enum examined { EXAMINED_NOT, EXAMINED_PARTLY, EXAMINED_WHOLE };

struct usage {
	bool known;                 /* the upstream said so; otherwise the counts are of bytes over four */
	uint64_t input, output;     /* tokens */
};

/* One half of a turn with a model or tool, in words no vendor owns: what was asked, or what came back. */
struct exchange {
	struct arena *arena;
	const struct dialect *dialect;
	struct bytes model;         /* asked for; in an answer: that answered */
	bool stream;                /* a request that asks for one */
	bool ended;                 /* an answer that reached its proper end */
	struct bytes finish;        /* why it ended, in the dialect's word */
	struct usage usage;
	struct piece *pieces, **last;
	size_t piece_count;
	uint64_t text_bytes;        /* of all texts together */
	const char *why;            /* it could not be understood: a clause that completes "the request ..."; or NULL */
	bool partly;                /* some of it is opaque */
};

void exchange_init(struct exchange *x, struct arena *arena, const struct dialect *dialect);
struct piece *exchange_add(struct exchange *x, enum piece_kind kind, enum channel channel, unsigned trust, uint64_t offset, struct bytes text);
/* The first reason stays. */
void exchange_fail(struct exchange *x, const char *why);
enum examined exchange_examined(const struct exchange *x);

const char *channel_name(enum channel channel);
const char *examined_name(enum examined examined);

#endif
