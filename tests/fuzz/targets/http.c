/* Requests and answers of HTTP/1.1 as strangers write them: however their bytes arrive, the same messages come out of them. */
#include "gateway/http.h"

struct reading {
	struct http_reader reader;
	struct text message;        /* as far as it came */
	struct text messages;       /* that came whole */
};

static void note_head(struct text *out, const struct http_head *h)
{
	text_addf(out, "%u %d%d%d%d %llu ", h->status, h->keep_alive, h->has_length, h->chunked, h->expects_continue, (unsigned long long)h->length);
	text_add(out, h->method);
	text_add(out, h->target);
	for (size_t i = 0; i < h->field_count; i++)
		http_add_field(out, h->fields[i].name, h->fields[i].value);
}

/* False when nothing more is to be read. */
static bool feed(struct reading *r, struct bytes part)
{
	enum http_event event;

	do {
		event = http_next(&r->reader, &part);
		if (event == HTTP_HAS_HEAD)
			note_head(&r->message, &r->reader.head);
		if (event == HTTP_HAS_BODY)
			text_add(&r->message, r->reader.body);
		if (event == HTTP_IS_OVER || (event == HTTP_HAS_BODY && r->reader.complete)) {
			text_add(&r->messages, text_bytes(&r->message));
			text_clear(&r->message);
		}
	} while (event != HTTP_NEEDS_MORE && event != HTTP_IS_BAD);
	return event == HTTP_NEEDS_MORE;
}

static void read_all(struct reading *r, enum http_role role, struct bytes in, size_t step)
{
	http_reader_init(&r->reader, role);
	text_init(&r->message, NULL);
	text_init(&r->messages, NULL);
	while (in.len > 0 && feed(r, bytes_slice(in, 0, step)))
		in = bytes_from(in, step);
}

static void finish(struct reading *r)
{
	http_reader_finish(&r->reader);
	text_finish(&r->message);
	text_finish(&r->messages);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
	struct reading whole, parts;
	enum http_role role = len > 0 && at[0] & 1 ? HTTP_ANSWERS : HTTP_REQUESTS;
	size_t step = len > 0 ? (at[0] >> 1) + 1u : 1;
	struct bytes in = bytes_from((struct bytes){at, len}, 1);

	read_all(&whole, role, in, SIZE_MAX);
	read_all(&parts, role, in, step);
	if ((whole.reader.why == NULL) != (parts.reader.why == NULL) || !bytes_equal(text_bytes(&whole.messages), text_bytes(&parts.messages)))
		__builtin_trap();
	finish(&whole);
	finish(&parts);
	return 0;
}
