#include "formats/recognised/shapes.h"

#include "syntax/protobuf.h"

static bool is_name(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (b.at[i] < ' ' || b.at[i] >= 0x7F)
			return false;
	return b.len > 0 && b.len < 1024;
}

/* CoreML, Model.proto: version, description, and the model under a number of its own kind. */
bool looks_like_coreml(struct bytes in)
{
	enum { VERSION = 1, DESCRIPTION = 2, UPDATABLE = 10, KINDS_FROM = 200, KINDS_TO = 3000, VERSION_MOST = 30 };
	struct cursor c = cursor_over(in);
	struct proto_field f;
	bool version = false, description = false, kind = false;

	while (proto_next(&c, &f)) {
		version |= f.number == VERSION && f.wire == PROTO_VARINT && f.integer > 0 && f.integer < VERSION_MOST;
		description |= f.number == DESCRIPTION && f.wire == PROTO_SIZED;
		kind |= f.number >= KINDS_FROM && f.number <= KINDS_TO && f.wire == PROTO_SIZED;
		if (f.number > DESCRIPTION && f.number != UPDATABLE && (f.number < KINDS_FROM || f.number > KINDS_TO))
			return false;
	}
	return cursor_ok(&c) && version && description && kind;
}

/* PaddlePaddle, framework.proto: ProgramDesc{1 blocks{1 index, 2 parent, 3 variables{1 name}}}. */
bool looks_like_paddle_program(struct bytes in)
{
	struct cursor c = cursor_over(in);
	struct bytes block, variable, name;
	uint64_t index, parent;

	if (!proto_next_sized(&c, 1, &block) || !proto_integer(block, 1, &index) || !proto_integer(block, 2, &parent) || index != 0)
		return false;
	struct cursor inside = cursor_over(block);
	while (proto_next_sized(&c, 1, &name))
		continue;
	return cursor_ok(&c) && proto_next_sized(&inside, 3, &variable) && proto_bytes(variable, 1, &name) && is_name(name) &&
	       (parent == 0 || (int64_t)parent == -1 || parent == UINT32_MAX);
}

/* One tensor after the other: version 0, no levels, version 0, a description that begins with its type. */
bool looks_like_paddle_weights(struct bytes in)
{
	struct cursor c = cursor_over(in);
	uint32_t version = cursor_u32le(&c);
	uint64_t levels = cursor_u64le(&c);
	uint32_t inner = cursor_u32le(&c), size = cursor_u32le(&c);
	struct bytes description = cursor_take(&c, size);
	struct cursor fields = cursor_over(description);
	struct proto_field f;
	bool type = proto_next(&fields, &f) && f.number == 1 && f.wire == PROTO_VARINT && f.integer < 64, dims = false;

	while (proto_next(&fields, &f))
		dims |= f.number == 2;
	return cursor_ok(&c) && cursor_ok(&fields) && version == 0 && levels == 0 && inner == 0 && type && dims && size < 256;
}

/* Caffe, caffe.proto: NetParameter{1 name, 100 layer{1 name, 2 type}, 2 layers of older versions{4 name, 5 type}}. */
bool looks_like_caffe_weights(struct bytes in)
{
	struct cursor c = cursor_over(in);
	struct proto_field f;
	struct bytes name, type;
	uint64_t number;
	bool layer = false;

	while (proto_next(&c, &f)) {
		if (f.number == 1 && (f.wire != PROTO_SIZED || !is_name(f.bytes)))
			return false;
		if (f.number == 100 && f.wire == PROTO_SIZED)
			layer |= proto_bytes(f.bytes, 1, &name) && proto_bytes(f.bytes, 2, &type) && is_name(name) && is_name(type);
		else if (f.number == 2 && f.wire == PROTO_SIZED)
			layer |= proto_bytes(f.bytes, 4, &name) && is_name(name) && proto_integer(f.bytes, 5, &number) && number > 0 && number < 256;
	}
	return cursor_ok(&c) && layer;
}

/* SentencePiece, sentencepiece_model.proto: pieces{1 text, 2 score}, the first of them for what is unknown; 2 trainer, 3 normalizer. */
bool looks_like_sentencepiece(struct bytes in)
{
	enum { PIECES = 64 };
	struct cursor c = cursor_over(in);
	struct bytes piece, text;
	struct proto_field f;
	unsigned pieces = 0;

	while (pieces < PIECES && proto_next_sized(&c, 1, &piece)) {
		struct cursor inside = cursor_over(piece);
		if (!proto_next(&inside, &f) || f.number != 1 || f.wire != PROTO_SIZED || !bytes_are_utf8(f.bytes) || f.bytes.len == 0)
			return false;
		if (!proto_next(&inside, &f) || f.number != 2 || f.wire != PROTO_FIXED32)
			return false;
		pieces++;
	}
	return pieces >= 3 && proto_bytes(in, 2, &text);
}

