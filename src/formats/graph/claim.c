#include "formats/graph/claim.h"

#include "syntax/protobuf.h"

bool graph_may_claim(const struct source *source)
{
	return source_extension(source).len > 0 || source_may_be_text(source) || proto_may_begin(source->first, source->content.len);
}
