#ifndef FORMATS_HDF5_OBJECT_H
#define FORMATS_HDF5_OBJECT_H

#include "formats/hdf5/file.h"

/* Object headers: what a group, a dataset or a named type says of itself, as a list of messages. */

enum hdf5_message_type {
	MESSAGE_NIL = 0x00, MESSAGE_SPACE = 0x01, MESSAGE_LINK_INFO = 0x02, MESSAGE_TYPE = 0x03, MESSAGE_LINK = 0x06,
	MESSAGE_EXTERNAL_FILES = 0x07, MESSAGE_LAYOUT = 0x08, MESSAGE_GROUP_INFO = 0x0A, MESSAGE_FILTERS = 0x0B,
	MESSAGE_ATTRIBUTE = 0x0C, MESSAGE_CONTINUATION = 0x10, MESSAGE_SYMBOL_TABLE = 0x11, MESSAGE_DRIVER = 0x14,
	MESSAGE_ATTRIBUTE_INFO = 0x15, MESSAGE_LAST = 0x18,
};

struct hdf5_message {
	uint8_t type;               /* enum hdf5_message_type */
	bool shared;                /* the data only tells where the message is */
	struct bytes data;
	uint64_t at;
	struct hdf5_message *next;
};

struct hdf5_object {
	struct hdf5_message *messages, **last;
	const struct hdf5_message *first[MESSAGE_LAST + 1];     /* of each type */
	uint64_t address;
	bool visited;
	bool broken;                /* reported as such: what it is cannot be told */
};

/* Each header is read once; what is wrong with it is reported then. */
struct hdf5_object *hdf5_object(struct hdf5 *h, uint64_t address);

/* The first message of that type, or NULL. */
const struct hdf5_message *hdf5_message(const struct hdf5_object *object, enum hdf5_message_type type);

/* Its data, wherever that is; empty, and reported, when it cannot be had. */
struct bytes hdf5_data(struct hdf5 *h, const struct hdf5_message *message);

/* The message of that type that a reference in shared form stands for; likewise. */
struct bytes hdf5_shared(struct hdf5 *h, struct bytes reference, enum hdf5_message_type type);

#endif
