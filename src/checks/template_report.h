#ifndef CHECKS_TEMPLATE_REPORT_H
#define CHECKS_TEMPLATE_REPORT_H

#include "types/check.h"

/* What the checks of templates share. */

/* "has a template "chat_template" that ", to be continued. */
void template_begin(struct text *t, const struct part *part);

/* The source of an expression, for people. */
void template_add_source(struct text *t, const struct template *template, const struct reach *reach);

/* At that place of the file when the template stands in it as it is, else where its text begins. */
struct finding *template_finding(const struct check *self, const struct subject *subject, const struct part *part, uint32_t at,
				 const struct text *message, struct findings *out);

#endif
