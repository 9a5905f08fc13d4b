#include "formats/nested.h"

#include "codecs/encoding.h"
#include "formats/pickle/streams.h"

static bool starts_like_container(struct bytes b)
{
	static const struct bytes starts[] = {
		BYTES("PK\3\4"), BYTES("\x93NUMPY"), BYTES("\x1f\x8b\x08"), BYTES("BZh"), BYTES("\xfd" "7zXZ"), BYTES("\x28\xb5\x2f\xfd"),
		BYTES("\x04\x22\x4d\x18"), BYTES("7z\xbc\xaf\x27\x1c"), BYTES("GGUF"), BYTES("\x7f" "ELF"), BYTES("\x89HDF"),
	};
	for (size_t i = 0; i < COUNT_OF(starts); i++)
		if (b.len > 0 && b.at[0] == starts[i].at[0] && bytes_start_with(b, starts[i]))
			return true;
	/* zlib: deflate, a window of 32 KB, and a check over both bytes */
	return b.len > 8 && b.at[0] == 0x78 && (b.at[0] * 256 + b.at[1]) % 31 == 0;
}

/* Long enough, nothing but the alphabet, and a file when decoded. */
static bool is_encoded_file(struct arena *arena, struct bytes b, bool (*decode)(struct arena *, struct bytes, struct bytes *))
{
	enum { SHORTEST = 16, LONGEST = 64 << 20 };
	struct arena_mark mark = arena_mark(arena);
	struct bytes decoded;

	if (b.len < SHORTEST || b.len > LONGEST)
		return false;
	bool found = decode(arena, b, &decoded) && (starts_like_container(decoded) || pickle_has_import(arena, decoded));
	arena_rewind(arena, mark);
	return found;
}

void nested_look(struct artifact *art, struct bytes value, uint64_t offset)
{
	enum packing packing;

	if (starts_like_container(value) || pickle_has_import(art->arena, value))
		packing = PACKING_NONE;
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
