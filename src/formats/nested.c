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

/* Encoders break their lines; whoever decodes passes over that. */
static struct bytes without_breaks(struct arena *arena, struct bytes b)
{
	struct text t;

	if (bytes_find_byte(b, '\n') == b.len)
		return b;
	text_init(&t, arena);
	for (size_t i = 0; i < b.len; i++)
		if (b.at[i] != '\n' && b.at[i] != '\r')
			text_add_byte(&t, (char)b.at[i]);
	return text_bytes(&t);
}

/* How a file is encoded in a text, which loses its line breaks; PACKING_NONE when there is none. */
static enum packing find_encoded(struct arena *arena, struct bytes *value)
{
	enum { ENCODED_LEAST = 16, ENCODED_MOST = 64 << 20 };
	struct arena_mark mark = arena_mark(arena);

	if (value->len < ENCODED_LEAST || value->len > ENCODED_MOST)
		return PACKING_NONE;
	struct bytes joined = without_breaks(arena, *value);
	bool hex = is_encoded_file(arena, joined, decode_hex);
	if (!hex && !is_encoded_file(arena, joined, decode_base64)) {
		arena_rewind(arena, mark);
		return PACKING_NONE;
	}
	*value = joined;
	return hex ? PACKING_HEX : PACKING_BASE64;
}

void nested_look(struct artifact *art, struct bytes value, uint64_t offset)
{
	bool plain = starts_like_container(value) || pickle_has_import(art->arena, value);
	enum packing packing = plain ? PACKING_NONE : find_encoded(art->arena, &value);

	if (!plain && packing == PACKING_NONE)
		return;
	struct part *p = artifact_add(art, PART_EMBEDDED, offset, BYTES(""), value);
	p->packing = packing;
	p->guessed = true;
}
