/*
 * PMML (dmg.org): models as XML.  Readers are XML parsers first: what a
 * document makes its parser fetch or unfold is told before what the model does.
 * Functions that PMML does not define are looked up by name in the program that
 * loads it, as classes of Java for one.
 */
#include "formats/graph/operators.h"
#include "formats/nested.h"
#include "formats/pmml/functions.h"
#include "formats/xml/entities.h"
#include "types/format.h"

enum { SHOWN = 80, WINDOW = 64 << 10, TEXT_LOOKED_AT = 16 };

struct use {
	struct bytes name;
	uint64_t offset;
	struct use *next;
};

struct reading {
	struct artifact *art;
	struct xml_reader *x;
	struct entities entities;
	struct name_set defined, used;
	struct use *uses, **last_use;
	struct bytes element;       /* the one that is open; no prefix */
	bool subset_over, includes;
	bool rebound;               /* names stand for something else in a part of it: what it defines there is not PMML's */
};

/* ---- is it one? ---- */

static bool may_be_xml(struct bytes in)
{
	struct bytes b = bytes_slice(in, 0, 256);

	while (b.len > 0 && (b.at[0] <= ' ' || b.at[0] >= 0x80))
		b = bytes_from(b, 1);
	return b.len > 0 && b.at[0] == '<';
}

static bool may_claim(const struct source *source)
{
	return may_be_xml(source->first);
}

/* What stands before the first element may be as long as it likes. */
static int probe(const struct source *source, struct arena *arena)
{
	if (!may_be_xml(source->content))
		return 0;
	source_looked(source, WINDOW, 0);
	struct xml_reader *x = arena_new(arena, struct xml_reader);
	enum xml_token t;
	xml_begin(x, arena, source->content);
	while ((t = xml_next(x)) > XML_END)
		if (t == XML_OPEN)
			return bytes_same(xml_local(x->name), "PMML") ? 95 : 0;
	return bytes_contain(bytes_slice(source->content, 0, WINDOW), BYTES("<PMML")) ? 60 : 0;
}

static const char *shown(struct reading *r, struct bytes b)
{
	struct text t;

	text_init(&t, r->art->arena);
	text_add_printable(&t, b, SHOWN);
	return text_string(&t);
}

/* ---- functions ---- */

static void use_function(struct reading *r, struct bytes name)
{
	bool added;

	names_add(&r->used, name, 0, &added);
	if (!added || pmml_has_function(name))
		return;
	struct use *u = arena_new(r->art->arena, struct use);
	*u = (struct use){.name = name, .offset = r->x->offset};
	*r->last_use = u;
	r->last_use = &u->next;
}

/* Only at the end is it known what the file defines itself. */
static void judge_functions(struct reading *r)
{
	for (const struct use *u = r->uses; u; u = u->next)
		if (r->rebound || !names_find(&r->defined, u->name))
			artifact_note(r->art, "pmml.function", u->offset, "calls the function \"%s\", which neither PMML nor the file defines", shown(r, u->name));
}

/* ---- what elements and attributes ask for ---- */

static bool is_script_word(struct bytes text)
{
	static const char *const words[] = {"script", "groovy", "python", "beanshell", "java-class", "javaclass", "java class", "mvel", "ognl", "jexl", "spel"};
	char folded[SHOWN];
	size_t len = text.len < sizeof folded ? text.len : sizeof folded;

	for (size_t i = 0; i < len; i++)
		folded[i] = (char)(text.at[i] >= 'A' && text.at[i] <= 'Z' ? text.at[i] | 0x20 : text.at[i]);
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (bytes_contain((struct bytes){(const unsigned char *)folded, len}, bytes_of(words[i])))
			return true;
	return false;
}

static void open_element(struct reading *r)
{
	r->element = xml_local(r->x->name);
	if (!r->subset_over)
		entities_measure(&r->entities);
	r->subset_over = true;
	if (is_script_word(r->element))
		artifact_note(r->art, "pmml.script", r->x->offset, "holds an element \"%s\"", shown(r, r->element));
	if (bytes_same(r->element, "TableLocator"))
		artifact_note(r->art, "xml.reference", r->x->offset, "takes a table from elsewhere");
}

/* Pairs of a namespace and where its schema lies; some parsers fetch it. */
static void check_schemas(struct reading *r, struct bytes text, bool pairs)
{
	static const struct bytes usual[] = {BYTES("http://www.dmg.org/"), BYTES("https://www.dmg.org/"), BYTES("http://dmg.org/"), BYTES("https://dmg.org/"),
					     BYTES("http://www.w3.org/"), BYTES("https://www.w3.org/")};
	bool place = !pairs;

	for (; text.len > 0; place = pairs ? !place : place) {
		while (text.len > 0 && text.at[0] <= ' ')
			text = bytes_from(text, 1);
		size_t len = 0;
		while (len < text.len && text.at[len] > ' ')
			len++;
		struct bytes word = bytes_slice(text, 0, len);
		bool known = false;
		for (size_t i = 0; i < COUNT_OF(usual); i++)
			known |= bytes_start_with(word, usual[i]);
		if (place && len > 0 && !known && bytes_find(word, BYTES("/")) < word.len)
			artifact_note(r->art, "xml.reference", r->x->offset, "names a schema at \"%s\"", shown(r, word));
		text = bytes_from(text, len);
	}
}

