#ifndef FORMATS_GRAPH_CLAIM_H
#define FORMATS_GRAPH_CLAIM_H

#include "types/source.h"

/* May it be a graph, as protobuf bytes or in protobuf's text form?  May_claim of the formats that are such graphs. */
bool graph_may_claim(const struct source *source);

#endif
