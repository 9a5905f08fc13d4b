#ifndef RECIPES_RECIPE_H
#define RECIPES_RECIPE_H

#include "base/text.h"

/*
 * A readable text that becomes the bytes of a test file, so that no opaque (or
 * malicious) binary is kept in the tree.  One step a line; docs/RECIPES.md
 * lists the steps:
 *
 *   # a comment                          text WORDS   line WORDS   hex 80 04
 *   u8 u16 u32 u64 be16 be32 be64 N ...  str WORDS (a u64 length before them)
 *   zeros N   fill N BYTE   random N SEED   align N [BYTE]   set OFFSET HEX...   cut N
 *
 *   blocks, ended by "end": sized TYPE, repeat N, deflate, zlib, gzip, bzip2,
 *   xz, base64, hexed, lookup3 (its checksum behind it), frame, bytes, zip / tar
 *   with "member NAME [KEY=VALUE]..."
 *
 *   protocol buffers: "proto FIELD" ... end, proto-text FIELD WORDS, proto-int FIELD N, varint N ...
 *
 *   pickle opcodes by their names: PROTO 4, GLOBAL os system, REDUCE, STOP
 */
struct recipe_error {
	unsigned line;
	char why[120];
};

/* False when a line is wrong; `error` tells which. */
bool recipe_build(struct bytes recipe, struct text *out, struct recipe_error *error);

#endif
