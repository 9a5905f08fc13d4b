#ifndef FORMATS_HDF5_FILE_H
#define FORMATS_HDF5_FILE_H

#include "base/cursor.h"
#include "types/artifact.h"

/*
 * An HDF5 file while it is read ("HDF5 File Format Specification", version 3.0).
 * Addresses count from the superblock.  Structures point at each other freely,
 * so each is read once, and all of them together at most as long as the file
 * allows: what is left over is reported, not followed.
 */

#define HDF5_UNDEFINED UINT64_MAX

/* Something found by its address. */
struct hdf5_map {
	struct hdf5_slot *slots;
	size_t count, room;
};

struct hdf5 {
	struct artifact *art;
	struct bytes in;            /* from the superblock on */
	uint64_t base;              /* where that begins in the file */
	unsigned offset_size, length_size;
	uint64_t left;              /* bytes of structure that may still be read */
	bool out_of_budget;
	unsigned complaints;
	struct hdf5_map seen;       /* nodes, blocks and heaps already read */
	struct hdf5_map objects;    /* struct hdf5_object */
	struct hdf5_map collections;        /* struct hdf5_collection of the global heap */
	struct hdf5_visit *next, **last;    /* objects to look at, in the order they were found */
};

/* An object to look at, and the name it was found under: "/" or "/model_weights/dense". */
struct hdf5_visit {
	struct bytes path;
	uint64_t address;
	struct hdf5_visit *after;
};

void hdf5_visit(struct hdf5 *h, struct bytes path, uint64_t address);

/* Reads on from an address; an undefined one fails. */
struct cursor hdf5_at(const struct hdf5 *h, uint64_t address);

/* Little-endian, of 1 to 8 bytes. */
uint64_t hdf5_number(struct cursor *c, unsigned width);
uint64_t hdf5_length(const struct hdf5 *h, struct cursor *c);
/* HDF5_UNDEFINED when all its bits are set. */
uint64_t hdf5_address(const struct hdf5 *h, struct cursor *c);

/* Bytes to hold a number up to `most`. */
unsigned hdf5_width(uint64_t most);
/* The largest power of two that is no larger, as an exponent; 0 for 0. */
unsigned hdf5_log2(uint64_t number);

/* False from the moment the budget is gone. */
bool hdf5_spend(struct hdf5 *h, uint64_t bytes);
/* True the first time; a second time is no honest file's doing and is reported. */
bool hdf5_enter(struct hdf5 *h, uint64_t address);

/* Takes the checksum that ends a structure begun at `from`, and reports a wrong one. */
void hdf5_take_checksum(struct hdf5 *h, struct cursor *c, uint64_t from);

/* `what`: a constant clause that completes "FILE ...". */
void hdf5_malformed(struct hdf5 *h, uint64_t address, const char *what);
void hdf5_unexamined(struct hdf5 *h, uint64_t address, const char *what);
/* Reports a cursor that has failed; true when it has. */
bool hdf5_failed(struct hdf5 *h, const struct cursor *c);

/* A name for a message: printable and short. */
const char *hdf5_shown(struct hdf5 *h, struct bytes name);

/* The place for what belongs to an address or number; NULL in it until it is set. */
void **hdf5_slot(struct hdf5 *h, struct hdf5_map *map, uint64_t address);

#endif
