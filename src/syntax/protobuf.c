#include "syntax/protobuf.h"

#include <string.h>

enum { VARINT_MOST = 10, FIELD_NUMBER_MOST = (1 << 29) - 1, SKIPPED_LEAST = 4096 };

uint64_t proto_varint(struct cursor *c)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < VARINT_MOST && cursor_ok(c); i++) {
		uint8_t byte = cursor_u8(c);
		if (i == VARINT_MOST - 1 && byte > 1)
			break;
		v |= (uint64_t)(byte & 0x7F) << 7 * i;
		if (byte < 0x80)
			return v;
	}
	cursor_fail(c, "has a number of more than 64 bits");
	return 0;
}

bool proto_next(struct cursor *c, struct proto_field *out)
{
	if (!cursor_ok(c) || cursor_left(c) == 0)
		return false;
	size_t at = c->pos;
	uint64_t tag = proto_varint(c);
	*out = (struct proto_field){.number = (uint32_t)(tag >> 3), .wire = (enum proto_wire)(tag & 7)};
	if (cursor_ok(c) && (tag >> 3 == 0 || tag >> 3 > FIELD_NUMBER_MOST)) {
		c->pos = at;
		cursor_fail(c, "has a field of a number that cannot be");
	}
	switch (tag & 7) {
	case PROTO_VARINT: out->integer = proto_varint(c); break;
	case PROTO_FIXED64: out->integer = cursor_u64le(c); break;
	case PROTO_SIZED: out->bytes = cursor_take(c, proto_varint(c)); break;
	case PROTO_FIXED32: out->integer = cursor_u32le(c); break;
	default:
		c->pos = cursor_ok(c) ? at : c->pos;
		cursor_fail(c, "has a field of a kind that is not read here");
	}
	return cursor_ok(c);
}

/* Some readers ask for three fields and no more. Numbers have room in `first`, or nothing is said. */
bool proto_may_begin(struct bytes first, uint64_t len)
{
	enum { FIELDS = 3, FIELD_MOST = 2 * VARINT_MOST };
	struct cursor c = cursor_over(first);

	for (unsigned i = 0; i < FIELDS && cursor_left(&c) >= FIELD_MOST; i++) {
		uint64_t tag = proto_varint(&c), left = 0;
		if (!cursor_ok(&c) || tag >> 3 == 0 || tag >> 3 > FIELD_NUMBER_MOST)
			return false;
		switch (tag & 7) {
		case PROTO_VARINT: proto_varint(&c); break;
		case PROTO_FIXED64: left = 8; break;
		case PROTO_SIZED: left = proto_varint(&c); break;
		case PROTO_FIXED32: left = 4; break;
		default: return false;
		}
		if (!cursor_ok(&c) || left > len - c.pos)
			return false;
		if (left > cursor_left(&c))
			return true;
		cursor_take(&c, left);
	}
	return true;
}

bool proto_next_sized(struct cursor *c, uint32_t number, struct bytes *out)
{
	struct proto_field f;

	while (proto_next(c, &f)) {
		if (f.number == number && f.wire == PROTO_SIZED) {
			*out = f.bytes;
			return true;
		}
	}
	return false;
}

bool proto_integer(struct bytes message, uint32_t number, uint64_t *out)
{
	struct cursor c = cursor_over(message);
	struct proto_field f;
	bool found = false;

	*out = 0;
	while (proto_next(&c, &f)) {
		if (f.number != number || f.wire == PROTO_SIZED)
			continue;
		*out = f.integer;
		found = true;
	}
	return found;
}

bool proto_bytes(struct bytes message, uint32_t number, struct bytes *out)
{
	struct cursor c = cursor_over(message);
	bool found = false;

	*out = BYTES("");
	while (proto_next_sized(&c, number, out))
		found = true;
	return found;
}

struct bytes proto_merged(struct arena *arena, struct bytes message, uint32_t number)
{
	struct cursor c = cursor_over(message);
	struct bytes b, first = BYTES("");
	size_t count = 0, len = 0;

	while (proto_next_sized(&c, number, &b)) {
		first = count++ ? first : b;
		len += b.len;
	}
	if (count < 2)
		return first;
	unsigned char *all = arena_alloc_raw(arena, len);
	len = 0;
	c = cursor_over(message);
	while (proto_next_sized(&c, number, &b)) {
		if (b.len)
			memcpy(all + len, b.at, b.len);
		len += b.len;
	}
	return (struct bytes){all, len};
}

/* ---- types ---- */

const struct proto_member *proto_member(const struct proto_type *type, uint32_t number)
{
	for (size_t i = 0; i < type->count; i++)
		if (type->members[i].number == number)
			return &type->members[i];
	return NULL;
}

