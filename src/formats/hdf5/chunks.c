/* Chunks of a dataset (specification III.A.1), read only where a value may be a program. */
#include "codecs/unpack.h"
#include "formats/hdf5/dataset.h"
#include "formats/hdf5/trees.h"

enum { GATHER_MOST = 64 << 20, CHECKSUM = 4 };

struct gathering {
	struct hdf5_dataset *d;
	struct text all;
	bool (*wanted)(struct hdf5 *, struct bytes first);
	bool begun, failed, enough;
};

/* Shuffled: all first bytes of the elements, then all second ones, and so on. */
static struct bytes unshuffle(struct hdf5 *h, struct bytes in, uint64_t size)
{
	unsigned char *out = arena_alloc(h->art->arena, in.len, 1);
	size_t count = in.len / size, whole = count * size;

	for (size_t i = 0; i < whole; i++)
		out[i] = in.at[i % size * count + i / size];
	for (size_t i = whole; i < in.len; i++)
		out[i] = in.at[i];
	return (struct bytes){out, in.len};
}

static bool undo(struct hdf5_dataset *d, unsigned filter, struct bytes *chunk)
{
	if (filter == FILTER_FLETCHER32 && chunk->len >= CHECKSUM) {
		chunk->len -= CHECKSUM;
		return true;
	}
	if (filter == FILTER_SHUFFLE) {
		if (d->type.size > 1 && d->type.size <= chunk->len)
			*chunk = unshuffle(d->h, *chunk, d->type.size);
		return true;
	}
	if (filter != FILTER_DEFLATE)
		return false;
	struct unpacked u = unpack(d->h->art->arena, PACKING_ZLIB, *chunk, d->chunk_size, GATHER_MOST);
	*chunk = u.content;
	return u.end == UNPACK_WHOLE;
}

static void add_chunk(void *context, struct bytes key, uint64_t address)
{
	struct gathering *g = context;
	struct hdf5_dataset *d = g->d;
	struct cursor c = cursor_over(key);
	uint64_t size = cursor_u32le(&c);
	uint32_t left_out = cursor_u32le(&c);
	struct bytes chunk = bytes_slice(d->h->in, address, size);

	if (g->enough || g->failed || !hdf5_spend(d->h, chunk.len))
		return;
	for (unsigned i = d->filter_count; i > 0 && !g->failed; i--)
		if (!(left_out & 1u << (i - 1)))
			g->failed = !undo(d, d->filters[i - 1], &chunk);
	g->failed |= g->all.len + chunk.len > GATHER_MOST;
	if (g->failed)
		return;
	text_add(&g->all, chunk);
	if (!g->begun && g->wanted && !g->wanted(d->h, chunk))
		g->enough = true;
	g->begun = true;
}

bool hdf5_gather(struct hdf5_dataset *d, bool (*wanted)(struct hdf5 *, struct bytes first), struct bytes *out)
{
	struct gathering g = {.d = d, .wanted = wanted};

	text_init(&g.all, d->h->art->arena);
	if (d->other_index || d->rank == 0)
		return false;
	if (d->chunks != HDF5_UNDEFINED)
		hdf5_walk_tree(d->h, d->chunks, d->rank, add_chunk, &g);
	*out = text_bytes(&g.all);
	return !g.failed;
}
