#include "base/path.h"

#include "base/status.h"

static bool is_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_separator(unsigned char c)
{
	return c == '/' || c == '\\';
}

/* Systems behind a scheme that are files of the machine or of another one. */
static bool has_scheme(struct bytes path)
{
	static const char *const schemes[] = {"file:", "http:", "https:", "ftp:", "s3:", "gs:", "hdfs:", "viewfs:", "har:", "grpc:", "tcp:", "oss:",
					      "azfs:", "az:", "smb:", "nfs:"};
	struct bytes scheme = bytes_slice(path, 0, bytes_find_byte(path, ':') + 1);

	for (size_t i = 0; i < COUNT_OF(schemes); i++)
		if (bytes_equal_folded(scheme, bytes_of(schemes[i])))
			return true;
	return false;
}

bool path_leads_out(struct bytes path)
{
	size_t depth = 0;

	if (path.len == 0)
		return false;
	if (is_separator(path.at[0]) || path.at[0] == '~' || (path.len > 1 && is_letter(path.at[0]) && path.at[1] == ':') || has_scheme(path))
		return true;
	for (size_t from = 0, to; from <= path.len; from = to + 1) {
		for (to = from; to < path.len && !is_separator(path.at[to]); to++)
			continue;
		struct bytes part = bytes_slice(path, from, to - from);
		if (bytes_same(part, "..") && depth-- == 0)
			return true;
		depth += part.len > 0 && !bytes_same(part, ".") && !bytes_same(part, "..");
	}
	return false;
}
