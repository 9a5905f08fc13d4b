#include "gateway/http.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/sixteen.h"

enum { FRAMING_MOST = 64 << 10, FIELDS_USUAL = 16 };

RARELY static enum http_event refuse(struct http_reader *r, unsigned status, const char *why)
{
	r->why = why;
	r->status = status;
	return HTTP_IS_BAD;
}

/* ---- heads ---- */

void http_clear_head(struct http_head *h)
{
	*h = (struct http_head){.fields = h->fields, .field_room = h->field_room};
}

void http_finish_head(struct http_head *h)
{
	free(h->fields);
	h->fields = NULL;
	h->field_room = h->field_count = 0;
}

void http_keep_field(struct http_head *h, struct http_field f)
{
	if (h->field_count == h->field_room) {
		h->field_room = h->field_room ? h->field_room * 2 : FIELDS_USUAL;
		h->fields = realloc(h->fields, h->field_room * sizeof *h->fields);
		if (!h->fields)
			abort();
	}
	h->fields[h->field_count++] = f;
}

/* ---- the head, line by line ---- */

static bool is_token(struct bytes b)
{
	static const bool parts[256] = {['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['!'] = true, ['#'] = true, ['$'] = true, ['%'] = true,
					['&'] = true, ['\''] = true, ['*'] = true, ['+'] = true, ['-'] = true, ['.'] = true, ['^'] = true, ['_'] = true, ['`'] = true, ['|'] = true, ['~'] = true};

	for (size_t i = 0; i < b.len; i++)
		if (!parts[b.at[i]])
			return false;
	return b.len > 0;
}

/* Bytes before the first control character but tabs; b.len when there is none. */
static size_t visible_run(struct bytes b)
{
	size_t i = 0;

	for (; i + sizeof(sixteen) <= b.len; i += sizeof(sixteen)) {
		sixteen here = sixteen_from(b.at + i);
		size_t first = sixteen_first(((here >= 0) & (here < ' ') & (here != '\t')) | (here == 0x7f));
		if (first < sizeof(sixteen))
			return i + first;
	}
	while (i < b.len && (b.at[i] >= 0x20 || b.at[i] == '\t') && b.at[i] != 0x7f)
		i++;
	return i;
}

static bool is_visible(struct bytes b)
{
	return visible_run(b) == b.len;
}

struct bytes http_trim(struct bytes b)
{
	while (b.len > 0 && (b.at[0] == ' ' || b.at[0] == '\t'))
		b = bytes_from(b, 1);
	while (b.len > 0 && (b.at[b.len - 1] == ' ' || b.at[b.len - 1] == '\t'))
		b.len--;
	return b;
}

/* What stands behind a slash: a second one, or one or two dots and nothing else. */
static bool leads_elsewhere(struct bytes rest)
{
	size_t dots = 0;

	if (rest.len == 0 || (rest.at[0] != '.' && rest.at[0] != '/'))
		return false;
	while (dots < rest.len && rest.at[dots] == '.')
		dots++;
	return dots <= 2 && (dots == rest.len || rest.at[dots] == '/');
}

/* One meaning for every reader: nothing escaped, nothing that leads upwards, no second slash. */
static bool is_plain_path(struct bytes path)
{
	static const bool odd[256] = {['%'] = true, ['#'] = true, [';'] = true, ['\\'] = true, ['"'] = true, ['<'] = true, ['>'] = true, ['^'] = true, ['`'] = true,
				      ['{'] = true, ['|'] = true, ['}'] = true};

	bool good = path.len > 0 && path.at[0] == '/';

	for (size_t i = 0; i < path.len && good; i++) {
		unsigned char c = path.at[i];
		good = c > ' ' && c < 0x7f && !odd[c] && (c != '/' || !leads_elsewhere(bytes_from(path, i + 1)));
	}
	return good;
}

const char *http_take_target(struct http_head *h, struct bytes target)
{
	size_t question = bytes_find_byte(target, '?');

	h->target = target;
	h->path = bytes_slice(target, 0, question);
	h->query = bytes_from(target, question + 1);
	return is_plain_path(h->path) && is_visible(h->query) && !bytes_contain(h->query, BYTES("#")) ? NULL : "asks for a path that readers may take differently";
}

static const char *read_first_line(struct http_reader *r, struct bytes line)
{
	struct http_head *h = &r->head;

	if (r->role == HTTP_ANSWERS)
		return bytes_start_with(line, BYTES("HTTP/1.1 ")) || bytes_start_with(line, BYTES("HTTP/1.0 ")) ? NULL : "does not begin like HTTP/1.1";
	size_t space = bytes_find_byte(line, ' ');
	h->method = bytes_slice(line, 0, space);
	struct bytes rest = bytes_from(line, space + 1);
	space = bytes_find_byte(rest, ' ');
	if (!is_token(h->method) || !bytes_same(bytes_from(rest, space), " HTTP/1.1"))
		return "is no request of HTTP/1.1";
	return http_take_target(h, bytes_slice(rest, 0, space));
}

static const char control_in_field[] = "has a header with control characters, or a line that ends in two ways";

static const char *take_visible_field(struct http_head *h, struct http_field f)
{
	if (!is_token(f.name))
		return "has a header line without a proper name";
	if (h->field_count == HTTP_FIELDS_MOST)
		return "has more headers than are read";
	http_keep_field(h, f);
	return NULL;
}

const char *http_take_field(struct http_head *h, struct http_field f)
{
	return is_visible(f.value) ? take_visible_field(h, f) : control_in_field;
}

static const char *read_field(struct http_head *h, struct bytes line)
{
	size_t colon = bytes_find_byte(line, ':');

	if (line.len > 0 && (line.at[0] == ' ' || line.at[0] == '\t'))
		return "has a header that goes on in a second line";
	if (colon == line.len)
		return "has a header line without a colon";
	return take_visible_field(h, (struct http_field){bytes_slice(line, 0, colon), http_trim(bytes_from(line, colon + 1))});
}

static inline bool name_is(struct bytes name, const char *lower)
{
	return bytes_equal_folded(name, bytes_of(lower));
}

static const char *read_length(struct http_head *h, struct bytes value)
{
	if (value.len == 0 || value.len > 15)
		return "has a length that is no number";
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] < '0' || value.at[i] > '9')
			return "has a length that is no number";
		h->length = h->length * 10 + (uint64_t)(value.at[i] - '0');
	}
	h->has_length = true;
	return NULL;
}

