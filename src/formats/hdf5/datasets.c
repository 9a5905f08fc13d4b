/*
 * Datasets (specification IV.A.2.h, i and l).  Numbers are not looked at, but where they come from is:
 * out of this file, out of another, or through a filter that a library has to be loaded for.
 *
 *   layout 1, 2:  version | u8 rank | u8 class | 5 bytes | address | sizes
 *   layout 3 on:  version | u8 class | what the class needs
 */
#include "formats/hdf5/dataset.h"

#include "formats/hdf5/heaps.h"
#include "formats/pickle/streams.h"

/* ---- layouts ---- */

static uint64_t take_sizes(struct cursor *c, unsigned rank, unsigned width)
{
	uint64_t product = 1;

	for (unsigned i = 0; i < rank && cursor_ok(c); i++)
		if (__builtin_mul_overflow(product, hdf5_number(c, width), &product))
			product = UINT64_MAX;
	return product;
}

static void take_old_layout(struct hdf5_dataset *d, struct cursor *c)
{
	d->rank = cursor_u8(c);
	d->layout = (enum hdf5_layout)cursor_u8(c);
	cursor_take(c, 5);
	uint64_t address = d->layout == LAYOUT_COMPACT ? HDF5_UNDEFINED : hdf5_address(d->h, c);
	d->chunk_size = take_sizes(c, d->rank, 4);
	if (d->layout == LAYOUT_CHUNKED)
		d->chunks = address;
	else if (d->layout == LAYOUT_COMPACT)
		d->stored = cursor_take(c, cursor_u32le(c));
	else if (address != HDF5_UNDEFINED)
		d->stored = bytes_slice(d->h->in, address, d->size);
}

static void take_contiguous(struct hdf5_dataset *d, struct cursor *c)
{
	uint64_t address = hdf5_address(d->h, c), length = hdf5_length(d->h, c);

	if (cursor_ok(c) && address != HDF5_UNDEFINED)
		d->stored = bytes_slice(d->h->in, address, length);
}

/* Version 3: u8 rank | address | u32 sizes.  Later: u8 flags | u8 rank | u8 width | sizes | u8 kind of index | its own | address. */
static void take_chunked(struct hdf5_dataset *d, struct cursor *c, unsigned version)
{
	enum { SINGLE_FILTERED = 2, INDEX_SINGLE = 1, WIDTH_MOST = 8 };
	uint8_t flags = version > 3 ? cursor_u8(c) : 0;

	d->rank = cursor_u8(c);
	if (version == 3) {
		d->chunks = hdf5_address(d->h, c);
		d->chunk_size = take_sizes(c, d->rank, 4);
		return;
	}
	unsigned width = cursor_u8(c);
	if (cursor_ok(c) && (width < 1 || width > WIDTH_MOST))
		cursor_fail(c, "has a dataset in chunks whose sizes make no sense");
	d->chunk_size = take_sizes(c, d->rank, width);
	d->other_index = cursor_u8(c) != INDEX_SINGLE || flags & SINGLE_FILTERED;
	if (d->other_index)
		return;
	uint64_t address = hdf5_address(d->h, c);
	if (cursor_ok(c) && address != HDF5_UNDEFINED)
		d->stored = bytes_slice(d->h->in, address, d->chunk_size);
}

/* The block it points at: u8 version | number of sources | the first one's file NUL | its dataset NUL | ... */
static void take_virtual(struct hdf5_dataset *d, struct cursor *c, uint64_t at)
{
	uint64_t address = hdf5_address(d->h, c);
	uint32_t index = cursor_u32le(c);

	if (!cursor_ok(c))
		return;
	struct cursor sources = cursor_over(address == HDF5_UNDEFINED ? BYTES("") : hdf5_global_object(d->h, address, index));
	cursor_u8(&sources);
	hdf5_length(d->h, &sources);
	struct bytes file = cursor_until(&sources, 0);
	artifact_note(d->h->art, "hdf5.virtual", d->h->base + at, "has a dataset \"%s\" whose values come from other files, first of them \"%s\"",
		      hdf5_shown(d->h, d->path), hdf5_shown(d->h, file));
}

