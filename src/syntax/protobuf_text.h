#ifndef SYNTAX_PROTOBUF_TEXT_H
#define SYNTAX_PROTOBUF_TEXT_H

#include "syntax/protobuf.h"

/*
 * Protocol buffers written as text (protobuf.dev, "Text Format"):
 *
 *   node { name: "a" op: "Const" attr { key: "dtype" value { type: DT_STRING } } }
 *
 * They become the bytes of the wire format, so that one reader judges both.
 * Fields that the type does not know are passed over.
 */
struct proto_text {
	struct bytes message;
	const struct proto_origin *origins;     /* where in the text each field of `message` stands */
	size_t origin_count;
	const char *why;                        /* what is wrong: a clause that completes "FILE ..."; or NULL */
	uint64_t why_at;
};

/* What stands before the first mistake is in `message` all the same. */
void proto_text_read(struct arena *arena, const struct proto_type *type, struct bytes in, struct proto_text *out);

/* Does it begin with the name of a member of this type, as such a text does? Comments and blanks may stand before it. */
bool proto_text_begins(const struct proto_type *type, struct bytes in);

#endif
