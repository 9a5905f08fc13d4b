/* FlexBuffers (flatbuffers.dev, "FlexBuffers"): read from the end, offsets lead back. */
#include "formats/tflite/flex.h"

enum { TYPE_STRING = 5, TYPE_VECTOR = 10, TYPE_BLOB = 25 };

static bool read(struct bytes b, uint64_t at, unsigned width, uint64_t *out)
{
	struct bytes n = bytes_slice(b, at, width);

	*out = 0;
	if (at > b.len || n.len != width)
		return false;
	for (size_t i = width; i > 0; i--)
		*out = *out << 8 | n.at[i - 1];
	return true;
}

/* Where the offset at `at` leads. */
static bool follow(struct bytes b, uint64_t at, unsigned width, uint64_t *out)
{
	uint64_t back;

	if (!read(b, at, width, &back) || back > at)
		return false;
	*out = at - back;
	return true;
}

static unsigned width_of(uint64_t type)
{
	return 1u << (type & 3);
}

static bool read_string(struct bytes b, uint64_t at, uint64_t type, struct bytes *out)
{
	unsigned width = width_of(type);
	uint64_t len;

	if ((type >> 2 != TYPE_STRING && type >> 2 != TYPE_BLOB) || at < width || !read(b, at - width, width, &len))
		return false;
	*out = bytes_slice(b, at, len);
	return out->len == len;
}

bool flex_node(struct bytes b, struct bytes *node)
{
	uint64_t root_width, root_type, vector, count, type, at;

	if (b.len < 3 || !read(b, b.len - 1, 1, &root_width) || !read(b, b.len - 2, 1, &root_type))
		return false;
	if (root_type >> 2 != TYPE_VECTOR || (root_width != 1 && root_width != 2 && root_width != 4 && root_width != 8) || b.len - 2 < root_width)
		return false;
	unsigned width = width_of(root_type);
	if (!follow(b, b.len - 2 - root_width, (unsigned)root_width, &vector) || vector < width || !read(b, vector - width, width, &count))
		return false;
	if (count < 2 || count > b.len / width)
		return false;
	return read(b, vector + count * width + 1, 1, &type) && follow(b, vector + width, width, &at) && read_string(b, at, type, node);
}
