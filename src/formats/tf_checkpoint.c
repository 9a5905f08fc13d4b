/*
 * TensorFlow checkpoints (tensorflow/core/util/tensor_bundle): the .index, a
 * table of tensors by name, and the .data files beside it, which hold raw numbers.
 *
 *   table: blocks of entries | index of the blocks | 48 bytes: two handles, padding, magic (leveldb, doc/table_format.md)
 *   entry: varint shared | varint unshared | varint length | rest of the key | value
 *   block: entries | restart points | u32 their count, then a byte for compression and a u32 checksum
 */
#include <string.h>

#include "syntax/protobuf.h"
#include "types/format.h"

static const struct bytes magic = BYTES("\x57\xfb\x80\x8b\x24\x75\x47\xdb");
enum { FOOTER = 48, TRAILER = 5, KEY_MOST = 65536, NAME_MOST = 4096, SHARDS_MOST = 1 << 20, BLOCKS_MOST = 1 << 20,
	HEADER_SHARDS = 1, ENTRY_SHARD = 3, ENTRY_OFFSET = 4, ENTRY_SIZE = 5 };

/* "model.ckpt-10.data-00000-of-00001" */
static bool is_data_name(struct bytes name)
{
	struct bytes tail = name.len > 19 ? bytes_from(name, name.len - 20) : BYTES("");

	return bytes_start_with(tail, BYTES(".data-")) && bytes_equal(bytes_slice(tail, 11, 4), BYTES("-of-"));
}

static bool may_claim(const struct source *source)
{
	return bytes_end_with(source->last, magic) || is_data_name(bytes_of(source->name));
}

static int probe(const struct source *source, struct arena *arena)
{
	(void)arena;
	if (source->content.len >= FOOTER && bytes_end_with(source->content, magic))
		return 95;
	return is_data_name(bytes_of(source->name)) ? 30 : 0;
}

struct handle {
	uint64_t at, len;
};

static struct handle read_handle(struct cursor *c)
{
	struct handle h;

	h.at = proto_varint(c);
	h.len = proto_varint(c);
	return h;
}

struct table {
	struct artifact *art;
	struct bytes in;
	uint64_t shards;
	unsigned char key[KEY_MOST];
	size_t key_len;
};

/* The entries of a block; false when it cannot be read, which is then on record. */
static bool open_block(struct table *t, struct handle h, struct cursor *out)
{
	struct bytes block = bytes_slice(t->in, h.at, h.len);
	struct bytes trailer = bytes_slice(t->in, h.at + h.len, TRAILER);

	if (h.at > t->in.len || h.len > t->in.len || block.len != h.len || trailer.len != TRAILER || h.len < 4) {
		artifact_note(t->art, "file.malformed", h.at < t->in.len ? h.at : 0, "has a table whose blocks lie outside of it");
		return false;
	}
	if (trailer.at[0] != 0) {
		artifact_note(t->art, "file.unexamined", h.at, "has a table whose blocks are compressed");
		return false;
	}
	struct cursor count = cursor_over(bytes_from(block, h.len - 4));
	uint64_t restarts = (uint64_t)cursor_u32le(&count) * 4 + 4;
	if (restarts > h.len) {
		artifact_note(t->art, "file.malformed", h.at, "has a table with a block that is too short");
		return false;
	}
	*out = cursor_over(bytes_slice(block, 0, h.len - restarts));
	t->art->bytes_read += h.len + TRAILER;
	t->key_len = 0;
	return true;
}

/* The next entry; its key is in the table, put together from what it shares with the one before. */
static bool next_entry(struct table *t, struct cursor *c, struct bytes *value)
{
	if (!cursor_ok(c) || cursor_left(c) == 0)
		return false;
	uint64_t shared = proto_varint(c), unshared = proto_varint(c), len = proto_varint(c);
	struct bytes rest = cursor_take(c, unshared);
	*value = cursor_take(c, len);
	if (cursor_ok(c) && (shared > t->key_len || rest.len > KEY_MOST - shared))
		cursor_fail(c, "has a table with a name that cannot be put together");
	if (!cursor_ok(c))
		return false;
	if (rest.len)
		memcpy(t->key + shared, rest.at, rest.len);
	t->key_len = (size_t)shared + rest.len;
	return true;
}

static void read_entry(struct table *t, struct bytes value)
{
	struct bytes key = {t->key, t->key_len < NAME_MOST ? t->key_len : NAME_MOST};
	uint64_t at = (uint64_t)(value.at - t->in.at), shard, offset, size;
	struct bytes description;

	if (key.len == 0) {
		/* The first version keeps its tensors in the table itself: a description of them, where the number of files is now. */
		if (proto_bytes(value, HEADER_SHARDS, &description) && description.len > 0)
			return;
		if (!proto_integer(value, HEADER_SHARDS, &t->shards) || t->shards == 0 || t->shards > SHARDS_MOST)
			artifact_note(t->art, "file.malformed", at, "says that its data lies in %llu files", (unsigned long long)t->shards);
		return;
	}
	proto_integer(value, ENTRY_SHARD, &shard);
	proto_integer(value, ENTRY_OFFSET, &offset);
	proto_integer(value, ENTRY_SIZE, &size);
	if ((t->shards && shard >= t->shards) || offset > INT64_MAX || size > INT64_MAX || offset + size > INT64_MAX)
		artifact_note(t->art, "file.malformed", at, "has a tensor that lies where no file can hold it");
	artifact_add(t->art, PART_TENSOR, at, arena_copy(t->art->arena, key), BYTES(""));
}

static void read_block(struct table *t, struct handle h)
{
	struct cursor c;
	struct bytes value;

	if (!open_block(t, h, &c))
		return;
	while (next_entry(t, &c, &value))
		read_entry(t, value);
	if (!cursor_ok(&c))
		artifact_note(t->art, "file.malformed", h.at + c.why_at, "%s", c.why);
}

static void parse(const struct source *source, struct artifact *art)
{
	struct bytes in = source->content;
	struct table *t = arena_new(art->arena, struct table);
	struct cursor footer = cursor_over(bytes_from(in, in.len > FOOTER ? in.len - FOOTER : 0)), index;
	struct bytes value;

	if (!bytes_end_with(in, magic) || in.len < FOOTER)
		return;         /* raw numbers */
	*t = (struct table){.art = art, .in = in};
	art->bytes_read += FOOTER;
	read_handle(&footer);
	if (!open_block(t, read_handle(&footer), &index))
		return;
	/* Blocks are read in the order of the file, each once: an index that goes back is none. */
	uint64_t end = 0;
	for (unsigned i = 0; i < BLOCKS_MOST && next_entry(t, &index, &value); i++) {
		struct cursor c = cursor_over(value);
		struct handle h = read_handle(&c);
		if (!cursor_ok(&c) || h.at < end) {
			cursor_fail(&index, "has a table whose blocks overlap");
			break;
		}
		struct bytes key = arena_copy(art->arena, (struct bytes){t->key, t->key_len});
		read_block(t, h);
		end = h.at + h.len;
		memcpy(t->key, key.at, key.len);
		t->key_len = key.len;
	}
	if (!cursor_ok(&footer) || !cursor_ok(&index))
		artifact_note(art, "file.malformed", in.len - FOOTER, "%s", index.why ? index.why : footer.why);
}

const struct format format_tf_checkpoint = {
	.name = "tf-checkpoint",
	.title = "TensorFlow checkpoint",
	.spec = "tensorflow/core/util/tensor_bundle/tensor_bundle.h; leveldb doc/table_format.md",
	.extensions = "",
	.may_claim = may_claim,
	.probe = probe,
	.parse = parse,
};
