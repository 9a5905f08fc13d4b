#ifndef FORMATS_FLATBUFFER_READER_H
#define FORMATS_FLATBUFFER_READER_H

#include "base/bytes.h"

/*
 * FlatBuffers, read in place (flatbuffers.dev, "Internals"): every offset, table,
 * vtable, vector and string is checked before it is followed.
 *
 *   u32 root | file identifier | tables: i32 back to the vtable, fields | vtables: u16 size, u16 size of the table, u16 a field
 *
 * The first thing that lies outside of the buffer is kept; what cannot be read gives zero, or nothing.
 */
struct flat {
	struct bytes all;
	const char *why;            /* a clause that completes "FILE ..."; or NULL */
	uint64_t why_at;
	uint64_t end;               /* of the last thing that was read */
};

struct flat_table {
	uint64_t at;                /* 0: there is none */
	uint64_t vtable;
	unsigned fields, size;
};

struct flat_vector {
	uint64_t at;                /* of the first element */
	uint32_t count;
};

struct flat_table flat_root(struct flat *f);

/* A scalar of that width; `otherwise` when the field is not written. */
uint64_t flat_number(struct flat *f, struct flat_table t, unsigned field, unsigned width, uint64_t otherwise);
struct flat_table flat_child(struct flat *f, struct flat_table t, unsigned field);
struct flat_vector flat_list(struct flat *f, struct flat_table t, unsigned field, unsigned width);
struct bytes flat_string(struct flat *f, struct flat_table t, unsigned field);

/* Of a vector of tables. */
struct flat_table flat_item(struct flat *f, struct flat_vector v, uint32_t index);

#endif
