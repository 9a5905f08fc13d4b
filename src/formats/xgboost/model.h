#ifndef FORMATS_XGBOOST_MODEL_H
#define FORMATS_XGBOOST_MODEL_H

#include "formats/xgboost/tree.h"
#include "types/artifact.h"

/* XGBoost's models (doc/model.schema), in JSON and Universal Binary JSON, and as the program's whole state. */
bool xgboost_document_claims(struct bytes in, struct arena *arena);
void xgboost_document_read(struct artifact *art, struct bytes in);

/* The binary form of before (src/learner.cc, LearnerIO), with "binf" in front or without. */
bool xgboost_binary_claims(struct bytes in);
bool xgboost_binary_may_begin(struct bytes first);      /* false: nothing that begins so is claimed */
void xgboost_binary_read(struct artifact *art, struct bytes in);

/* A name and its text: kept, and looked into. */
void xgboost_note_text(struct artifact *art, uint64_t offset, struct bytes name, struct bytes text);

#endif
