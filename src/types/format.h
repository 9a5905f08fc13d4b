#ifndef TYPES_FORMAT_H
#define TYPES_FORMAT_H

#include "types/artifact.h"

/*
 * A file format we can read.  src/formats/NAME.c defines `format_NAME`;
 * the build finds it by its file name, so nothing else is to be edited.
 */
struct format {
	const char *name, *title, *spec;
	const char *extensions;     /* the usual ones, separated by blanks; content decides, they only raise expectations */
	/* By `first` and `last` of the source alone: false when probe would say no whatever lies between. NULL: it has to be asked. */
	bool (*may_claim)(const struct source *);
	int (*probe)(const struct source *, struct arena *);    /* 0: no ... 100: certain */
	void (*parse)(const struct source *, struct artifact *);
};

extern const struct format *const formats[];   /* ends with NULL; generated */

const struct format *format_named(const char *name);    /* or NULL */
/* How usual the extension is for the format: 1 the first of its list, 2 the second ...; 0 not at all. */
unsigned format_expects(const struct format *format, struct bytes extension);

#endif
