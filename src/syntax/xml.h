#ifndef SYNTAX_XML_H
#define SYNTAX_XML_H

#include "base/arena.h"
#include "base/cursor.h"

/*
 * XML 1.0, token by token.  Nothing is ever fetched and no entity is put in:
 * what a document declares and asks for is told as it stands, so that somebody
 * can judge it.
 */

enum xml_token {
	XML_ERROR,          /* `c.why` tells */
	XML_END,
	XML_OPEN,           /* an element: `name`; its attributes follow */
	XML_ATTRIBUTE,      /* `name`, `text` */
	XML_CLOSE,          /* `name` */
	XML_TEXT,           /* `text`: between tags, references as written; or CDATA, where `plain` */
	XML_INSTRUCTION,    /* <?name text?> */
	XML_DOCTYPE,        /* `name`: of the root; `external`: and `text` is where the rest of it lies */
	XML_ENTITY,         /* declares `name` as `text`, or as what lies there: `external`; `parameter`: for declarations alone */
	XML_DECLARATION,    /* another one, `name`: ATTLIST, ELEMENT, NOTATION; `text` is all of it */
};

enum { XML_DEPTH_MOST = 256, XML_ATTRIBUTES_MOST = 256 };

struct xml_reader {
	struct cursor c;
	struct arena *arena;
	bool unread;                /* it is not broken, but written in a way that is not read here */
	bool bytes_only;            /* of an encoding with one byte a character */
	bool in_tag, in_doctype, closes_itself, has_root, has_doctype;
	unsigned depth, attributes;
	struct bytes open[XML_DEPTH_MOST];
	struct bytes seen[XML_ATTRIBUTES_MOST];     /* attributes of this tag */

	/* the last token */
	struct bytes name, text;
	uint64_t offset;
	bool external, parameter, plain;
};

/* UTF-16 is turned into UTF-8 first; offsets count in what came of it. */
void xml_begin(struct xml_reader *r, struct arena *arena, struct bytes in);
enum xml_token xml_next(struct xml_reader *r);

/* Without the prefix: "include" of "xi:include". */
struct bytes xml_local(struct bytes name);

/* The next "&name;" or "%name;" in a text, taken off it; false when there is none. */
bool xml_reference(struct bytes *text, unsigned char mark, struct bytes *name);

/* Is it one of the five that every reader knows, or a character by its number? */
bool xml_is_builtin(struct bytes reference);

/* With those undone; other references stay as written. */
struct bytes xml_plain(struct arena *arena, struct bytes text);

#endif
