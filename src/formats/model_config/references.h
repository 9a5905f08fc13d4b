#ifndef FORMATS_MODEL_CONFIG_REFERENCES_H
#define FORMATS_MODEL_CONFIG_REFERENCES_H

#include "syntax/json.h"
#include "types/artifact.h"

/* Notes code that loading imports because of this member of some object: "auto_map" and the like. */
void references_of_code(struct artifact *art, const struct json *member);

/* Notes files that the whole names: shards of an index, the base model of an adapter. */
void references_of_files(struct artifact *art, const struct json *root);

#endif
