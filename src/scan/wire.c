#include "scan/wire.h"

#include <string.h>

#include "base/cursor.h"

enum { PATH_MOST = 4096, MESSAGE_MOST = 4096, FINDINGS_MOST = 1000 };

/* ---- writing ---- */

static void add_number(struct text *t, uint64_t v)
{
	for (unsigned i = 0; i < 8; i++)
		text_add_byte(t, (char)(v >> (8 * i)));
}

static void add_bytes(struct text *t, struct bytes b, size_t most)
{
	b = bytes_slice(b, 0, most);
	add_number(t, b.len);
	text_add(t, b);
}

static uint64_t index_of(const void *const *table, const void *entry)
{
	uint64_t i = 0;

	while (table[i] && table[i] != entry)
		i++;
	return i;
}

/* "!/archive/data.pkl": the way into the file, without the file's own path. */
static void add_inner_path(struct text *t, const struct source *source)
{
	if (!source->inside)
		return;
	add_inner_path(t, source->inside);
	text_add_string(t, "!/");
	text_add_string(t, source->name);
}

static void add_finding(struct text *t, const struct finding *f)
{
	struct text path;

	text_init(&path, NULL);
	add_inner_path(&path, f->source);
	add_number(t, index_of((const void *const *)checks, f->check));
	add_number(t, f->severity);
	add_number(t, f->verdict);
	add_number(t, f->offset);
	add_number(t, f->loaders);
	add_bytes(t, text_bytes(&path), PATH_MOST);
	add_bytes(t, f->message, MESSAGE_MOST);
	text_finish(&path);
}

void wire_write(const struct examination *e, struct text *out, size_t most)
{
	size_t written = 0;

	add_number(out, e->hashed);
	text_add(out, digest_bytes(&e->digest));
	add_number(out, e->size);
	add_number(out, e->bytes_read);
	add_number(out, e->members);
	add_number(out, e->format_count);
	for (size_t i = 0; i < e->format_count; i++)
		add_number(out, index_of((const void *const *)formats, e->formats[i]));
	for (const struct finding *f = e->findings.first; f && out->len + PATH_MOST + MESSAGE_MOST + 200 < most; f = f->next, written++) {
		text_add_byte(out, 1);
		add_finding(out, f);
	}
	text_add_byte(out, 0);
	add_number(out, e->findings.count - written);
}

/* ---- reading ---- */

static size_t count_of(const void *const *table)
{
	size_t i = 0;

	while (table[i])
		i++;
	return i;
}

/* A number below `limit`, or a failure. */
static uint64_t take_below(struct cursor *c, uint64_t limit)
{
	uint64_t v = cursor_u64le(c);

	if (v < limit)
		return v;
	cursor_fail(c, "holds a number out of range");
	return 0;
}

static struct bytes take_bytes(struct cursor *c, size_t most)
{
	return cursor_take(c, take_below(c, most + 1));
}

static void take_finding(struct cursor *c, struct arena *arena, struct item_finding *f)
{
	f->check = checks[take_below(c, count_of((const void *const *)checks))];
	f->severity = (enum severity)take_below(c, SEVERITY_COUNT);
	f->verdict = (enum verdict)take_below(c, VERDICT_COUNT);
	f->offset = cursor_u64le(c);
	f->loaders = (uint32_t)cursor_u64le(c);
	f->path = arena_string(arena, take_bytes(c, PATH_MOST));
	f->message = arena_string(arena, take_bytes(c, MESSAGE_MOST));
}

static void take_findings(struct cursor *c, struct arena *arena, struct item *item)
{
	size_t room = 0;
	struct item_finding *list = NULL;

	while (cursor_u8(c) == 1 && item->finding_count < FINDINGS_MOST) {
		if (item->finding_count == room) {
			size_t more = room ? room * 2 : 4;
			struct item_finding *grown = arena_alloc(arena, more, sizeof *grown);
			if (room)
				memcpy(grown, list, room * sizeof *grown);
			list = grown;
			room = more;
		}
		take_finding(c, arena, &list[item->finding_count++]);
	}
	item->findings = list;
	item->findings_left_out = cursor_u64le(c);
}

bool wire_read(struct bytes wire, struct arena *arena, struct item *item)
{
	struct cursor c = cursor_over(wire);

	item->hashed = take_below(&c, 2);
	struct bytes digest = cursor_take(&c, sizeof item->digest.sha256);
	if (cursor_ok(&c))
		memcpy(item->digest.sha256, digest.at, digest.len);
	item->size = cursor_u64le(&c);
	item->bytes_read = cursor_u64le(&c);
	item->members = cursor_u64le(&c);
	item->format_count = take_below(&c, FORMATS_PER_ITEM + 1);
	for (size_t i = 0; i < item->format_count; i++)
		item->formats[i] = formats[take_below(&c, count_of((const void *const *)formats))];
	take_findings(&c, arena, item);
	return cursor_ok(&c) && cursor_left(&c) == 0;
}
