#include "types/format.h"

#include <string.h>

const struct format *format_named(const char *name)
{
	for (const struct format *const *f = formats; *f; f++)
		if (strcmp((*f)->name, name) == 0)
			return *f;
	return NULL;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Asked for every file and every format: no slices, no calls. */
unsigned format_expects(const struct format *format, struct bytes extension)
{
	unsigned place = 1;

	for (const char *at = format->extensions; extension.len > 0 && *at; place++) {
		size_t same = 0;
		while (same < extension.len && at[same] && at[same] != ' ' && at[same] == lower((char)extension.at[same]))
			same++;
		if (same == extension.len && (at[same] == ' ' || !at[same]))
			return place;
		while (*at && *at != ' ')
			at++;
		at += *at == ' ';
	}
	return 0;
}
