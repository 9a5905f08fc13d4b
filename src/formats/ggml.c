/*
 * ggml's containers of before GGUF, which llama.cpp, whisper.cpp and others read:
 *
 *   magic | [u32 version] | u32 parameters | [filters] | words: u32 length, bytes, [f32 score]
 *   tensor: u32 dimensions | u32 length of the name | u32 type | u32 each | name | [padding] | data ... to the end
 *
 * Programs shared the magic "ggml" without sharing what follows it: every known
 * layout is tried, and the right one is that which explains every byte.
 */
#include "base/cursor.h"
#include "formats/ggml/types.h"
#include "formats/nested.h"
#include "types/format.h"

enum { DIMENSIONS_MOST = 4, NAME_MOST = 255, WORD_MOST = 1 << 16, PARAMETERS_MOST = 11, ALIGNMENT = 32, WORD_LOOKED_AT = 16 };
enum { COUNTED = -1, NO_WORDS = -2 };

struct layout {
	struct bytes magic;
	uint32_t version_from, version_to;      /* 0: it has none */
	uint8_t parameters;
	int8_t words;               /* the parameter that tells how many there are, or COUNTED on the spot */
	bool filters, scores, aligned;
	enum ggml_era era;
};

static const struct layout layouts[] = {
	{BYTES("tjgg"), 3, 3, 7, 0, false, true, true, GGML_NEW},               /* llama.cpp */
	{BYTES("tjgg"), 1, 2, 7, 0, false, true, true, GGML_OLD},
	{BYTES("fmgg"), 1, 1, 7, 0, false, true, false, GGML_OLD},
	{BYTES("lmgg"), 0, 0, 7, 0, false, false, false, GGML_OLD},             /* and bert.cpp */
	{BYTES("lmgg"), 0, 0, 11, COUNTED, true, false, false, GGML_NEW},       /* whisper.cpp */
	{BYTES("lmgg"), 0, 0, 11, COUNTED, true, false, false, GGML_OLD},
	{BYTES("lmgg"), 0, 0, 6, COUNTED, false, false, false, GGML_NEW},       /* GPT-2, StarCoder */
	{BYTES("lmgg"), 0, 0, 6, COUNTED, false, false, false, GGML_OLD},
	{BYTES("lmgg"), 0, 0, 7, COUNTED, false, false, false, GGML_NEW},       /* GPT-J */
	{BYTES("lmgg"), 0, 0, 7, COUNTED, false, false, false, GGML_OLD},
	{BYTES("lmgg"), 0, 0, 7, 0, false, false, false, GGML_NEW},
	{BYTES("lmgg"), 0, 0, 8, 0, false, false, false, GGML_NEW},             /* GPT-NeoX */
	{BYTES("lmgg"), 0, 0, 8, 0, false, false, false, GGML_OLD},
	{BYTES("lmgg"), 0, 0, 8, 4, false, false, false, GGML_NEW},             /* MPT */
	{BYTES("lmgg"), 0, 0, 6, 4, false, true, false, GGML_NEW},              /* Replit */
	{BYTES("lmgg"), 0, 0, 6, 0, false, false, false, GGML_OLD},             /* BLOOM */
	{BYTES("algg"), 1, 1, 2, NO_WORDS, false, false, true, GGML_NEW},       /* LoRA adapters */
};

struct reading {
	struct cursor c;
	struct artifact *art;       /* NULL while only trying */
	const struct layout *layout;
	uint32_t parameters[PARAMETERS_MOST];
	uint64_t described;         /* bytes that are no data */
	uint64_t tensor_at;         /* the one that is read, or the last */
};

static bool may_claim(const struct source *source)
{
	for (size_t i = 0; i < COUNT_OF(layouts); i++)
		if (bytes_start_with(source->first, layouts[i].magic))
			return true;
	return false;
}

static int probe(const struct source *source, struct arena *arena)
{
	(void)arena;
	for (size_t i = 0; i < COUNT_OF(layouts); i++)
		if (bytes_start_with(source->content, layouts[i].magic))
			return 90;
	return 0;
}

static void read_filters(struct reading *r)
{
	uint64_t rows = cursor_u32le(&r->c), columns = cursor_u32le(&r->c);

	if (rows * columns > cursor_left(&r->c) / 4)
		cursor_fail(&r->c, "has filters that reach behind its end");
	cursor_take(&r->c, 4 * rows * columns);
}

static void read_words(struct reading *r)
{
	const struct layout *l = r->layout;
	uint32_t count = l->words == NO_WORDS ? 0 : l->words == COUNTED ? cursor_u32le(&r->c) : r->parameters[l->words];

	if (count > cursor_left(&r->c) / (l->scores ? 8 : 4))
		cursor_fail(&r->c, "promises more words than fit in it");
	for (uint32_t i = 0; i < count && cursor_ok(&r->c); i++) {
		uint32_t len = cursor_u32le(&r->c);
		if (len > WORD_MOST)
			cursor_fail(&r->c, "has a word longer than any reader's");
		struct bytes word = cursor_take(&r->c, len);
		if (l->scores)
			cursor_u32le(&r->c);
		if (r->art && word.len >= WORD_LOOKED_AT)
			nested_look(r->art, word, r->c.pos - word.len);
	}
}