/* The same first bytes as a macOS program of several architectures, with a version where that has a small number. */
bool looks_like_java_class(struct bytes in)
{
	struct cursor c = cursor_over(in);
	uint32_t magic = cursor_u32be(&c), version = cursor_u32be(&c);

	return cursor_ok(&c) && magic == 0xCAFEBABE && (version & 0xFFFF) >= 45 && (version & 0xFFFF) < 100;
}

/* ---- MessagePack ---- */

static bool take_text(struct cursor *c, struct bytes *out)
{
	uint8_t tag = cursor_u8(c);
	uint64_t len = (tag & 0xE0) == 0xA0 ? tag & 0x1Fu : tag == 0xD9 ? cursor_u8(c) : tag == 0xDA ? cursor_u16be(c) : UINT64_MAX;

	*out = cursor_take(c, len);
	return cursor_ok(c);
}

/* Flax writes maps of names to maps, down to arrays, which are extensions of type 1. */
bool looks_like_flax(struct bytes in)
{
	enum { DEPTH_MOST = 32, ARRAY = 1 };
	struct cursor c = cursor_over(in);
	struct bytes name;

	for (unsigned depth = 0; depth < DEPTH_MOST && cursor_ok(&c); depth++) {
		uint8_t tag = cursor_u8(&c);
		if (depth > 0 && tag >= 0xC7 && tag <= 0xC9) {
			uint64_t len = tag == 0xC7 ? cursor_u8(&c) : tag == 0xC8 ? cursor_u16be(&c) : cursor_u32be(&c);
			uint8_t type = cursor_u8(&c);
			/* shape, type and data of the array */
			return cursor_ok(&c) && type == ARRAY && cursor_peek(&c) == 0x93 && len <= cursor_left(&c);
		}
		bool map = (tag & 0xF0) == 0x80 || tag == 0xDE || tag == 0xDF;
		if (tag == 0xDE)
			cursor_u16be(&c);
		else if (tag == 0xDF)
			cursor_u32be(&c);
		if (!map || !take_text(&c, &name) || !is_name(name))
			return false;
	}
	return false;
}

/* ---- others ---- */

/* R, serialize.c: a letter for the form, then versions: of the format, of the writer, of the oldest reader. */
bool looks_like_r_values(struct bytes in)
{
	struct cursor c = cursor_over(bytes_from(in, 2));
	bool x = bytes_start_with(in, BYTES("X\n")), b = bytes_start_with(in, BYTES("B\n"));

	if (bytes_start_with(in, BYTES("A\n2\n")) || bytes_start_with(in, BYTES("A\n3\n")) || bytes_start_with(in, BYTES("RDX2\n")) ||
	    bytes_start_with(in, BYTES("RDX3\n")) || bytes_start_with(in, BYTES("RDA2\n")) || bytes_start_with(in, BYTES("RDA3\n")))
		return true;
	uint32_t version = x ? cursor_u32be(&c) : cursor_u32le(&c), writer = x ? cursor_u32be(&c) : cursor_u32le(&c);
	uint32_t reader = x ? cursor_u32be(&c) : cursor_u32le(&c);
	return (x || b) && cursor_ok(&c) && (version == 2 || version == 3) && writer >= 0x010000 && writer < 0x100000 && reader < 0x100000;
}

bool looks_like_windows_program(struct bytes in)
{
	struct cursor c = cursor_over(bytes_from(in, 0x3C));
	uint32_t at = cursor_u32le(&c);

	return bytes_start_with(in, BYTES("MZ")) && bytes_start_with(bytes_from(in, at), BYTES("PE\0\0"));
}

/* One architecture, or a table of a few; Java's classes begin like the table, with a larger number. */
bool looks_like_mac_program(struct bytes in)
{
	struct cursor c = cursor_over(in);
	uint32_t magic = cursor_u32be(&c), second = cursor_u32be(&c);
	bool one = magic == 0xFEEDFACE || magic == 0xFEEDFACF || magic == 0xCEFAEDFE || magic == 0xCFFAEDFE;

	return cursor_ok(&c) && in.len >= 28 && (one || (magic == 0xCAFEBABE && second > 0 && second < 30));
}

bool looks_like_parquet(struct bytes in)
{
	return in.len > 12 && bytes_start_with(in, BYTES("PAR1")) && bytes_end_with(in, BYTES("PAR1"));
}

bool binary_may_begin(struct bytes first)
{
	struct cursor c = cursor_over(first);
	uint64_t zeros = cursor_u64le(&c) | cursor_u64le(&c);
	uint32_t size = cursor_u32le(&c);
	unsigned char byte = first.len ? first.at[0] : 0;
	bool paddle = cursor_ok(&c) && zeros == 0 && size > 0 && size < 256;
	bool map = (byte & 0xF0) == 0x80 || byte == 0xDE || byte == 0xDF;
	bool program = byte == 0xCA || byte == 0xCE || byte == 0xCF || byte == 0xFE;

	return paddle || map || program;
}
