#ifndef TYPES_EXCHANGE_H
#define TYPES_EXCHANGE_H

#include "base/arena.h"

struct dialect;
struct dialect_route;

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
	PIECE_ECHO,                 /* a value that spells out other pieces of its event once more (log-probabilities): dropped where those are rewritten; with a thread: all that its stream brought before, too */
};

/*
 * One text of an exchange, in the order of the body.  In a stream a text comes
 * in parts: all parts of one text name the same thread, and what is asked of
 * the text is asked of the parts joined.
 */
struct piece {
	enum piece_kind kind;
	enum channel channel;
	unsigned trust;
	uint64_t offset;            /* of the JSON value that holds the text: in the body, or in the data of its event */
	struct bytes name;          /* of the tool; of an opaque piece: what it is */
	struct bytes text;          /* escapes undone */
	struct bytes thread;        /* "0/content"; empty: the text stands here whole */
	bool ends;                  /* the last part of its thread; its text may be empty. A thread "0/" ends all that begin so */
	bool repeats;               /* the whole of a text once more, which a thread brought before */
	bool fixed;                 /* signed, or not a JSON string, or told to others too: may be dropped or refused, never rewritten */
	bool leads;                 /* an address that programs follow by themselves or put before a person, whatever its channel */
	bool aside;                 /* of a text of the model: not the one that clients show, but a refusal, a transcript, something of a kind of its own */
	bool provider;              /* a tool of the model's provider, known by its kind; else one that somebody gave its name */
	bool listed;                /* an offer in a list that can do without it */
	bool unsound;               /* an offer that its own protocol tells readers to pass over */
	bool within;                /* a string in the call or definition before it, which is one JSON value: what is found in both is rewritten here */
	struct piece *next;
};

/*
 * What fields of a request's head say again of arguments in its body (MCP's
 * Mcp-Param-*).  Of a request: every argument that says what its header does;
 * of an answer: which argument a tool's schema means, and behind those of each
 * tool one without a header.
 */
struct claim {
	struct bytes tool, header;  /* the header's name in lower case, without what all such begin with */
	struct bytes path;          /* of the argument: keys with a NUL between them; empty in a request: none agrees, so far */
	struct claim *next;
};

/* How far an exchange was understood, the worst first; NOTHING: there was no body to understand. */
enum examined { EXAMINED_NOT, EXAMINED_PARTLY, EXAMINED_WHOLE, EXAMINED_NOTHING };

struct usage {
	bool known;                 /* the upstream said so; otherwise the counts are of bytes over four */
	uint64_t input, output;     /* tokens */
};

/* One half of a turn with a model or tool, in words no vendor owns: what was asked, or what came back. */
struct exchange {
	struct arena *arena;
	const struct dialect *dialect;
	const struct dialect_route *route;
	const struct exchange *asked;   /* of an answer: the request; else NULL */
	struct bytes body;          /* the JSON that the pieces' offsets count in */
	void *state;                /* of an answer: the dialect's own, zeroed at its beginning, as long as the answer; plain bytes that may be copied */

	struct bytes id;            /* of a request, where answers have to repeat it, as written */
	struct bytes operation;     /* of a request: what it asks for, in the dialect's word: "tools/call" */
	struct bytes revision;      /* of a request: of the protocol it is spoken in, where it says so */
	struct bytes model;         /* asked for; in an answer: that answered */
	uint64_t most_output;       /* of a request: the most tokens a choice may have; 0 when it does not say */
	uint64_t choices;           /* of a request: how many answers it wants; 0 counts as 1 */
	bool stream;                /* a request that asks for one */
	bool endless;               /* a request whose answer is a stream without a proper end: its closing is one */
	bool resumes;               /* a request whose answer may be a stream that ends before it came, and goes on for who asks by GET with Last-Event-ID */
	bool ended;                 /* an answer that reached its proper end */
	struct bytes finish;        /* why it ended, in the dialect's word */
	struct usage usage;
	struct piece *pieces, **last;
	size_t piece_count;
	struct claim *claims;
	uint64_t text_bytes;        /* of all texts together */
	uint64_t tokens;            /* of a request: that stand in it as numbers, which are no text */
	const char *why;            /* it could not be understood: a clause that completes "the request ..."; or NULL */
	const char *code;           /* with `why`: the dialect's own code for it; or NULL */
	bool partly;                /* some of it is opaque */
};

void exchange_init(struct exchange *x, struct arena *arena, const struct dialect *dialect);
/* The same for a part of an answer, read after what of it is in `answer`. */
void exchange_init_part(struct exchange *x, struct arena *arena, const struct exchange *answer);
struct piece *exchange_add(struct exchange *x, enum piece_kind kind, enum channel channel, unsigned trust, uint64_t offset, struct bytes text);
/* The first reason stays. */
RARELY void exchange_fail(struct exchange *x, const char *why);
/* `bytes`: of its body. */
enum examined exchange_examined(const struct exchange *x, uint64_t bytes);

const char *channel_name(enum channel channel);
const char *examined_name(enum examined examined);

#endif
