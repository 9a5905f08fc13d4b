#include "types/check.h"

#include <string.h>

const struct check *check_with_id(const char *id)
{
	for (const struct check *const *c = checks; *c; c++)
		if (strcmp((*c)->id, id) == 0)
			return *c;
	return NULL;
}

void check_report_oddities(const struct check *self, const struct artifact *art, struct findings *out)
{
	for (const struct oddity *o = art->oddities; o; o = o->next) {
		if (strcmp(o->id, self->id) == 0)
			findings_add_for(out, o->loaders, self, art->source, o->offset, bytes_of(o->what));
	}
}

void check_run(const struct check *self, const struct subject *subject, struct findings *out)
{
	if (!(self->looks_at & subject->kind))
		return;
	if (self->run)
		self->run(self, subject, out);
	else
		check_report_oddities(self, subject->artifact, out);
}
