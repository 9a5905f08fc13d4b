#include "syntax/json.h"

#include "base/sort.h"

static int compare_edits(const void *a, const void *b)
{
	const struct json_edit *x = a, *y = b;

	return (x->offset > y->offset) - (x->offset < y->offset);
}

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What stood there leaves no comma: neither the one behind it nor, as the last of its list, the one before. */
static uint64_t close_gap(struct bytes json, uint64_t at, struct text *out)
{
	uint64_t next = at;

	while (next < json.len && is_blank(json.at[next]))
		next++;
	if (next < json.len && json.at[next] == ',')
		return next + 1;
	while (out->len > 0 && is_blank((unsigned char)out->at[out->len - 1]))
		out->len--;
	out->len -= out->len > 0 && out->at[out->len - 1] == ',';
	return at;
}

void json_splice(struct bytes json, struct json_edit *edits, size_t count, struct bytes values, struct text *out)
{
	uint64_t at = 0;

	sort(edits, count, sizeof *edits, compare_edits);
	for (size_t n = 0; n < count; n++) {
		if (edits[n].offset < at)
			continue;
		text_add(out, bytes_slice(json, at, edits[n].offset - at));
		text_add(out, bytes_slice(values, edits[n].begin, edits[n].len));
		at = edits[n].left_out ? close_gap(json, edits[n].end, out) : edits[n].end;
	}
	text_add(out, bytes_from(json, at));
}
