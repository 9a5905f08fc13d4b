#ifndef GATEWAY_HTTP_H
#define GATEWAY_HTTP_H

#include <llhttp/llhttp.h>

#include "base/text.h"

/*
 * HTTP/1.1 messages (RFC 9112), by llhttp behind a check of our own that is
 * stricter than any reader in front or behind: one meaning, or no message.
 */

#define HTTP_UNKNOWN UINT64_MAX

enum { HTTP_HEAD_MOST = 32 << 10, HTTP_FIELDS_MOST = 128 };

struct http_field {
	struct bytes name, value;   /* the name as written */
};

struct http_head {
	struct bytes method, target, path, query;
	unsigned status;
	bool keep_alive, has_length, chunked, expects_continue;
	uint64_t length;
	struct http_field *fields;
	size_t field_count, field_room;
};

/* ---- for every version of HTTP: false, or why not; a clause that completes "the request ..." ---- */

/* Nothing is in it any more, but there is room; and no room either. */
void http_clear_head(struct http_head *);
void http_finish_head(struct http_head *);
/* As it came, unchecked; at most HTTP_FIELDS_MOST. */
void http_keep_field(struct http_head *, struct http_field);

/* What a request asks for: one meaning for every reader, or none. */
const char *http_take_target(struct http_head *, struct bytes target);
const char *http_take_field(struct http_head *, struct http_field);
/* What decides where a message ends, or who it is for, stands once and plainly. */
const char *http_check_fields(struct http_head *, bool is_request);

/* ---- HTTP/1.1 ---- */

enum http_role { HTTP_REQUESTS, HTTP_ANSWERS };

enum http_event {
	HTTP_NEEDS_MORE,                  /* all was taken; more bytes are needed */
	HTTP_HAS_HEAD,                  /* `head` is whole */
	HTTP_HAS_BODY,                  /* `body` holds the next bytes of the body */
	HTTP_IS_OVER,                  /* the message is over; the next one may begin */
	HTTP_IS_BAD,                   /* `why` tells; nothing more is to be read */
};

struct http_reader {
	enum http_role role;
	llhttp_t parser;
	struct text raw;            /* the head as it came */
	struct http_head head;      /* borrows from `raw` */
	struct bytes body;          /* what came of it now: where it was read from, or gathered */
	struct text gathered;       /* where it stood there in several pieces */
	uint64_t framed, unframed;      /* bytes of the body with its chunks' sizes, and without */
	bool has_head, complete;
	const char *why;            /* a clause that completes "the request ..." */
	unsigned status;            /* to answer with when it is bad */
};

void http_reader_init(struct http_reader *, enum http_role);
void http_reader_finish(struct http_reader *);

/* What comes next in `in`, which moves on past what was taken. */
enum http_event http_next(struct http_reader *, struct bytes *in);
/* The connection has ended: is what came so far a whole answer? */
bool http_end(struct http_reader *);

/* The value of a field that is there once; empty when it is not. Names are given in lower case. */
struct bytes http_value_of(const struct http_head *, struct bytes name);
static inline struct bytes http_field_value(const struct http_head *h, const char *name)
{
	return http_value_of(h, bytes_of(name));
}

/* Without blanks around it. */
struct bytes http_trim(struct bytes b);

/* Is it about this connection alone, so that it must not be passed on? */
bool http_is_hop_by_hop(const struct http_head *, struct bytes name);

const char *http_reason(unsigned status);

/* Lines of a head. */
void http_add_field(struct text *head, struct bytes name, struct bytes value);
void http_add_length(struct text *head, uint64_t length);
/* The line before a chunk of a body. */
void http_add_chunk_size(struct text *body, size_t len);

#endif
