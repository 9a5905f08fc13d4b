#ifndef FORMATS_XML_ENTITIES_H
#define FORMATS_XML_ENTITIES_H

#include "formats/graph/operators.h"
#include "syntax/xml.h"

/* What the document type of an XML file declares, and what putting it in would come to. */
struct entity {
	struct bytes name, text;
	bool external, parameter;
	uint64_t size, offset;
};

struct entities {
	struct artifact *art;
	struct entity *list;
	size_t count, room;
	struct name_set general, parameters;    /* by name: places in the list */
	uint64_t expanded;          /* by references in the text so far */
	unsigned notes;
	bool bomb;
};

void entities_begin(struct entities *e, struct artifact *art);

/* One of the tokens of a document type, or an instruction: notes what it reaches for. */
void entities_declare(struct entities *e, const struct xml_reader *r, enum xml_token token);
/* Once all are declared: how far they unfold. */
void entities_measure(struct entities *e);
/* References in a text or attribute; one that nothing declares is told as broken. */
void entities_use(struct entities *e, const struct xml_reader *r);

#endif
