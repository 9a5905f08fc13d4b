/*
 * tar archives: ustar, with the long names of GNU tar and of pax (POSIX.1-2001).
 *
 *   blocks of 512 bytes: header | data, padded to a block | ... | two blocks of zeros
 */
#include "base/cursor.h"
#include "base/sort.h"
#include "types/format.h"

#include <string.h>

enum {
	BLOCK = 512, MEMBERS_MOST = 1 << 20, NAME_SHOWN = 80,
	AT_NAME = 0, AT_SIZE = 124, AT_CHECKSUM = 148, AT_TYPE = 156, AT_LINK = 157, AT_MAGIC = 257, AT_PREFIX = 345,
};

struct member {
	struct bytes name;
	char type;
	uint64_t size, at, data_at;
};

struct listing {
	struct artifact *art;
	struct bytes in;
	struct bytes long_name;     /* of the next member, told by a member before it */
	struct bytes *names;
	size_t count, room;
};

/* Octal digits with blanks around them, or base 256 with the first bit set. */
static bool read_octal(struct bytes b, uint64_t *out)
{
	size_t i = 0;

	*out = 0;
	if (b.len > 0 && b.at[0] & 0x80) {
		for (i = 0; i < b.len; i++) {
			if (*out >> 56)
				return false;
			*out = *out << 8 | (i == 0 ? b.at[i] & 0x7Fu : b.at[i]);
		}
		return true;
	}
	while (i < b.len && (b.at[i] == ' ' || b.at[i] == 0))
		i++;
	for (; i < b.len && b.at[i] >= '0' && b.at[i] <= '7'; i++)
		*out = *out << 3 | (b.at[i] - (uint64_t)'0');
	return true;
}

static bool checksum_fits(struct bytes header)
{
	uint64_t told, sum = 0;

	if (header.len != BLOCK || !read_octal(bytes_slice(header, AT_CHECKSUM, 8), &told) || told > BLOCK * 255)
		return false;
	for (size_t i = 0; i < header.len; i++)
		sum += i >= AT_CHECKSUM && i < AT_CHECKSUM + 8 ? ' ' : header.at[i];
	return told == sum;
}

static bool is_zero(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (b.at[i])
			return false;
	return true;
}

static bool may_claim(const struct source *source)
{
	return source->first.len >= BLOCK && !is_zero(source->first) && checksum_fits(bytes_slice(source->first, 0, BLOCK));
}

static int probe(const struct source *source, struct arena *arena)
{
	struct bytes header = bytes_slice(source->content, 0, BLOCK);

	(void)arena;
	if (header.len < BLOCK || is_zero(header) || !checksum_fits(header))
		return 0;
	return bytes_start_with(bytes_from(header, AT_MAGIC), BYTES("ustar")) ? 95 : 70;
}

static struct bytes field(struct bytes header, size_t at, size_t len)
{
	struct bytes b = bytes_slice(header, at, len);

	return bytes_slice(b, 0, bytes_find_byte(b, 0));
}

static struct bytes join(struct arena *arena, struct bytes prefix, struct bytes name)
{
	struct text t;

	text_init(&t, arena);
	text_add(&t, prefix);
	text_add_byte(&t, '/');
	text_add(&t, name);
	return text_bytes(&t);
}

/* The path of a pax header: records of "length key=value\n". */
static struct bytes pax_path(struct bytes records)
{
	struct cursor c = cursor_over(records);
	struct bytes path = BYTES("");

	while (cursor_ok(&c) && cursor_left(&c) > 0) {
		struct bytes line = cursor_until(&c, '\n');
		line = bytes_from(line, bytes_find_byte(line, ' ') + 1);
		if (bytes_start_with(line, BYTES("path=")))
			path = bytes_from(line, 5);
	}
	return path;
}

static const char *shown(struct listing *l, struct bytes name)
{
	struct text t;

	text_init(&t, l->art->arena);
	text_add_printable(&t, name, NAME_SHOWN);
	return text_string(&t);
}

static bool leaves_folder(struct bytes name)
{
	return bytes_start_with(name, BYTES("/")) || bytes_start_with(name, BYTES("../")) || bytes_contain(name, BYTES("/../")) ||
	       bytes_end_with(name, BYTES("/..")) || bytes_same(name, "..");
}

static void keep_name(struct listing *l, struct bytes name)
{
	if (l->count == l->room) {
		size_t room = l->room ? l->room * 2 : 64;
		struct bytes *names = arena_alloc_raw(l->art->arena, room * sizeof *names);
		if (l->count)
			memcpy(names, l->names, l->count * sizeof *names);
		l->names = names;
		l->room = room;
	}
	l->names[l->count++] = name;
}

/* torch 0.1 kept its checkpoints in a tar of three members. */
static enum reader reader_of(struct bytes name)
{
	if (bytes_same(name, "storages"))
		return READER_TORCH_STORAGES;
	if (bytes_same(name, "tensors"))
		return READER_TORCH_TENSORS;
	return bytes_same(name, "pickle") ? READER_TORCH_TAR : READER_ANY;
}

