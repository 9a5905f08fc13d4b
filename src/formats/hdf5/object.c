/*
 * Object headers (specification IV.A.1):
 *
 *   version 1:  1 | 0 | u16 messages | u32 references | u32 length | 4 bytes | messages
 *               each  u16 type | u16 length | u8 flags | 3 bytes | data
 *   version 2:  "OHDR" | 2 | u8 flags | times and limits, if flags say so | length of 1 to 8 bytes | messages | checksum
 *               each  u8 type | u16 length | u8 flags | u16 order, if flags say so | data
 *
 * A continuation message names another run of messages; in version 2 that is
 * "OCHK" | messages | checksum.
 */
#include "formats/hdf5/object.h"

enum { FLAG_SHARED = 2, HEADER_ORDER = 4, HEADER_LIMITS = 0x10, HEADER_TIMES = 0x20, SHARED_IN_HEAP = 1 };

/* A run of messages still to be read. */
struct run {
	uint64_t from, length;
	struct run *next;
};

struct reading {
	struct hdf5 *h;
	struct hdf5_object *object;
	unsigned version;
	bool ordered;
	struct run *runs, **last;
};

static void add_run(struct reading *r, uint64_t from, uint64_t length)
{
	struct run *run = arena_new(r->h->art->arena, struct run);

	*run = (struct run){from, length, NULL};
	*r->last = run;
	r->last = &run->next;
}

static void add_continuation(struct reading *r, struct bytes data)
{
	struct cursor c = cursor_over(data);
	uint64_t from = hdf5_address(r->h, &c), length = hdf5_length(r->h, &c);

	if (!hdf5_failed(r->h, &c) && hdf5_enter(r->h, from))
		add_run(r, from, length);
}

static void add_message(struct reading *r, unsigned type, unsigned flags, struct bytes data, uint64_t at)
{
	if (type == MESSAGE_NIL)
		return;
	if (type > MESSAGE_LAST) {
		hdf5_unexamined(r->h, at, "has an object with a message of a type that is not known here");
		return;
	}
	if (type == MESSAGE_CONTINUATION) {
		add_continuation(r, data);
		return;
	}
	struct hdf5_message *m = arena_new(r->h->art->arena, struct hdf5_message);
	*m = (struct hdf5_message){.type = (uint8_t)type, .shared = flags & FLAG_SHARED, .data = data, .at = at};
	*r->object->last = m;
	r->object->last = &m->next;
	if (!r->object->first[type])
		r->object->first[type] = m;
}

/* What is left at the end and too short for a message is a gap. */
static void read_messages(struct reading *r, struct bytes in, uint64_t from)
{
	struct cursor c = cursor_over(in);
	size_t header = r->version == 1 ? 8 : r->ordered ? 6 : 4;

	while (cursor_ok(&c) && cursor_left(&c) >= header) {
		uint64_t at = from + c.pos;
		unsigned type = r->version == 1 ? cursor_u16le(&c) : cursor_u8(&c);
		unsigned length = cursor_u16le(&c), flags = cursor_u8(&c);
		cursor_take(&c, header - (r->version == 1 ? 5 : 4));
		struct bytes data = cursor_take(&c, length);
		if (cursor_ok(&c))
			add_message(r, type, flags, data, at);
	}
	hdf5_failed(r->h, &c);
}

static void read_run(struct reading *r, const struct run *run)
{
	struct cursor c = hdf5_at(r->h, run->from);
	bool framed = r->version == 2;

	if (!hdf5_spend(r->h, run->length))
		return;
	if (framed && (run->length < 8 || !bytes_same(cursor_take(&c, 4), "OCHK")))
		cursor_fail(&c, "has a continued object header where none is");
	struct bytes messages = cursor_take(&c, run->length - (framed ? 8 : 0));
	if (framed)
		hdf5_take_checksum(r->h, &c, run->from);
	if (!hdf5_failed(r->h, &c))
		read_messages(r, messages, run->from + (framed ? 4 : 0));
}

static void read_version_1(struct reading *r, struct cursor *c)
{
	enum { PREFIX = 16 };
	uint64_t from = c->pos;

	if (cursor_u8(c) != 1)
		cursor_fail(c, "has an object header of a version that is not known here");
	cursor_take(c, 1 + 2 + 4);
	uint64_t length = cursor_u32le(c);
	cursor_take(c, 4);
	if (cursor_ok(c) && hdf5_spend(r->h, PREFIX))
		add_run(r, from + PREFIX, length);
}

static void read_version_2(struct reading *r, struct cursor *c)
{
	uint64_t from = c->pos;

	cursor_take(c, 4);
	uint8_t version = cursor_u8(c), flags = cursor_u8(c);
	if (cursor_ok(c) && version != 2)
		cursor_fail(c, "has an object header of a version that is not known here");
	cursor_take(c, (flags & HEADER_TIMES ? 16 : 0) + (flags & HEADER_LIMITS ? 4 : 0));
	uint64_t length = hdf5_number(c, 1u << (flags & 3)), messages_at = c->pos;
	struct bytes messages = cursor_take(c, length);
	if (!cursor_ok(c) || !hdf5_spend(r->h, c->pos - from))
		return;
	hdf5_take_checksum(r->h, c, from);
	r->ordered = flags & HEADER_ORDER;
	read_messages(r, messages, messages_at);
}

static void read_object(struct hdf5 *h, struct hdf5_object *object)
{
	struct cursor c = hdf5_at(h, object->address);
	bool new_style = bytes_start_with(bytes_from(h->in, c.pos), BYTES("OHDR"));
	struct reading r = {.h = h, .object = object, .version = new_style ? 2 : 1};

	r.last = &r.runs;
	if (new_style)
		read_version_2(&r, &c);
	else
		read_version_1(&r, &c);
	object->broken = hdf5_failed(h, &c);
	for (struct run *run = r.runs; run; run = run->next)
		read_run(&r, run);
}

struct hdf5_object *hdf5_object(struct hdf5 *h, uint64_t address)
{
	void **slot = hdf5_slot(h, &h->objects, address);
	struct hdf5_object *object = *slot;

	if (object)
		return object;
	object = arena_new(h->art->arena, struct hdf5_object);
	*object = (struct hdf5_object){.address = address};
	object->last = &object->messages;
	*slot = object;
	read_object(h, object);
	return object;
}

const struct hdf5_message *hdf5_message(const struct hdf5_object *object, enum hdf5_message_type type)
{
	return object->first[type];
}

struct bytes hdf5_data(struct hdf5 *h, const struct hdf5_message *message)
{
	return message->shared ? hdf5_shared(h, message->data, (enum hdf5_message_type)message->type) : message->data;
}

struct bytes hdf5_shared(struct hdf5 *h, struct bytes reference, enum hdf5_message_type type)
{
	struct cursor c = cursor_over(reference);
	uint8_t version = cursor_u8(&c), kind = cursor_u8(&c);
	uint64_t at = reference.len ? (uint64_t)(reference.at - h->in.at) : 0;

	cursor_take(&c, version == 1 ? 6 : 0);
	uint64_t address = hdf5_address(h, &c);
	if (!cursor_ok(&c) || version > 3 || (version == 3 && kind == SHARED_IN_HEAP) || address == HDF5_UNDEFINED) {
		hdf5_unexamined(h, at, "shares a message in a way that is not examined here");
		return BYTES("");
	}
	const struct hdf5_message *m = hdf5_message(hdf5_object(h, address), type);
	if (m && !m->shared)
		return m->data;
	hdf5_malformed(h, at, "shares a message with an object that has none");
	return BYTES("");
}
