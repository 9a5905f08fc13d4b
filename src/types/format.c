#include "types/format.h"

#include <string.h>

const struct format *format_named(const char *name)
{
	for (const struct format *const *f = formats; *f; f++)
		if (strcmp((*f)->name, name) == 0)
			return *f;
	return NULL;
}

unsigned format_expects(const struct format *format, struct bytes extension)
{
	struct bytes list = bytes_of(format->extensions);

	for (unsigned place = 1; extension.len > 0 && list.len > 0; place++) {
		size_t len = bytes_find_byte(list, ' ');
		if (bytes_equal_folded(bytes_slice(list, 0, len), extension))
			return place;
		list = bytes_from(list, len + 1);
	}
	return 0;
}
