#ifndef REPORTS_HTML_TEXT_H
#define REPORTS_HTML_TEXT_H

#include "base/text.h"

/* Text between tags and inside quoted attributes; what a reader should not be fooled by is shown as \xNN. */
void text_add_html(struct text *t, struct bytes b);
void text_add_html_string(struct text *t, const char *string);

/* A page that needs nothing but itself: no script, no font, no picture from elsewhere. */
void html_begin(struct text *t, const char *title);
void html_end(struct text *t);

/* A bar of parts, each as wide as its share, with what each stands for said in words for those who do not see it. */
struct html_part {
	const char *name;           /* a class of pages/report.css: "dangerous" */
	size_t count;
};
void html_bar(struct text *t, const char *about, const struct html_part *parts, size_t count);

#endif