static void add_member(struct listing *l, const struct member *m)
{
	if (leaves_folder(m->name))
		artifact_note(l->art, "archive.path", m->at, "has a member \"%s\" that would be unpacked outside its folder", shown(l, m->name));
	keep_name(l, m->name);
	if (m->type == '1' || m->type == '2')
		artifact_note(l->art, "archive.path", m->at, "has a member \"%s\" that is a link", shown(l, m->name));
	else if (m->type == '3' || m->type == '4' || m->type == '6')
		artifact_note(l->art, "archive.path", m->at, "has a member \"%s\" that is a device or a pipe", shown(l, m->name));
	else if (m->type == 'S')
		artifact_note(l->art, "file.unexamined", m->at, "has a sparse member \"%s\", which was not examined", shown(l, m->name));
	else {          /* a type that nobody knows is unpacked as a plain file */
		struct part *p = artifact_add(l->art, PART_EMBEDDED, m->data_at, m->name, bytes_slice(l->in, m->data_at, m->size));
		p->reader = reader_of(m->name);
	}
}

static void take_member(struct listing *l, const struct member *m)
{
	struct bytes data = bytes_slice(l->in, m->data_at, m->size);

	if (m->type == 'L')
		l->long_name = field(data, 0, data.len);
	else if (m->type == 'x')
		l->long_name = pax_path(data);
	else if (m->type != 'K' && m->type != 'g' && m->type != '5')
		add_member(l, m);
	if (m->type != 'L' && m->type != 'x' && m->type != 'K')
		l->long_name = BYTES("");
}

static bool read_member(struct listing *l, struct cursor *c, struct member *m)
{
	m->at = c->pos;
	struct bytes header = cursor_take(c, BLOCK);

	if (!cursor_ok(c) || is_zero(header))
		return false;
	if (!checksum_fits(header) || !read_octal(bytes_slice(header, AT_SIZE, 12), &m->size)) {
		cursor_fail(c, "has a tar header whose checksum is wrong");
		return false;
	}
	m->type = (char)header.at[AT_TYPE];
	m->name = field(header, AT_NAME, 100);
	struct bytes prefix = field(header, AT_PREFIX, 155);
	if (bytes_start_with(bytes_from(header, AT_MAGIC), BYTES("ustar\0")) && prefix.len > 0)
		m->name = join(l->art->arena, prefix, m->name);
	if (l->long_name.len > 0)
		m->name = l->long_name;
	if (m->type == '1' || m->type == '2' || m->type == '5')
		m->size = 0;
	m->data_at = c->pos;
	if (m->size > cursor_left(c))
		cursor_fail(c, "ends in the middle of a tar member");
	cursor_take(c, (m->size + BLOCK - 1) / BLOCK * BLOCK);
	return cursor_ok(c);
}

static int compare_names(const void *x, const void *y)
{
	return bytes_compare(*(const struct bytes *)x, *(const struct bytes *)y);
}

static void find_duplicates(struct listing *l)
{
	sort(l->names, l->count, sizeof *l->names, compare_names);
	for (size_t i = 1; i < l->count; i++)
		if (bytes_equal(l->names[i - 1], l->names[i]))
			artifact_note(l->art, "archive.duplicate", 0, "has more than one member \"%s\"; which one is read depends on the reader", shown(l, l->names[i]));
}

/* What stands behind the two empty blocks is read by nobody, but it is there. */
static void add_tail(struct listing *l, uint64_t from)
{
	while (from < l->in.len && l->in.at[from] == 0)
		from++;
	struct part *p = artifact_add(l->art, PART_EMBEDDED, from, BYTES(""), bytes_from(l->in, from));
	p->guessed = true;
	artifact_note(l->art, "archive.tail", from, "goes on after the end of its tar archive");
}

static void parse(const struct source *source, struct artifact *art)
{
	struct listing l = {.art = art, .in = source->content};
	struct cursor c = cursor_over(source->content);
	struct member m;

	while (l.count < MEMBERS_MOST && read_member(&l, &c, &m)) {
		take_member(&l, &m);
		art->bytes_read += BLOCK;
	}
	if (l.count == MEMBERS_MOST)
		artifact_note(art, "file.unexamined", c.pos, "has more than %d members; the rest was not examined", MEMBERS_MOST);
	if (!cursor_ok(&c))
		artifact_note(art, "file.malformed", c.why_at, "%s", c.why);
	else if (!is_zero(bytes_from(c.all, c.pos)))
		add_tail(&l, c.pos);
	find_duplicates(&l);
}

const struct format format_tar = {
	.name = "tar",
	.title = "tar archive",
	.spec = "POSIX.1-2001 pax, GNU tar",
	.extensions = "tar nemo pt pth",
	.may_claim = may_claim,
	.probe = probe,
	.parse = parse,
};
