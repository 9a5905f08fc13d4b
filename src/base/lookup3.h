#ifndef BASE_LOOKUP3_H
#define BASE_LOOKUP3_H

#include "base/bytes.h"

/* Bob Jenkins' lookup3 ("hashlittle", start value 0): the checksum of HDF5's metadata. */
uint32_t lookup3(struct bytes b);

#endif