static void take_layout(struct hdf5_dataset *d, struct cursor *c, unsigned version, uint64_t at)
{
	d->layout = (enum hdf5_layout)cursor_u8(c);
	if (d->layout == LAYOUT_COMPACT)
		d->stored = cursor_take(c, cursor_u16le(c));
	else if (d->layout == LAYOUT_CONTIGUOUS)
		take_contiguous(d, c);
	else if (d->layout == LAYOUT_CHUNKED)
		take_chunked(d, c, version);
	else if (d->layout == LAYOUT_VIRTUAL)
		take_virtual(d, c, at);
}

static void read_layout(struct hdf5_dataset *d, const struct hdf5_message *m)
{
	enum { VERSION_LAST = 5 };
	struct cursor c = cursor_over(hdf5_data(d->h, m));
	uint8_t version = cursor_u8(&c);

	d->chunks = HDF5_UNDEFINED;
	if (version == 1 || version == 2)
		take_old_layout(d, &c);
	else if (version > 2 && version <= VERSION_LAST)
		take_layout(d, &c, version, m->at);
	if (cursor_ok(&c) && (version == 0 || version > VERSION_LAST || d->layout > LAYOUT_VIRTUAL))
		hdf5_unexamined(d->h, m->at, "has a dataset laid out in a way that is not known here");
	hdf5_failed(d->h, &c);
}

/* ---- filters ---- */

/* Version 1 pads names and values to eight bytes; version 2 names only filters that are not its own. */
static unsigned take_filter(struct cursor *c, unsigned version, struct bytes *name)
{
	enum { NAMED_FROM = 256 };
	unsigned id = cursor_u16le(c);
	bool named = version == 1 || id >= NAMED_FROM;
	uint64_t length = named ? cursor_u16le(c) : 0;

	cursor_u16le(c);
	unsigned values = cursor_u16le(c);
	*name = cursor_take(c, version == 1 ? (length + 7) / 8 * 8 : length);
	cursor_take(c, values * 4u + (version == 1 && values % 2 ? 4 : 0));
	return id;
}

static void note_filter(struct hdf5_dataset *d, unsigned id, struct bytes name, uint64_t at)
{
	struct bytes shown = bytes_slice(name, 0, bytes_find_byte(name, 0));

	/* h5py brings LZF along itself. */
	if ((id >= FILTER_DEFLATE && id <= FILTER_LAST_BUILT_IN) || id == FILTER_LZF)
		return;
	artifact_note(d->h->art, "hdf5.filter", d->h->base + at, "has a dataset \"%s\" packed by filter %u \"%s\", for which a library is loaded",
		      hdf5_shown(d->h, d->path), id, hdf5_shown(d->h, shown));
}

static void read_filters(struct hdf5_dataset *d, const struct hdf5_message *m)
{
	struct cursor c = cursor_over(hdf5_data(d->h, m));
	uint8_t version = cursor_u8(&c), count = cursor_u8(&c);

	if (cursor_ok(&c) && (version == 0 || version > 2 || count > HDF5_FILTERS_MOST))
		cursor_fail(&c, "has a dataset packed in a way that is not known here");
	cursor_take(&c, version == 1 ? 6 : 0);
	for (unsigned i = 0; i < count && cursor_ok(&c); i++) {
		struct bytes name;
		unsigned id = take_filter(&c, version, &name);
		if (!cursor_ok(&c))
			break;
		d->filters[d->filter_count++] = id;
		note_filter(d, id, name, m->at);
	}
	hdf5_failed(d->h, &c);
}

/* ---- data in other files ---- */

/* u8 version | 3 bytes | u16 slots | u16 used | heap of names | slots: offset of the name, offset in the file, length */
static void read_external(struct hdf5_dataset *d, const struct hdf5_message *m)
{
	enum { SHOWN_MOST = 8 };
	struct hdf5 *h = d->h;
	struct cursor c = cursor_over(hdf5_data(h, m));

	cursor_take(&c, 1 + 3 + 2);
	unsigned used = cursor_u16le(&c);
	uint64_t address = hdf5_address(h, &c);
	struct bytes names = cursor_ok(&c) ? hdf5_local_heap(h, address) : BYTES("");
	for (unsigned i = 0; i < used && i < SHOWN_MOST && cursor_ok(&c); i++) {
		uint64_t name = hdf5_length(h, &c);
		hdf5_length(h, &c);
		hdf5_length(h, &c);
		if (cursor_ok(&c))
			artifact_note(h->art, "hdf5.external-file", h->base + m->at, "has a dataset \"%s\" whose values are read from the file \"%s\"",
				      hdf5_shown(h, d->path), hdf5_shown(h, hdf5_local_string(h, names, name)));
	}
	hdf5_failed(h, &c);
}

