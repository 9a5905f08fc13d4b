#ifndef DIALECTS_READING_H
#define DIALECTS_READING_H

#include "dialects/words.h"
#include "syntax/json.h"
#include "types/dialect.h"

enum { READING_DEPTH_MOST = 64 };       /* of values in each other */

/* What the dialects share: bodies of JSON, read strictly, so that what was examined is what the upstream reads. */

/*
 * NULL when it is no such JSON: the exchange then says why.  Refused too is what
 * readers take differently: a key that stands twice in one object, at any depth,
 * NUL characters, and what is nested deeper than 64.
 */
const struct json *reading_parse(struct exchange *x, struct bytes body);

/* Notes with every key which word it is, where a tree was not made by reading_parse(); no deeper than that allows. */
void reading_mark(struct json *root);
/* The member of a tree so marked; NULL when it is not there. */
const struct json *reading_member(const struct json *object, enum word name);
/* Its text; empty when it is not there, or no string. */
struct bytes reading_member_text(const struct json *object, enum word name);

/* A string becomes a piece; what is no string is left alone, and NULL comes back. */
struct piece *reading_text(struct exchange *x, const struct json *value, enum channel channel, unsigned trust);
/* Every string below, whatever it means, and every key. */
void reading_all(struct exchange *x, const struct json *value, enum channel channel, unsigned trust);
/* The key of a member, unless it is a word of the dialects themselves: it can be looked at, never rewritten. */
void reading_key(struct exchange *x, const struct json *member, enum channel channel, unsigned trust);
/*
 * Every member of `object` that is not among `known`, and all of it when it is
 * no object.  Labels such as "type" and "id" are left out as long as they are
 * short and plain.  A key that equals a known one but for the case of its
 * letters fails: some readers take it for that one.
 */
void reading_rest(struct exchange *x, const struct json *object, struct words known, enum channel channel, unsigned trust);
/* The same at every depth, where nothing is known: parts and results whose shapes differ. */
void reading_deep(struct exchange *x, const struct json *value, enum channel channel, unsigned trust);
/* What reading_rest() reads, of a stream: what stands under one key at any depth comes in parts of one text, "INDEX/3:KEY/3:KEY". */
void reading_rest_in_parts(struct exchange *x, const struct json *object, struct words known, enum channel channel, unsigned trust, uint64_t index);
/* The same of one value: a text "INDEX/what" that may be a list of parts. */
void reading_value_in_parts(struct exchange *x, const struct json *value, enum channel channel, unsigned trust, uint64_t index, const char *what);
/* Neither left out nor null, false or empty. */
bool reading_is_set(const struct json *value);
/* Fails where a request names somebody else to answer it, or reaches past the model into what runs it: servers of many kinds do what no dialect here judges. */
void reading_detours(struct exchange *x, const struct json *root);
/* The piece, or NULL when there is no value. */
struct piece *reading_opaque(struct exchange *x, const struct json *value, const char *what);
/* A value that spells out other pieces again, or none. */
void reading_echo(struct exchange *x, const struct json *value);
/* Characters that only fill an event up: looked at like any text, and dropped where the event is rewritten. */
void reading_padding(struct exchange *x, const struct json *value);
/* JSON as written, as one text that is no string. */
void reading_written(struct exchange *x, const struct json *value, const char *name, enum channel channel, unsigned trust);

/* `arguments` is JSON in a string, or JSON itself: that counts as one text, as written. */
struct piece *reading_call(struct exchange *x, const struct json *name, const struct json *arguments);
/* All pieces after `whole`, a call or definition of JSON, are strings in it: its parts, which can be rewritten one by one. */
void reading_within(struct exchange *x, struct piece *whole);
/* A tool's definition: its name, and everything said about it. */
void reading_definition(struct exchange *x, struct bytes name, const struct json *tool);
/*
 * A call whose arguments are a JSON value: the piece of the call holds them as
 * written, and everything in them follows as a text of its own: strings, which
 * may be rewritten, and keys and numbers, which may not.
 */
struct piece *reading_call_of_value(struct exchange *x, unsigned trust, const struct json *name, const struct json *arguments);
/* A tool's definition whose description can be rewritten; `known`: members that are told otherwise. */
struct piece *reading_offer(struct exchange *x, struct bytes name, const struct json *tool, struct words known);
/* Signed or encrypted: opaque, and never rewritten. */
void reading_sealed(struct exchange *x, const struct json *value, enum channel channel, unsigned trust, const char *what);
/*
 * Readers written in Go take "Stream" for "stream": an object where a key is
 * one of the words of `known` but for its letters' case cannot be understood.
 */
void reading_spelling(struct exchange *x, const struct json *object, struct words known);
/* An id, a type, a role: a plain word says nothing, what is none is text like any other. False then. */
bool reading_label(struct exchange *x, const struct json *value, unsigned trust);

/* Puts the pieces read so far in the order of the body. */
void reading_in_order(struct exchange *x);

/* The name of a thread: "2/content", "2/tool/1". */
struct bytes reading_thread(struct exchange *x, uint64_t index, const char *what);
struct bytes reading_thread_part(struct exchange *x, uint64_t index, const char *what, uint64_t part);
/* Says of which thread a piece is a part; nothing when there is no piece. */
void reading_carries_on(struct piece *piece, struct bytes thread);
/* The thread is over: a piece without text says so. */
void reading_ends(struct exchange *x, enum channel channel, unsigned trust, struct bytes thread);

/*
 * The last step of reading: a text of `root` that no piece tells of becomes
 * meta text, whatever it stands in, so that none goes by unseen.  Left out are
 * plain labels, and what is below opaque values and such as are pieces as written.
 */
void reading_sweep(struct exchange *x, const struct json *root);

/* Numbers that are not there are 0. */
uint64_t reading_number(const struct json *object, enum word name);
/* A limit the client sets: below zero means none. Where it is written as "1e6" some readers see a number and some do not: then it cannot be understood. */
uint64_t reading_limit(struct exchange *x, const struct json *object, enum word name);
/* The same for what an answer must agree on with the upstream: anything but a whole number fails, null is 0. */
uint64_t reading_amount(struct exchange *x, const struct json *object, enum word name);
/* False when it is not there; what is no truth value fails. */
bool reading_flag(struct exchange *x, const struct json *object, enum word name);

/* Did a rule end the exchange, or did something go wrong? `code`: of a refusal. */
bool reading_is_denied(const char *code);
/* Text that a template of a reply holds: "%s" of a JSON string. */
void reading_add_string(struct text *out, const char *key, const char *value);

#endif