static struct bytes prefix_of(struct bytes name)
{
	return bytes_slice(name, 0, name.len - xml_local(name).len);
}

/* Readers take definitions from their own place alone, and only from elements of PMML's. */
static bool is_definition(const struct xml_reader *x)
{
	enum { ROOT, DICTIONARY, DEFINITION, DEEP };
	struct bytes prefix = prefix_of(x->open[ROOT]);

	return x->depth == DEEP && bytes_same(xml_local(x->open[DICTIONARY]), "TransformationDictionary") &&
	       bytes_equal(prefix_of(x->open[DICTIONARY]), prefix) && bytes_equal(prefix_of(x->open[DEFINITION]), prefix);
}

/* The root says what names without a prefix, or with its own, stand for: what says it anew leaves PMML. */
static bool rebinds(const struct xml_reader *x, struct bytes value)
{
	struct bytes own = prefix_of(x->open[0]), bound = bytes_from(x->name, bytes_same(x->name, "xmlns") ? x->name.len : 6);
	bool same = own.len == 0 ? bound.len == 0 : bytes_equal(bound, bytes_slice(own, 0, own.len - 1));

	return same && !bytes_contain(value, BYTES("dmg.org/PMML"));
}

static void read_attribute(struct reading *r)
{
	struct bytes name = xml_local(r->x->name), value = xml_plain(r->art->arena, r->x->text);
	bool binds = bytes_start_with(r->x->name, BYTES("xmlns"));

	entities_use(&r->entities, r->x);
	if (binds && bytes_contain(value, BYTES("www.w3.org/2001/XInclude")) && !r->includes) {
		artifact_note(r->art, "xml.external", r->x->offset, "asks its reader to put other files into it, by XInclude");
		r->includes = true;
	}
	if (bytes_same(name, "schemaLocation") || bytes_same(name, "noNamespaceSchemaLocation"))
		check_schemas(r, value, bytes_same(name, "schemaLocation"));
	if (bytes_same(r->element, "Apply") && bytes_same(name, "function"))
		use_function(r, value);
	if (binds && (bytes_same(r->element, "TransformationDictionary") || bytes_same(r->element, "DefineFunction")))
		r->rebound |= rebinds(r->x, value);
	if (bytes_same(r->element, "DefineFunction") && bytes_same(name, "name") && is_definition(r->x)) {
		bool added;
		names_add(&r->defined, value, 0, &added);
	}
	bool named = bytes_same(name, "name") || bytes_same(name, "extender");
	if (bytes_same(r->element, "Extension") && named && is_script_word(value))
		artifact_note(r->art, "pmml.script", r->x->offset, "holds an extension that says it is a script: \"%s\"", shown(r, value));
	if (value.len >= TEXT_LOOKED_AT)
		nested_look(r->art, value, r->x->offset);
}

static struct bytes trimmed(struct bytes b)
{
	while (b.len > 0 && b.at[0] <= ' ')
		b = bytes_from(b, 1);
	while (b.len > 0 && b.at[b.len - 1] <= ' ')
		b.len--;
	return b;
}

static void read_text(struct reading *r)
{
	struct bytes text = r->x->plain ? r->x->text : xml_plain(r->art->arena, r->x->text);

	entities_use(&r->entities, r->x);
	text = trimmed(text);
	if (text.len >= TEXT_LOOKED_AT)
		nested_look(r->art, text, r->x->offset);
}

/* ---- the whole ---- */

static void read_token(struct reading *r, enum xml_token token)
{
	switch (token) {
	case XML_OPEN: open_element(r); break;
	case XML_ATTRIBUTE: read_attribute(r); break;
	case XML_TEXT: read_text(r); break;
	default: entities_declare(&r->entities, r->x, token); break;
	}
}

static void parse(const struct source *source, struct artifact *art)
{
	struct xml_reader *x = arena_new(art->arena, struct xml_reader);
	struct reading r = {.art = art, .x = x};
	enum xml_token token;

	r.last_use = &r.uses;
	entities_begin(&r.entities, art);
	names_init(&r.defined, art->arena);
	names_init(&r.used, art->arena);
	xml_begin(x, art->arena, source->content);
	while ((token = xml_next(x)) > XML_END)
		read_token(&r, token);
	judge_functions(&r);
	art->bytes_read += source->content.len;
	if (token == XML_ERROR)
		artifact_note(art, x->unread ? "file.unexamined" : "file.malformed", x->c.why_at, "%s", x->c.why);
}

const struct format format_pmml = {
	.name = "pmml",
	.title = "PMML model",
	.spec = "dmg.org PMML 4.4; XML 1.0",
	.extensions = "pmml xml",
	.may_claim = may_claim,
	.probe = probe,
	.parse = parse,
};