/* Bytes of the data; fails the cursor when there cannot be that many. */
static uint64_t data_size(struct reading *r, uint32_t type, const uint32_t *side, uint32_t dimensions)
{
	const struct gguf_type *t = ggml_type(r->layout->era, type);
	uint64_t product = 1, size;

	if (!t || t->block == 0) {
		cursor_fail(&r->c, "has a tensor of a type that its version does not have");
		return 0;
	}
	for (uint32_t i = 0; i < dimensions; i++)
		if (side[i] == 0 || side[i] > INT32_MAX || __builtin_mul_overflow(product, side[i], &product))
			cursor_fail(&r->c, "has a tensor of a shape that overflows");
	if (cursor_ok(&r->c) && side[0] % t->block != 0)
		cursor_fail(&r->c, "has a tensor whose rows are no whole blocks");
	if (__builtin_mul_overflow(product / t->block, t->size, &size))
		cursor_fail(&r->c, "has a tensor too large for memory");
	return cursor_ok(&r->c) ? size : 0;
}

static void read_tensor(struct reading *r)
{
	uint32_t side[DIMENSIONS_MOST] = {1, 1, 1, 1};
	size_t at = r->tensor_at = r->c.pos;
	uint32_t dimensions = cursor_u32le(&r->c), length = cursor_u32le(&r->c), type = cursor_u32le(&r->c);

	if (dimensions < 1 || dimensions > DIMENSIONS_MOST || length < 1 || length > NAME_MOST)
		cursor_fail(&r->c, "has a tensor of a number of dimensions, or a length of its name, that no reader takes");
	for (uint32_t i = 0; i < dimensions && cursor_ok(&r->c); i++)
		side[i] = cursor_u32le(&r->c);
	struct bytes name = cursor_take(&r->c, length);
	if (r->layout->aligned)
		cursor_take(&r->c, (ALIGNMENT - r->c.pos % ALIGNMENT) % ALIGNMENT);
	r->described += r->c.pos - at;
	uint64_t size = cursor_ok(&r->c) ? data_size(r, type, side, dimensions) : 0;
	if (cursor_ok(&r->c) && size > cursor_left(&r->c))
		cursor_fail(&r->c, "ends before its tensors do");
	if (cursor_ok(&r->c) && r->art)
		artifact_add(r->art, PART_TENSOR, r->c.pos, name, BYTES(""));
	cursor_take(&r->c, size);
}

static void walk(struct reading *r, struct bytes in)
{
	r->c = cursor_over(in);
	cursor_take(&r->c, r->layout->version_to ? 8 : 4);
	for (uint8_t i = 0; i < r->layout->parameters; i++)
		r->parameters[i] = cursor_u32le(&r->c);
	if (r->layout->filters)
		read_filters(r);
	read_words(r);
	r->described = r->c.pos;
	if (cursor_ok(&r->c) && cursor_left(&r->c) == 0)
		cursor_fail(&r->c, "holds no tensor");
	while (cursor_ok(&r->c) && cursor_left(&r->c) > 0)
		read_tensor(r);
}

static bool fits(const struct layout *l, struct bytes in)
{
	struct cursor c = cursor_over(bytes_from(in, 4));
	uint32_t version = cursor_u32le(&c);

	return bytes_start_with(in, l->magic) && (l->version_to == 0 || (version >= l->version_from && version <= l->version_to));
}

/* The layout that explains the file, or that which gets furthest. */
static const struct layout *find_layout(struct bytes in)
{
	const struct layout *best = NULL;
	size_t furthest = 0;

	for (size_t i = 0; i < COUNT_OF(layouts); i++) {
		struct reading r = {.layout = &layouts[i]};
		if (!fits(&layouts[i], in))
			continue;
		walk(&r, in);
		if (cursor_ok(&r.c))
			return &layouts[i];
		if (!best || r.c.why_at > furthest) {
			best = &layouts[i];
			furthest = r.c.why_at;
		}
	}
	return best;
}

static void parse(const struct source *source, struct artifact *art)
{
	struct reading r = {.art = art, .layout = find_layout(source->content)};

	if (!r.layout) {
		artifact_note(art, "file.unexamined", 4, "is of a version that is not read here");
		return;
	}
	walk(&r, source->content);
	art->bytes_read += r.described;
	if (cursor_ok(&r.c))
		return;
	artifact_note(art, "file.malformed", r.c.why_at, "%s", r.layout->version_to ? r.c.why : "is explained by no layout that is known here");
	if (r.tensor_at > 0)
		artifact_add(art, PART_EMBEDDED, r.tensor_at, BYTES(""), bytes_from(source->content, r.tensor_at))->guessed = true;
}

const struct format format_ggml = {
	.name = "ggml",
	.title = "GGML weights of before GGUF",
	.spec = "llama.cpp llama.cpp of June 2023 (llama_file_loader); whisper.cpp (whisper_model_load); ggml examples",
	.extensions = "ggml ggjt ggmf ggla bin",
	.may_claim = may_claim,
	.probe = probe,
	.parse = parse,
};
