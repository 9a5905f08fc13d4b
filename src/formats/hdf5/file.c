#include "formats/hdf5/file.h"

#include <string.h>

#include "base/lookup3.h"

enum { COMPLAINTS_MOST = 20, NAME_SHOWN = 100 };

struct hdf5_slot {
	uint64_t key;
	void *value;
	bool used;
};

void hdf5_visit(struct hdf5 *h, struct bytes path, uint64_t address)
{
	struct hdf5_visit *v = arena_new(h->art->arena, struct hdf5_visit);

	*v = (struct hdf5_visit){.path = path, .address = address};
	*h->last = v;
	h->last = &v->after;
}

/* ---- reading ---- */

struct cursor hdf5_at(const struct hdf5 *h, uint64_t address)
{
	struct cursor c = cursor_over(h->in);

	cursor_seek(&c, address);
	return c;
}

uint64_t hdf5_number(struct cursor *c, unsigned width)
{
	struct bytes b = cursor_take(c, width);
	uint64_t v = 0;

	for (size_t i = b.len; i > 0; i--)
		v = v << 8 | b.at[i - 1];
	return v;
}

uint64_t hdf5_length(const struct hdf5 *h, struct cursor *c)
{
	return hdf5_number(c, h->length_size);
}

uint64_t hdf5_address(const struct hdf5 *h, struct cursor *c)
{
	uint64_t v = hdf5_number(c, h->offset_size);
	uint64_t undefined = UINT64_MAX >> (64 - 8 * h->offset_size);

	return v == undefined ? HDF5_UNDEFINED : v;
}

unsigned hdf5_log2(uint64_t number)
{
	unsigned n = 0;

	while (number >>= 1)
		n++;
	return n;
}

unsigned hdf5_width(uint64_t most)
{
	return hdf5_log2(most) / 8 + 1;
}

/* ---- what goes wrong ---- */

static void complain(struct hdf5 *h, const char *id, uint64_t address, const char *what)
{
	if (h->complaints++ < COMPLAINTS_MOST)
		artifact_note(h->art, id, address <= h->in.len ? h->base + address : h->base, "%s", what);
}

void hdf5_malformed(struct hdf5 *h, uint64_t address, const char *what)
{
	complain(h, "file.malformed", address, what);
}

void hdf5_unexamined(struct hdf5 *h, uint64_t address, const char *what)
{
	complain(h, "file.unexamined", address, what);
}

bool hdf5_failed(struct hdf5 *h, const struct cursor *c)
{
	if (cursor_ok(c))
		return false;
	/* A cursor over part of the file does not know where that part lies. */
	bool whole = c->all.at == h->in.at;
	size_t offset = whole || c->all.len == 0 ? 0 : (size_t)(c->all.at - h->in.at);
	hdf5_malformed(h, offset + c->why_at, c->why);
	return true;
}

bool hdf5_spend(struct hdf5 *h, uint64_t bytes)
{
	if (!h->out_of_budget && bytes <= h->left) {
		h->left -= bytes;
		h->art->bytes_read += bytes;
		return true;
	}
	if (!h->out_of_budget)
		artifact_note(h->art, "file.unexamined", h->base, "points at the same bytes again and again; the rest was not examined");
	h->out_of_budget = true;
	return false;
}

bool hdf5_enter(struct hdf5 *h, uint64_t address)
{
	void **slot = hdf5_slot(h, &h->seen, address);

	if (*slot)
		hdf5_malformed(h, address, "uses one block of its structure twice");
	bool first = !*slot;
	*slot = h;
	return first && !h->out_of_budget;
}

void hdf5_take_checksum(struct hdf5 *h, struct cursor *c, uint64_t from)
{
	uint64_t to = c->pos;
	uint32_t said = cursor_u32le(c);

	if (cursor_ok(c) && lookup3(bytes_slice(h->in, from, to - from)) != said)
		hdf5_malformed(h, from, "has a block with a wrong checksum, which readers refuse");
}

const char *hdf5_shown(struct hdf5 *h, struct bytes name)
{
	struct text t;

	text_init(&t, h->art->arena);
	text_add_printable(&t, name, NAME_SHOWN);
	return text_string(&t);
}

/* ---- maps ---- */

static struct hdf5_slot *find_slot(struct hdf5_map *map, uint64_t key)
{
	size_t at = (size_t)((key * 0x9E3779B97F4A7C15u) >> 20) & (map->room - 1);

	while (map->slots[at].used && map->slots[at].key != key)
		at = (at + 1) & (map->room - 1);
	return &map->slots[at];
}

static void grow(struct hdf5 *h, struct hdf5_map *map)
{
	struct hdf5_map old = *map;

	map->room = old.room ? old.room * 2 : 64;
	map->slots = arena_alloc(h->art->arena, map->room, sizeof *map->slots);
	for (size_t i = 0; i < old.room; i++)
		if (old.slots[i].used)
			*find_slot(map, old.slots[i].key) = old.slots[i];
}

void **hdf5_slot(struct hdf5 *h, struct hdf5_map *map, uint64_t address)
{
	if (map->count * 2 >= map->room)
		grow(h, map);
	struct hdf5_slot *slot = find_slot(map, address);
	map->count += !slot->used;
	slot->used = true;
	slot->key = address;
	return &slot->value;
}