const struct proto_member *proto_member_named(const struct proto_type *type, struct bytes name)
{
	for (size_t i = 0; i < type->count; i++)
		if (bytes_same(name, type->members[i].name))
			return &type->members[i];
	return NULL;
}

/* ---- the walk ---- */

uint64_t proto_offset(const struct proto_walk *w, struct bytes b, uint64_t otherwise)
{
	uintptr_t at = (uintptr_t)b.at, from = (uintptr_t)w->file.at;
	size_t low = 0, high = w->origin_count;

	if (at < from || at - from > w->file.len)
		return otherwise;
	if (!w->origins)
		return at - from;
	while (low + 1 < high) {
		size_t middle = low + (high - low) / 2;
		if (w->origins[middle].made <= at - from)
			low = middle;
		else
			high = middle;
	}
	return high ? w->origins[low].written : 0;
}

static void fail(struct proto_walk *w, const char *why, uint64_t at)
{
	if (w->why)
		return;
	w->why = why;
	w->why_at = at;
}

/* Varints one after the other: each must end. */
static bool is_packed(struct bytes b)
{
	size_t run = 0;

	for (size_t i = 0; i < b.len; i++) {
		run = b.at[i] < 0x80 ? 0 : run + 1;
		if (run == VARINT_MOST)
			return false;
	}
	return run == 0;
}

static void check_packed(struct proto_walk *w, const struct proto_member *m, struct bytes b, uint64_t at)
{
	bool good = m->kind == PROTO_INTEGER ? is_packed(b) : m->kind == PROTO_FOUR ? b.len % 4 == 0 : m->kind != PROTO_EIGHT || b.len % 8 == 0;

	if (!good)
		fail(w, "has a list of numbers that ends in the middle of one", at);
}

static void walk(struct proto_walk *w, const struct proto_place *place, unsigned depth);

/* One bit a member: is it there, and is it there again? Also finds out whether the message is broken. */
static uint64_t find_repeated(struct proto_walk *w, const struct proto_place *place)
{
	struct cursor c = cursor_over(place->message);
	struct proto_field f;
	uint64_t once = 0, again = 0;

	while (proto_next(&c, &f)) {
		const struct proto_member *m = proto_member(place->type, f.number);
		if (!m || m->kind != PROTO_MESSAGE || m->repeated || f.wire != PROTO_SIZED)
			continue;
		uint64_t bit = (uint64_t)1 << (m - place->type->members);
		again |= once & bit;
		once |= bit;
	}
	if (!cursor_ok(&c))
		fail(w, c.why, proto_offset(w, bytes_from(place->message, c.why_at), place->offset));
	return again;
}

static void step_over(struct proto_walk *w, const struct proto_member *m, struct bytes b, uint64_t at)
{
	if (w->utf8 && m && m->kind == PROTO_TEXT && !bytes_are_utf8(b))
		fail(w, "has a text that is not UTF-8", at);
	w->skipped += b.len >= SKIPPED_LEAST ? b.len : 0;
}

static void walk_members(struct proto_walk *w, const struct proto_place *place, unsigned depth)
{
	struct cursor c = cursor_over(place->message);
	struct proto_field f;
	uint64_t again = find_repeated(w, place), done = 0;

	while (proto_next(&c, &f)) {
		const struct proto_member *m = proto_member(place->type, f.number);
		if (f.wire != PROTO_SIZED)
			continue;
		uint64_t at = proto_offset(w, f.bytes, place->offset);
		if (!m || m->kind == PROTO_TEXT || m->kind == PROTO_BYTES) {
			step_over(w, m, f.bytes, at);
			continue;
		}
		if (m->kind != PROTO_MESSAGE) {
			check_packed(w, m, f.bytes, at);
			continue;
		}
		uint64_t bit = m->repeated ? 0 : (uint64_t)1 << (m - place->type->members);
		if (done & bit)
			continue;
		done |= bit;
		struct proto_place inner = {m->type, m, again & bit ? proto_merged(w->arena, place->message, f.number) : f.bytes, at, place};
		walk(w, &inner, depth + 1);
	}
}

static void walk(struct proto_walk *w, const struct proto_place *place, unsigned depth)
{
	if (depth == PROTO_DEPTH_MOST) {
		w->too_deep = true;
		return;
	}
	w->enter(w->context, place);
	walk_members(w, place, depth);
}

void proto_walk(struct proto_walk *w, const struct proto_type *type, struct bytes message)
{
	struct proto_place root = {.type = type, .message = message, .offset = proto_offset(w, message, 0)};

	walk(w, &root, 0);
}
