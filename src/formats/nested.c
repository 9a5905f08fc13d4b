#include "formats/nested.h"

#include "codecs/encoding.h"
#include "formats/pickle/streams.h"

static bool starts_like_container(struct bytes b)
{
	static const struct bytes starts[] = {
		BYTES("PK\3\4"), BYTES("\x93NUMPY"), BYTES("\x1f\x8b\x08"), BYTES("BZh"), BYTES("\xfd" "7zXZ"), BYTES("\x28\xb5\x2f\xfd"),
		BYTES("\x04\x22\x4d\x18"), BYTES("7z\xbc\xaf\x27\x1c"), BYTES("GGUF"), BYTES("\x7f" "ELF"), BYTES("\x89HDF"),
	};
	static const bool first[256] = {
		['P'] = true, [0x93] = true, [0x1f] = true, ['B'] = true, [0xfd] = true, [0x28] = true, [4] = true, ['7'] = true, ['G'] = true, [0x7f] = true,
		[0x89] = true, [0x78] = true,
	};
	if (b.len == 0 || !first[b.at[0]])
		return false;
	for (size_t i = 0; i < COUNT_OF(starts); i++)
		if (bytes_start_with(b, starts[i]))
			return true;
	/* zlib: deflate, a window of 32 KB, and a check over both bytes */
	return b.len > 8 && b.at[0] == 0x78 && (b.at[0] * 256 + b.at[1]) % 31 == 0;
}

/* Nothing but the alphabet, and a file when decoded. */
static bool is_encoded_file(struct arena *arena, struct bytes b, bool (*decode)(struct arena *, struct bytes, struct bytes *))
{
	struct arena_mark mark = arena_mark(arena);
	struct bytes decoded;

	bool found = decode(arena, b, &decoded) && (starts_like_container(decoded) || pickle_has_import(arena, decoded));
	arena_rewind(arena, mark);
	return found;
}

void nested_look(struct artifact *art, struct bytes value, uint64_t offset)
{
	enum { ENCODED_LEAST = 16, ENCODED_MOST = 64 << 20 };
	enum packing packing;

	if (starts_like_container(value) || pickle_has_import(art->arena, value))
		packing = PACKING_NONE;
	else if (value.len < ENCODED_LEAST || value.len > ENCODED_MOST)
		return;
	else if (is_encoded_file(art->arena, value, decode_hex))
		packing = PACKING_HEX;
	else if (is_encoded_file(art->arena, value, decode_base64))
		packing = PACKING_BASE64;
	else
		return;
	struct part *p = artifact_add(art, PART_EMBEDDED, offset, BYTES(""), value);
	p->packing = packing;
	p->guessed = true;
}
