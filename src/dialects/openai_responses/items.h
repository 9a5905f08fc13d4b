#ifndef DIALECTS_OPENAI_RESPONSES_ITEMS_H
#define DIALECTS_OPENAI_RESPONSES_ITEMS_H

#include "dialects/openai.h"

/*
 * The items of a response: what stands in `input`, in `output` and in the
 * events that add or finish one.  `answered`: the model's side said it.
 * With `place.parts` the texts are the beginning of those that events carry on,
 * in threads "INDEX/...".
 */
void responses_item(struct exchange *x, const struct json *item, bool answered, struct place place);

/* The tool that an item calls: by its name, or by its kind where somebody else runs it. */
struct bytes responses_tool(const struct json *item);

/* One part of a message or of reasoning that an event adds or finishes. */
void responses_part(struct exchange *x, const struct json *part, struct place place);

#endif
