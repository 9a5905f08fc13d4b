/*
 * NumPy arrays (numpy/lib/format.py):
 *
 *   93 "NUMPY" | major | minor | u16 or u32 length | a Python dict literal | data
 *
 * Data of Python objects is one pickle, read only with allow_pickle.
 */
#include "base/cursor.h"
#include "formats/npy/header.h"
#include "types/format.h"

static const struct bytes magic = BYTES("\x93NUMPY");

static bool may_claim(const struct source *source)
{
	return bytes_start_with(source->first, magic);
}

static int probe(const struct source *source, struct arena *arena)
{
	(void)arena;
	return bytes_start_with(source->content, magic) ? 100 : 0;
}

static struct bytes take_header(struct cursor *c)
{
	cursor_take(c, magic.len);
	uint8_t major = cursor_u8(c), minor = cursor_u8(c);

	if (cursor_ok(c) && (major < 1 || major > 3 || minor != 0))
		cursor_fail(c, "is of a version of the array format that does not exist");
	return cursor_take(c, major == 1 ? cursor_u16le(c) : cursor_u32le(c));
}

/* What follows a numeric array is read by nobody, but it is there. */
static void add_rest(struct artifact *art, struct bytes in, uint64_t from)
{
	struct part *p = artifact_add(art, PART_EMBEDDED, from, BYTES(""), bytes_from(in, from));

	p->guessed = true;
	artifact_note(art, "file.tail", from, "goes on behind its array");
}

static void add_data(struct artifact *art, struct bytes in, uint64_t from, const struct npy_header *h)
{
	uint64_t size;

	if (h->objects && from == in.len) {
		artifact_note(art, "file.malformed", from, "ends before its objects");
		return;
	}
	if (h->objects) {
		struct part *p = artifact_add(art, PART_EMBEDDED, from, BYTES("objects.pkl"), bytes_from(in, from));
		p->reader = READER_NUMPY;
		artifact_note(art, "array.objects", from, "holds Python objects, which are read with allow_pickle only");
		return;
	}
	if (__builtin_mul_overflow(h->items, h->item, &size) || size > in.len - from)
		artifact_note(art, "file.malformed", in.len, "ends in the middle of its array");
	else if (size < in.len - from)
		add_rest(art, in, from + size);
}

static void parse(const struct source *source, struct artifact *art)
{
	struct cursor c = cursor_over(source->content);
	struct npy_header h;
	struct bytes header = take_header(&c);
	struct cursor literal = cursor_over(header);

	if (cursor_ok(&c))
		npy_read_header(&literal, &h);
	art->bytes_read += c.pos;
	if (!cursor_ok(&c))
		artifact_note(art, "file.malformed", c.why_at, "%s", c.why);
	else if (!cursor_ok(&literal))
		artifact_note(art, "file.malformed", c.pos - header.len + literal.why_at, "%s", literal.why);
	else
		add_data(art, source->content, c.pos, &h);
}

const struct format format_npy = {
	.name = "npy",
	.title = "NumPy array",
	.spec = "numpy/lib/format.py, NEP 1",
	.extensions = "npy",
	.may_claim = may_claim,
	.probe = probe,
	.parse = parse,
};
