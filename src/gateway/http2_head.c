#include "gateway/http2_head.h"

#include <string.h>

/* A pseudo-header is part of what stands in the first line of HTTP/1.1, or its host. */
static const char *take_pseudo(struct http_head *h, struct http_field f, struct bytes *authority)
{
	if (bytes_same(f.name, ":method"))
		h->method = f.value;
	else if (bytes_same(f.name, ":path"))
		return http_take_target(h, f.value);
	else if (bytes_same(f.name, ":authority"))
		*authority = f.value;
	else if (!bytes_same(f.name, ":scheme") || !bytes_same(f.value, "https"))
		return "is no request of HTTPS";
	return NULL;
}

const char *http2_read_head(struct http_head *head, struct bytes raw)
{
	struct http_field given[HTTP_FIELDS_MOST];
	size_t count = head->field_count;
	struct bytes left = raw, authority = BYTES("");
	const char *why = NULL;

	if (count > 0)
		memcpy(given, head->fields, count * sizeof *given);
	http_clear_head(head);
	head->keep_alive = true;
	for (size_t i = 0; i < count && !why; i++) {
		struct http_field f = {bytes_slice(left, 0, given[i].name.len), bytes_slice(left, given[i].name.len, given[i].value.len)};
		left = bytes_from(left, f.name.len + f.value.len);
		if (f.name.len > 0 && f.name.at[0] == ':')
			why = take_pseudo(head, f, &authority);
		else if (!bytes_same(f.name, "host"))
			why = http_take_field(head, f);
		else if (!bytes_equal(f.value, authority))
			why = "names two hosts";
	}
	if (!why)
		why = http_take_field(head, (struct http_field){BYTES("host"), authority});
	if (!why && (head->method.len == 0 || head->path.len == 0))
		why = "says neither what it wants nor from where";
	return why ? why : http_check_fields(head, true);
}
