#include "reports/html_text.h"

#include "base/embedded.h"

static void add_escaped(struct text *t, struct bytes b)
{
	for (size_t i = 0; i < b.len; i++) {
		switch (b.at[i]) {
		case '&': text_add_string(t, "&amp;"); break;
		case '<': text_add_string(t, "&lt;"); break;
		case '>': text_add_string(t, "&gt;"); break;
		case '"': text_add_string(t, "&quot;"); break;
		case '\'': text_add_string(t, "&#39;"); break;
		default: text_add_byte(t, (char)b.at[i]); break;
		}
	}
}

void text_add_html(struct text *t, struct bytes b)
{
	enum { SHOWN = 8192 };
	struct text printable;

	text_init(&printable, NULL);
	text_add_printable(&printable, b, SHOWN);
	add_escaped(t, text_bytes(&printable));
	text_finish(&printable);
}

void text_add_html_string(struct text *t, const char *string)
{
	text_add_html(t, bytes_of(string));
}

void html_begin(struct text *t, const char *title)
{
	text_add_string(t, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>");
	text_add_html_string(t, title);
	text_add_string(t, "</title>\n<style>\n");
	text_add(t, embedded_content("pages/report.css"));
	text_add_string(t, "</style>\n</head>\n<body>\n");
}

void html_end(struct text *t)
{
	text_add_string(t, "</body>\n</html>\n");
}

void html_bar(struct text *t, const char *about, const struct html_part *parts, size_t count)
{
	enum { WIDTH = 960, HEIGHT = 26 };
	size_t all = 0;
	double x = 0;

	for (size_t i = 0; i < count; i++)
		all += parts[i].count;
	if (all == 0)
		return;
	text_addf(t, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s: ", WIDTH, HEIGHT, about);
	for (size_t i = 0; i < count; i++)
		if (parts[i].count)
			text_addf(t, "%zu %s ", parts[i].count, parts[i].name);
	text_add_string(t, "\">\n");
	for (size_t i = 0; i < count; i++) {
		double width = WIDTH * (double)parts[i].count / (double)all;
		if (parts[i].count == 0)
			continue;
		text_addf(t, "<rect class=\"%s\" x=\"%.1f\" y=\"0\" width=\"%.1f\" height=\"%d\" style=\"fill: var(--tone)\"><title>%zu %s</title></rect>\n",
			  parts[i].name, x, width > 2 ? width - 2 : width, HEIGHT, parts[i].count, parts[i].name);
		x += width;
	}
	text_add_string(t, "</svg>\n");
}
