/*
 * HDF5, and so the weights of Keras and its models before version 3 of the format
 * ("HDF5 File Format Specification", version 3.0):
 *
 *   superblock at 0, 512, 1024, 2048 ... | anything, reached from it by addresses
 *
 * Groups, attributes and the way data is stored are read; the data is not.
 */
#include "formats/hdf5/parts.h"
#include "formats/keras/config.h"
#include "types/format.h"

static const struct bytes signature = BYTES("\x89HDF\r\n\x1a\n");

enum { NOT_FOUND = -1, FIRST_STEP = 512 };

/* Offset of the superblock, or NOT_FOUND. */
static int64_t find_superblock(struct bytes in)
{
	for (uint64_t at = 0; at < in.len; at = at ? at * 2 : FIRST_STEP)
		if (bytes_start_with(bytes_from(in, at), signature))
			return (int64_t)at;
	return NOT_FOUND;
}

static bool may_claim(const struct source *source)
{
	return source->reader != READER_RAW || find_superblock(bytes_slice(source->first, 0, FIRST_STEP)) != NOT_FOUND;
}

static int probe(const struct source *source, struct arena *arena)
{
	(void)arena;
	/* Among weights, which nobody opens by themselves, it is not searched for. */
	struct bytes in = source->reader == READER_RAW ? bytes_slice(source->content, 0, FIRST_STEP) : source->content;
	return find_superblock(in) == NOT_FOUND ? 0 : 100;
}

/* ---- superblock ---- */

struct superblock {
	uint64_t root;              /* object header */
	uint64_t end;               /* of the file, counted from its own start */
	uint64_t extension;
};

static void take_sizes(struct hdf5 *h, struct cursor *c)
{
	h->offset_size = cursor_u8(c);
	h->length_size = cursor_u8(c);
	bool sound = h->offset_size >= 2 && h->offset_size <= 8 && h->length_size >= 2 && h->length_size <= 8;
	if (cursor_ok(c) && !sound)
		cursor_fail(c, "has addresses or lengths of a size that is not known here");
}

/* Readers count from where they found the superblock, whatever base address it gives. */
static void take_addresses(struct hdf5 *h, struct cursor *c, struct superblock *s, uint64_t *other)
{
	uint64_t base = hdf5_address(h, c);

	*other = hdf5_address(h, c);
	s->end = hdf5_address(h, c);
	if (s->end != HDF5_UNDEFINED && s->end >= base)
		s->end -= base;
}

/* 0, 1: versions | sizes | tree widths | flags | base, free space, end, driver | entry of the root group */
static void read_old(struct hdf5 *h, struct cursor *c, unsigned version, struct superblock *s)
{
	uint64_t free_space;

	cursor_take(c, 1 + 1 + 1 + 1);
	take_sizes(h, c);
	cursor_take(c, 1 + 2 + 2 + 4 + (version == 1 ? 4 : 0));
	if (!cursor_ok(c))
		return;
	take_addresses(h, c, s, &free_space);
	if (hdf5_address(h, c) != HDF5_UNDEFINED && cursor_ok(c))
		hdf5_unexamined(h, c->pos, "is one of several files that belong together; the others were not examined");
	hdf5_address(h, c);
	s->root = hdf5_address(h, c);
}

/* 2, 3: sizes | flags | base, extension, end, root | checksum */
static void read_new(struct hdf5 *h, struct cursor *c, struct superblock *s)
{
	take_sizes(h, c);
	cursor_u8(c);
	if (!cursor_ok(c))
		return;
	take_addresses(h, c, s, &s->extension);
	s->root = hdf5_address(h, c);
	hdf5_take_checksum(h, c, 0);
}

static bool read_superblock(struct hdf5 *h, struct superblock *s)
{
	struct cursor c = cursor_over(h->in);

	*s = (struct superblock){.extension = HDF5_UNDEFINED};
	cursor_take(&c, signature.len);
	uint8_t version = cursor_u8(&c);
	if (version > 3)
		cursor_fail(&c, "has a superblock of a version that is not known here");
	else if (version > 1)
		read_new(h, &c, s);
	else
		read_old(h, &c, version, s);
	hdf5_spend(h, c.pos);
	return !hdf5_failed(h, &c);
}