static const char *read_coding(struct http_head *h, struct bytes value)
{
	h->chunked = bytes_equal_folded(value, BYTES("chunked"));
	return h->chunked ? NULL : "has a transfer coding that is not \"chunked\"";
}

/* A name or an address, perhaps a port: RFC 9112, section 3.2, wants everything else refused. */
static bool is_host(struct bytes b)
{
	static const bool may[256] = {['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['-'] = true, ['.'] = true, ['_'] = true, ['~'] = true, [':'] = true, ['['] = true, [']'] = true};
	bool good = b.len > 0;

	for (size_t i = 0; i < b.len; i++)
		good &= may[b.at[i]];
	return good;
}

/* What may stand in a head once; the first two say how long its body is. */
enum { CONTENT_LENGTH, TRANSFER_ENCODING };
#define ONCE(FIELD) FIELD("content-length") FIELD("transfer-encoding") FIELD("host") FIELD("authorization") FIELD("content-type") FIELD("content-encoding") FIELD("x-api-key")
#define FIELD_NAME(name) BYTES(name),
#define FIELD_LENGTH(name) | 1u << (sizeof(name) - 1)

const char *http_check_fields(struct http_head *h, bool is_request)
{
	static const struct bytes once[] = {ONCE(FIELD_NAME)};
	/* Most names are told from these, and from "expect", by how long they are. */
	static const uint32_t lengths = 0 ONCE(FIELD_LENGTH) FIELD_LENGTH("expect");
	unsigned seen = 0;

	for (size_t i = 0; i < h->field_count; i++) {
		const struct http_field *f = &h->fields[i];
		if (f->name.len > 31 || !(lengths >> f->name.len & 1))
			continue;
		for (size_t k = 0; k < COUNT_OF(once); k++) {
			if (!bytes_equal_folded(f->name, once[k]))
				continue;
			if (seen & 1u << k)
				return "has a header twice that may stand once";
			seen |= 1u << k;
			const char *why = k == CONTENT_LENGTH ? read_length(h, f->value) : k == TRANSFER_ENCODING ? read_coding(h, f->value) : NULL;
			if (why)
				return why;
		}
		h->expects_continue |= name_is(f->name, "expect") && bytes_equal_folded(f->value, BYTES("100-continue"));
	}
	if (h->chunked && h->has_length)
		return "says its length in two ways";
	if (is_request && !is_host(http_field_value(h, "host")))
		return "names no host";
	return NULL;
}

static const char *read_lines(struct http_reader *r)
{
	struct bytes left = text_bytes(&r->raw);
	const char *why = NULL;

	for (bool first = true; !why && left.len > 2; first = false) {
		size_t end = visible_run(left);
		struct bytes line = bytes_slice(left, 0, end);
		left = bytes_from(left, end);
		if (!bytes_start_with(left, BYTES("\r\n")))
			why = first ? "has a first line with control characters, or one that ends in two ways" : control_in_field;
		else
			why = first ? read_first_line(r, line) : read_field(&r->head, line);
		left = bytes_from(left, 2);
	}
	return why ? why : http_check_fields(&r->head, r->role == HTTP_REQUESTS);
}

/* ---- llhttp ---- */

static int headers_complete(llhttp_t *p)
{
	struct http_reader *r = p->data;

	r->has_head = true;
	return HPE_PAUSED;
}

static int message_complete(llhttp_t *p)
{
	struct http_reader *r = p->data;

	r->complete = true;
	return HPE_PAUSED;
}

static int take_body(llhttp_t *p, const char *at, size_t len)
{
	struct http_reader *r = p->data;

	struct bytes piece = {(const unsigned char *)at, len};

	if (r->body.len == 0) {
		r->body = piece;
		return 0;
	}
	if (r->gathered.len == 0)
		text_add(&r->gathered, r->body);
	text_add(&r->gathered, piece);
	r->body = text_bytes(&r->gathered);
	return 0;
}

void http_reader_init(struct http_reader *r, enum http_role role)
{
	static const llhttp_settings_t settings = {.on_headers_complete = headers_complete, .on_message_complete = message_complete, .on_body = take_body};

	*r = (struct http_reader){.role = role};
	/* It only reads them, though it does not say so. */
	llhttp_init(&r->parser, role == HTTP_REQUESTS ? HTTP_REQUEST : HTTP_RESPONSE, (llhttp_settings_t *)(uintptr_t)&settings);
	r->parser.data = r;
	text_init(&r->raw, NULL);
	text_init(&r->gathered, NULL);
}

void http_reader_finish(struct http_reader *r)
{
	http_finish_head(&r->head);
	text_finish(&r->raw);
	text_finish(&r->gathered);
}

static void begin_message(struct http_reader *r)
{
	r->has_head = r->complete = false;
	r->framed = r->unframed = 0;
	http_clear_head(&r->head);
	text_clear(&r->raw);
	llhttp_reset(&r->parser);
}

/* Bytes of `in` llhttp took, or -1. */
static ssize_t execute(struct http_reader *r, struct bytes in)
{
	enum llhttp_errno e = llhttp_execute(&r->parser, (const char *)in.at, in.len);

	if (e == HPE_OK)
		return (ssize_t)in.len;
	if (e != HPE_PAUSED)
		return -1;
	const char *at = llhttp_get_error_pos(&r->parser);
	llhttp_resume(&r->parser);
	return at - (const char *)in.at;
}

/* With the empty line at its end; 0 when that is not there. */
static size_t head_length(struct bytes b)
{
	static const struct bytes end = BYTES("\r\n\r\n");
	size_t i = 0;

	/* A line's end and the next are two bytes apart nowhere else, or hardly. */
	while (i + sizeof(sixteen) + 2 <= b.len) {
		size_t first = sixteen_first((sixteen_from(b.at + i) == '\r') & (sixteen_from(b.at + i + 2) == '\r'));
		i += first;
		if (first < sizeof(sixteen) && bytes_start_with(bytes_from(b, i++), end))
			return i - 1 + end.len;
	}
	size_t at = i + bytes_find(bytes_from(b, i), end);
	return at < b.len ? at + end.len : 0;
}

static enum http_event take_head(struct http_reader *r, struct bytes *in)
{
	size_t before = r->raw.len, from = before < 3 ? 0 : before - 3;
	struct bytes taken = bytes_slice(*in, 0, HTTP_HEAD_MOST - before);
	size_t length = before == 0 ? head_length(taken) : 0;   /* usually it comes at once */

	text_add(&r->raw, length > 0 ? bytes_slice(taken, 0, length) : taken);
	if (before > 0)
		length = head_length(bytes_from(text_bytes(&r->raw), from));
	if (length == 0) {
		*in = bytes_from(*in, taken.len);
		return r->raw.len == HTTP_HEAD_MOST ? refuse(r, 431, "has headers longer than any that are read") : HTTP_NEEDS_MORE;
	}
	r->raw.len = from + length;
	*in = bytes_from(*in, r->raw.len - before);
	const char *why = read_lines(r);
	if (why)
		return refuse(r, 400, why);
	if (execute(r, text_bytes(&r->raw)) < 0 || !r->has_head)
		return refuse(r, 400, "is no proper HTTP/1.1");
	r->head.status = r->parser.status_code;
	r->head.keep_alive = llhttp_should_keep_alive(&r->parser);
	return HTTP_HAS_HEAD;
}

enum http_event http_next(struct http_reader *r, struct bytes *in)
{
	if (r->why)
		return HTTP_IS_BAD;
	if (r->complete)
		begin_message(r);
	if (!r->has_head)
		return in->len ? take_head(r, in) : HTTP_NEEDS_MORE;
	r->body = BYTES("");
	text_clear(&r->gathered);
	/* A message without a body is complete before another byte comes. */
	ssize_t n = execute(r, *in);
	if (n < 0)
		return refuse(r, 400, "has a body that breaks the rules of HTTP/1.1");
	*in = bytes_from(*in, (size_t)n);
	r->framed += (uint64_t)n;
	r->unframed += r->body.len;
	/* A chunk of one byte takes six; extensions and trailers without end carry nothing. */
	if (r->framed > FRAMING_MOST + r->unframed * 8)
		return refuse(r, 400, "has more bytes around its chunks than in them");
	if (r->body.len > 0)
		return HTTP_HAS_BODY;
	return r->complete ? HTTP_IS_OVER : HTTP_NEEDS_MORE;
}

bool http_end(struct http_reader *r)
{
	if (r->has_head && !r->complete && r->role == HTTP_ANSWERS)
		return llhttp_finish(&r->parser) == HPE_OK || r->complete;
	return r->complete;
}

/* ---- fields ---- */

struct bytes http_value_of(const struct http_head *h, struct bytes wanted)
{
	for (size_t i = 0; i < h->field_count; i++)
		if (bytes_equal_folded(h->fields[i].name, wanted))
			return h->fields[i].value;
	return BYTES("");
}

static bool list_has(struct bytes list, struct bytes word)
{
	while (list.len > 0) {
		size_t len = bytes_find_byte(list, ',');
		if (bytes_equal_folded(http_trim(bytes_slice(list, 0, len)), word))
			return true;
		list = bytes_from(list, len + 1);
	}
	return false;
}

bool http_is_hop_by_hop(const struct http_head *h, struct bytes name)
{
	static const char *const always[] = {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"};

	for (size_t i = 0; i < COUNT_OF(always); i++)
		if (name_is(name, always[i]))
			return true;
	for (size_t i = 0; i < h->field_count; i++)
		if (name_is(h->fields[i].name, "connection") && list_has(h->fields[i].value, name))
			return true;
	return false;
}

const char *http_reason(unsigned status)
{
	static const struct { unsigned status; const char *reason; } reasons[] = {
		{200, "OK"}, {202, "Accepted"}, {400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"},
		{408, "Request Timeout"}, {413, "Content Too Large"}, {415, "Unsupported Media Type"}, {429, "Too Many Requests"}, {431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"}, {502, "Bad Gateway"}, {503, "Service Unavailable"}, {504, "Gateway Timeout"},
	};

	for (size_t i = 0; i < COUNT_OF(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Answer";
}

void http_add_field(struct text *head, struct bytes name, struct bytes value)
{
	text_add(head, name);
	text_add_string(head, ": ");
	text_add(head, value);
	text_add_string(head, "\r\n");
}

void http_add_length(struct text *head, uint64_t length)
{
	text_add_string(head, "Content-Length: ");
	text_add_number(head, length);
	text_add_string(head, "\r\n");
}

void http_add_chunk_size(struct text *body, size_t len)
{
	unsigned digits = 1;

	while (digits < 2 * sizeof len && len >> 4 * digits > 0)
		digits++;
	while (digits-- > 0)
		text_add_byte(body, "0123456789abcdef"[len >> 4 * digits & 15]);
	text_add_string(body, "\r\n");
}