/* ---- values that may be programs ---- */

static bool begins_like_a_pickle(struct hdf5 *h, struct bytes first)
{
	bool header = first.len > 1 && first.at[0] == 0x80 && first.at[1] <= 5;

	return header || pickle_has_import(h->art->arena, first);
}

static void look_at_elements(struct hdf5_dataset *d, struct bytes values)
{
	struct cursor c = cursor_over(values);
	bool variable = d->type.class == CLASS_VARIABLE;

	while (d->type.size > 0 && cursor_left(&c) >= d->type.size && cursor_ok(&c) && hdf5_spend(d->h, variable ? 0 : d->type.size)) {
		struct bytes element = cursor_take(&c, d->type.size);
		struct cursor reference = cursor_over(element);
		hdf5_look_inside(d->h, variable ? hdf5_variable(d->h, &reference, d->type.piece) : element);
	}
}

/* Strings, opaque values and bytes are what libraries keep pickles in; other numbers are only numbers. */
static void look_at_values(struct hdf5_dataset *d)
{
	const struct hdf5_type *t = &d->type;
	bool elements = t->class == CLASS_STRING || t->class == CLASS_OPAQUE || (t->class == CLASS_VARIABLE && t->piece == 1);
	struct bytes values = d->stored;

	if (!elements && !t->bytes)
		return;
	bool chunked = d->layout == LAYOUT_CHUNKED && d->stored.len == 0;
	if (chunked && !hdf5_gather(d, elements ? NULL : begins_like_a_pickle, &values) && elements && !t->text) {
		hdf5_unexamined(d->h, d->at, "has values of any kind packed in a way that is not read here");
		return;
	}
	if (elements)
		look_at_elements(d, values);
	else
		hdf5_look_inside(d->h, values);
}

/* ---- the whole ---- */

/* Readers make room for all that is declared, stored or not. */
static void check_size(struct hdf5_dataset *d)
{
	enum { EXPANSION_MOST = 1000 };
	const uint64_t floor = (uint64_t)4 << 30;

	if (d->size > floor && d->size / EXPANSION_MOST > d->h->in.len)
		artifact_note(d->h->art, "file.bomb", d->h->base + d->at, "has a dataset \"%s\" of %llu bytes, more than a thousand times its own size",
			      hdf5_shown(d->h, d->path), (unsigned long long)d->size);
}

void hdf5_read_dataset(struct hdf5 *h, const struct hdf5_object *object, struct bytes path)
{
	struct hdf5_dataset d = {.h = h, .path = path, .at = object->address};
	const struct hdf5_message *type = hdf5_message(object, MESSAGE_TYPE), *space = hdf5_message(object, MESSAGE_SPACE);
	const struct hdf5_message *filters = hdf5_message(object, MESSAGE_FILTERS), *external = hdf5_message(object, MESSAGE_EXTERNAL_FILES);
	bool known = type && space && hdf5_read_type(h, hdf5_data(h, type), &d.type) && hdf5_read_space(h, hdf5_data(h, space), &d.count);

	if (!type || !space)
		hdf5_malformed(h, object->address, "has a dataset without a type or a shape");
	if (known && (__builtin_mul_overflow(d.count, d.type.size, &d.size) || __builtin_mul_overflow(d.size, d.type.repeat, &d.size)))
		d.size = UINT64_MAX;
	read_layout(&d, hdf5_message(object, MESSAGE_LAYOUT));
	if (filters)
		read_filters(&d, filters);
	if (external)
		read_external(&d, external);
	uint64_t at = d.stored.len ? (uint64_t)(d.stored.at - h->in.at) : object->address;
	artifact_add(h->art, PART_TENSOR, h->base + at, path, d.stored);
	check_size(&d);
	if (known)
		look_at_values(&d);
}
