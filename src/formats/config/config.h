#ifndef FORMATS_CONFIG_CONFIG_H
#define FORMATS_CONFIG_CONFIG_H

#include "syntax/json.h"
#include "types/artifact.h"

/*
 * JSON that names classes and functions for its loader to import and call: what
 * Keras and skops keep models in.  Here it becomes imports, calls and states as
 * those of a pickle do, so that the same checks judge them.
 */

/* ---- text ---- */

/*
 * JSON as Python's json module takes it, made strict (RFC 8259) with every byte
 * where it was: NaN and infinities become numbers, lone surrogates U+FFFD.  UTF-16,
 * UTF-32 and a byte order mark, which it takes too, become plain UTF-8.
 */
struct bytes config_strict_json(struct arena *arena, struct bytes text);

/* A tree of that, or NULL and `error`.  `at`: where the text begins in the source, `stored` when it stands there as it is; a key given twice is noted. */
struct json *config_parse(struct artifact *art, struct bytes text, uint64_t at, bool stored, struct json_error *error);

/* Base64 as Python decodes it: what is not of the alphabet is passed over. */
bool config_decode_base64(struct arena *arena, struct bytes text, struct bytes *out);

/* ---- what it makes a loader do ---- */

struct config_program {
	struct artifact *art;
	uint32_t loaders;
	const char *how;            /* the key that names what is imported */
	struct import **imports;    /* open addressing, by name as written */
	size_t import_count, import_room;
};

/* A name in a module, as written and as the loader resolves it: one import however often it is used. */
struct value config_import(struct config_program *p, uint64_t offset, struct bytes module, struct bytes written_module, struct bytes name);

/* The result is that of the call. */
struct value config_call(struct config_program *p, uint64_t offset, struct value callee, struct value arguments);
void config_state(struct config_program *p, uint64_t offset, struct value object, struct value state);

/* JSON as a value, as far as it is worth showing.  Objects inside are imports and calls of their own, so here all is plain. */
struct value config_value(struct arena *arena, const struct json *json);

/* The arguments of a call. */
struct value config_tuple(struct arena *arena, const struct value *items, size_t count);

#endif
