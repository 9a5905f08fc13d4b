#include "inspector/inside.h"

/*
 * Arguments that are JSON in a string: what a tool will read has its escapes
 * undone once more, so everything is looked for in that form too.  Where it is
 * found counts in the text as it stands.
 */

enum { POINTS_MOST = 640, UNIT_MOST = 12 };

/* An escape: so many bytes of what is read, so many of what is written. */
struct point {
	uint64_t decoded, written;
	unsigned decoded_len, written_len;
};

struct escapes {
	struct finding *finding;
	uint64_t decoded, written;  /* so far; what is pending not counted */
	unsigned char pending[UNIT_MOST];
	size_t pending_len;
	struct point points[POINTS_MOST];
	size_t count;
};

/* ---- places ---- */

static const struct point *point_before(const struct escapes *e, uint64_t decoded)
{
	for (size_t i = e->count; i-- > 0;)
		if (e->points[i].decoded <= decoded)
			return &e->points[i];
	return NULL;
}

/* Where what is read at `decoded` begins to be written. */
static uint64_t begins(const struct escapes *e, uint64_t decoded)
{
	const struct point *p = point_before(e, decoded);

	if (p && decoded < p->decoded + p->decoded_len)
		return p->written;
	if (p)
		return p->written + p->written_len + (decoded - p->decoded - p->decoded_len);
	/* Before every escape that is still known, nothing was looked at for long. */
	return e->count ? e->points[0].written - (e->points[0].decoded - decoded) : decoded;
}

static uint64_t ends(const struct escapes *e, uint64_t decoded)
{
	const struct point *p = decoded ? point_before(e, decoded - 1) : NULL;

	if (p && decoded - 1 < p->decoded + p->decoded_len)
		return p->written + p->written_len;
	return decoded ? begins(e, decoded - 1) + 1 : 0;
}

static void found_find(void *owner, unsigned find, uint64_t from, uint64_t to)
{
	struct thread *t = owner;

	thread_found(t, find, begins(t->escapes, from), ends(t->escapes, to));
}

static void found_address(void *owner, const struct address *address, uint64_t from, uint64_t to)
{
	struct thread *t = owner;

	thread_found_address(t, address, begins(t->escapes, from), ends(t->escapes, to));
}

/* ---- reading ---- */

static void feed(struct thread *t, struct bytes read, size_t written)
{
	struct escapes *e = t->escapes;

	if (e->count == POINTS_MOST) {
		e->count = POINTS_MOST / 2;
		memmove(e->points, e->points + POINTS_MOST / 2, e->count * sizeof *e->points);
	}
	if (read.len != written)
		e->points[e->count++] = (struct point){e->decoded, e->written, (unsigned)read.len, (unsigned)written};
	e->decoded += read.len;
	e->written += written;
	finding_add(e->finding, read, found_find, t);
	addresses_add(&t->addresses, read, found_address, t);
}

/* -1 when it is no such escape. */
static int code_of(const unsigned char *at)
{
	int code = 0;

	for (size_t i = 2; i < 6; i++) {
		unsigned char c = at[i], low = c | 0x20;
		if (!((c >= '0' && c <= '9') || (low >= 'a' && low <= 'f')))
			return -1;
		code = code << 4 | (c <= '9' ? c - '0' : low - 'a' + 10);
	}
	return at[1] == 'u' ? code : -1;
}

static size_t put_code(unsigned code, unsigned char out[4])
{
	size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = len; i-- > 1; code >>= 6)
		out[i] = (unsigned char)(0x80 | (code & 0x3f));
	out[0] = (unsigned char)(first[len] | code);
	return len;
}

/* The escape that is pending, or as much as stands for itself; 0 when more has to come. `used`: bytes of it as written. */
static size_t take_unit(const struct escapes *e, unsigned char out[4], size_t *used)
{
	static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
	const unsigned char *p = e->pending;
	const char *name = e->pending_len > 1 && p[1] ? strchr(names, p[1]) : NULL;

	*used = 2;
	if (e->pending_len < 2)
		return 0;
	if (p[1] != 'u') {
		out[0] = name ? (unsigned char)values[name - names] : p[1];
		return 1;
	}
	*used = 6;
	if (e->pending_len < 6)
		return 0;
	int code = code_of(p), low;
	if (code >= 0xd800 && code < 0xdc00 && e->pending_len < UNIT_MOST && (e->pending_len < 7 || p[6] == '\\') && (e->pending_len < 8 || p[7] == 'u'))
		return 0;
	low = code >= 0xd800 && code < 0xdc00 && e->pending_len == UNIT_MOST ? code_of(p + 6) : -1;
	if (low >= 0xdc00 && low < 0xe000) {
		*used = UNIT_MOST;
		return put_code(0x10000 + ((unsigned)code - 0xd800) * 0x400 + ((unsigned)low - 0xdc00), out);
	}
	return put_code(code < 0 || (code >= 0xd800 && code < 0xe000) ? 0xfffd : (unsigned)code, out);
}

static void take_pending(struct thread *t)
{
	struct escapes *e = t->escapes;
	unsigned char out[4];
	size_t used = 0, len = 1;

	while (e->pending_len > 0 && len > 0) {
		bool escape = e->pending[0] == '\\';
		len = escape ? take_unit(e, out, &used) : 1;
		used = escape ? used : 1;
		out[0] = escape ? out[0] : e->pending[0];
		if (len == 0)
			return;
		e->pending_len -= used;
		memmove(e->pending, e->pending + used, e->pending_len);
		feed(t, (struct bytes){out, len}, used);
	}
}

void escapes_begin(struct thread *t)
{
	if (!t->escapes) {
		t->escapes = arena_new(t->inspection->arena, struct escapes);
		t->escapes->finding = finding_create(t->inspection->arena, t->inspection->policy->finder);
	}
	struct escapes *e = t->escapes;
	e->decoded = e->written = 0;
	e->pending_len = e->count = 0;
	finding_begin(e->finding);
}

void escapes_add(struct thread *t, struct bytes text)
{
	struct escapes *e = t->escapes;

	while (text.len > 0) {
		size_t plain = e->pending_len ? 0 : bytes_find_byte(text, '\\');
		if (plain > 0)
			feed(t, bytes_slice(text, 0, plain), plain);
		text = bytes_from(text, plain);
		if (text.len == 0)
			return;
		e->pending[e->pending_len++] = text.at[0];
		text = bytes_from(text, 1);
		take_pending(t);
	}
}

void escapes_end(struct thread *t)
{
	struct escapes *e = t->escapes;
	unsigned char left[UNIT_MOST] = {0};
	size_t len = e->pending_len;

	memcpy(left, e->pending, len);
	e->pending_len = 0;
	if (len > 0)
		feed(t, (struct bytes){left, len}, len);
	finding_end(e->finding, found_find, t);
	addresses_end(&t->addresses, found_address, t);
}

uint64_t escapes_open(struct thread *t, const bool *counts, bool addresses)
{
	struct escapes *e = t->escapes;
	uint64_t open = finding_open(e->finding, counts), address = addresses ? addresses_open(&t->addresses) : open;

	open = address < open ? address : open;
	return open < e->decoded ? begins(e, open) : e->written;
}
