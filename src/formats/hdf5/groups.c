/*
 * Members of a group (specification III.A-C and IV.A.2.c, g, r): an old one has a B-tree over symbol
 * tables and a heap of names, a new one link messages, or a fractal heap of them when there are many.
 *
 *   "SNOD" | 1 | 0 | u16 entries | entries: offset of the name | object header | u32 kind | 4 bytes | 16 bytes
 *   link: 1 | u8 flags | u8 kind | u64 order | u8 character set | length of the name, 1 to 8 bytes | name | where to
 */
#include "formats/hdf5/heaps.h"
#include "formats/hdf5/parts.h"
#include "formats/hdf5/trees.h"

static struct bytes join(struct hdf5 *h, struct bytes path, struct bytes name)
{
	struct text t;

	text_init(&t, h->art->arena);
	text_add(&t, path);
	if (!bytes_same(path, "/"))
		text_add_byte(&t, '/');
	text_add(&t, name);
	return text_bytes(&t);
}

static void add_member(struct hdf5 *h, struct bytes path, struct bytes name, uint64_t address)
{
	void **slot = hdf5_slot(h, &h->objects, address);
	const struct hdf5_object *object = *slot;

	if (!object || !object->visited)
		hdf5_visit(h, join(h, path, name), address);
}

/* ---- old groups ---- */

struct group {
	struct hdf5 *h;
	struct bytes path, names;
	struct hdf5_fractal heap;
};

static void read_symbols(void *context, struct bytes key, uint64_t address)
{
	enum { KIND_SOFT_LINK = 2, SCRATCH = 16 };
	struct group *g = context;
	struct hdf5 *h = g->h;
	struct cursor c = hdf5_at(h, address);
	struct bytes signature = cursor_take(&c, 4);
	uint8_t version = cursor_u8(&c);

	(void)key;
	cursor_u8(&c);
	unsigned entries = cursor_u16le(&c);
	if (cursor_ok(&c) && (!bytes_same(signature, "SNOD") || version != 1))
		cursor_fail(&c, "has no table of members where one should be");
	if (hdf5_failed(h, &c) || !hdf5_enter(h, address))
		return;
	for (unsigned i = 0; i < entries && hdf5_spend(h, 2u * h->offset_size + 8 + SCRATCH); i++) {
		uint64_t name = hdf5_address(h, &c), object = hdf5_address(h, &c);
		uint32_t kind = cursor_u32le(&c);
		cursor_take(&c, 4 + SCRATCH);
		if (hdf5_failed(h, &c))
			return;
		if (kind != KIND_SOFT_LINK)
			add_member(h, g->path, hdf5_local_string(h, g->names, name), object);
	}
}

static void read_old(struct hdf5 *h, struct bytes message, struct bytes path)
{
	struct group g = {.h = h, .path = path};
	struct cursor c = cursor_over(message);
	uint64_t tree = hdf5_address(h, &c), heap = hdf5_address(h, &c);

	if (hdf5_failed(h, &c))
		return;
	g.names = hdf5_local_heap(h, heap);
	hdf5_walk_tree(h, tree, 0, read_symbols, &g);
}

/* ---- new groups ---- */

enum link_kind { LINK_HARD, LINK_SOFT, LINK_EXTERNAL = 64 };

/* u16 length | u8 version and flags | file name NUL | object name NUL */
static void note_external(struct hdf5 *h, struct bytes link, struct bytes value, uint64_t at)
{
	struct cursor c = cursor_over(value);

	cursor_u8(&c);
	struct bytes file = cursor_until(&c, 0), object = cursor_until(&c, 0);
	if (hdf5_failed(h, &c))
		return;
	artifact_note(h->art, "hdf5.external-link", h->base + at, "has a link \"%s\" to \"%s\" in another file, \"%s\"", hdf5_shown(h, link),
		      hdf5_shown(h, object), hdf5_shown(h, file));
}

static void follow_link(struct hdf5 *h, struct bytes path, struct bytes name, unsigned kind, struct cursor *c)
{
	uint64_t at = c->all.len ? (uint64_t)(c->all.at - h->in.at) : 0;

	if (kind == LINK_HARD) {
		uint64_t address = hdf5_address(h, c);
		if (!hdf5_failed(h, c))
			add_member(h, path, name, address);
		return;
	}
	struct bytes value = cursor_take(c, cursor_u16le(c));
	if (hdf5_failed(h, c) || kind == LINK_SOFT)
		return;
	if (kind == LINK_EXTERNAL)
		note_external(h, join(h, path, name), value, at);
	else if (kind > LINK_EXTERNAL)
		artifact_note(h->art, "hdf5.user-link", h->base + at, "has a link \"%s\" of kind %u, which only a program that registered it can follow",
			      hdf5_shown(h, join(h, path, name)), kind);
	else
		hdf5_unexamined(h, at, "has a link of a kind that is not known here");
}

static void read_link(struct hdf5 *h, struct bytes message, struct bytes path)
{
	enum { NAME_WIDTH = 3, HAS_ORDER = 4, HAS_KIND = 8, HAS_CHARACTERS = 16 };
	struct cursor c = cursor_over(message);
	uint8_t version = cursor_u8(&c), flags = cursor_u8(&c);
	unsigned kind = flags & HAS_KIND ? cursor_u8(&c) : LINK_HARD;

	cursor_take(&c, (flags & HAS_ORDER ? 8 : 0) + (flags & HAS_CHARACTERS ? 1 : 0));
	struct bytes name = cursor_take(&c, hdf5_number(&c, 1u << (flags & NAME_WIDTH)));
	if (cursor_ok(&c) && version != 1)
		cursor_fail(&c, "has a link of a version that is not known here");
	if (!hdf5_failed(h, &c))
		follow_link(h, path, name, kind, &c);
}

static void read_record(void *context, struct bytes record)
{
	enum { HASH = 4 };
	struct group *g = context;
	struct bytes message = hdf5_fractal_object(&g->heap, bytes_from(record, HASH));

	if (message.len > 0)
		read_link(g->h, message, g->path);
}

/* u8 version | u8 flags | u64 largest order, if flags say so | heap | tree by name | tree by order, if flags say so */
static void read_dense(struct hdf5 *h, struct bytes message, struct bytes path)
{
	struct group g = {.h = h, .path = path};
	struct cursor c = cursor_over(message);
	uint8_t version = cursor_u8(&c), flags = cursor_u8(&c);

	cursor_take(&c, flags & 1 ? 8 : 0);
	uint64_t heap = hdf5_address(h, &c), tree = hdf5_address(h, &c);
	if (cursor_ok(&c) && version != 0)
		cursor_fail(&c, "keeps links in a way that is not known here");
	if (hdf5_failed(h, &c) || heap == HDF5_UNDEFINED || !hdf5_open_fractal(h, heap, &g.heap))
		return;
	hdf5_walk_records(h, tree, RECORD_LINK_NAME, read_record, &g);
}

void hdf5_read_links(struct hdf5 *h, const struct hdf5_object *object, struct bytes path)
{
	for (const struct hdf5_message *m = object->messages; m && !h->out_of_budget; m = m->next) {
		if (m->type == MESSAGE_SYMBOL_TABLE)
			read_old(h, hdf5_data(h, m), path);
		else if (m->type == MESSAGE_LINK)
			read_link(h, hdf5_data(h, m), path);
		else if (m->type == MESSAGE_LINK_INFO)
			read_dense(h, hdf5_data(h, m), path);
	}
}