/* What stands before the superblock and behind the end belongs to nobody, or to somebody else. */
static void add_surroundings(struct hdf5 *h, struct bytes in, const struct superblock *s)
{
	struct part *p;

	if (h->base > 0) {
		p = artifact_add(h->art, PART_EMBEDDED, 0, BYTES(""), bytes_slice(in, 0, h->base));
		p->guessed = true;
	}
	if (s->end > h->in.len) {
		hdf5_malformed(h, h->in.len, "ends before the place where it says it does");
	} else if (s->end < h->in.len) {
		p = artifact_add(h->art, PART_EMBEDDED, h->base + s->end, BYTES(""), bytes_from(h->in, s->end));
		p->guessed = true;
		artifact_note(h->art, "file.tail", h->base + s->end, "goes on behind the end of its HDF5 data");
	}
}

static void check_extension(struct hdf5 *h, uint64_t address)
{
	if (address != HDF5_UNDEFINED && hdf5_message(hdf5_object(h, address), MESSAGE_DRIVER))
		hdf5_unexamined(h, address, "is one of several files that belong together; the others were not examined");
}

/* ---- objects ---- */

static bool is_group(const struct hdf5_object *object)
{
	return hdf5_message(object, MESSAGE_SYMBOL_TABLE) || hdf5_message(object, MESSAGE_LINK_INFO) || hdf5_message(object, MESSAGE_LINK) ||
	       hdf5_message(object, MESSAGE_GROUP_INFO);
}

static void add_group(struct hdf5 *h, const struct hdf5_object *object, struct bytes path)
{
	struct text name;

	text_init(&name, h->art->arena);
	text_add(&name, path);
	if (!bytes_same(path, "/"))
		text_add_byte(&name, '/');
	artifact_add(h->art, PART_METADATA, h->base + object->address, text_bytes(&name), BYTES(""));
}

static void look_at(struct hdf5 *h, const struct hdf5_visit *v)
{
	struct hdf5_object *object = hdf5_object(h, v->address);

	if (object->visited)
		return;
	object->visited = true;
	const struct hdf5_message *type = hdf5_message(object, MESSAGE_TYPE);
	bool group = is_group(object), dataset = hdf5_message(object, MESSAGE_LAYOUT);
	if (group)
		add_group(h, object, v->path);
	if (dataset)
		hdf5_read_dataset(h, object, v->path);
	else if (type)
		hdf5_data(h, type);     /* a type by itself: what is wrong with it is reported */
	else if (!group && !object->broken)
		hdf5_unexamined(h, v->address, "has an object that is no group, dataset or type");
	hdf5_read_attributes(h, object, v->path);
	hdf5_read_links(h, object, v->path);
}

/* ---- Keras ---- */

/* What keras reads from the root of a model file: without it, or unreadable, nothing is loaded. */
static bool is_configuration(struct bytes name)
{
	return bytes_same(name, "/@model_config") || bytes_same(name, "/@training_config");
}

static void judge_configurations(struct artifact *art)
{
	for (const struct part *p = art->parts; p; p = p->next) {
		if (p->kind != PART_METADATA || p->value.len == 0)
			continue;
		bool named = is_configuration(p->name);
		if (named || keras_is_likely(p->value))
			keras_judge(art, &(struct keras_document){.text = p->value, .offset = p->offset, .legacy = true, .stored = true, .demanded = named});
	}
}

/* A placeholder: a signature with nothing behind it, which no reader opens; a file that was cut is shorter. */
static bool is_empty(struct bytes in)
{
	enum { LEAST = 64 };

	if (in.len < LEAST)
		return false;
	for (size_t i = signature.len; i < in.len; i++)
		if (in.at[i] != 0)
			return false;
	return true;
}

static void parse(const struct source *source, struct artifact *art)
{
	enum { SLACK = 1 << 16 };
	int64_t at = find_superblock(source->content);
	struct hdf5 h = {.art = art};
	struct superblock s;

	if (at == NOT_FOUND)
		return;
	h.base = (uint64_t)at;
	h.in = bytes_from(source->content, h.base);
	h.left = (uint64_t)h.in.len * 2 + SLACK;
	h.last = &h.next;
	if (is_empty(h.in) || !read_superblock(&h, &s))
		return;
	add_surroundings(&h, source->content, &s);
	check_extension(&h, s.extension);
	hdf5_visit(&h, BYTES("/"), s.root);
	for (const struct hdf5_visit *v = h.next; v && !h.out_of_budget; v = v->after)
		look_at(&h, v);
	judge_configurations(art);
}

const struct format format_hdf5 = {
	.name = "hdf5",
	.title = "HDF5 file",
	.spec = "HDF5 File Format Specification 3.0; keras legacy/saving/legacy_h5_format.py",
	.extensions = "h5 hdf5 he5 hdf keras",
	.may_claim = may_claim,
	.probe = probe,
	.parse = parse,
};
