#include "cmd/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

static bool speaks_of(const struct report *r, enum output_subject subject)
{
	return subject == OUTPUT_ASSESSMENT ? r->assessment != NULL : r->standing != NULL;
}

static void add_kinds(struct text *t, enum output_subject subject)
{
	for (const struct report *const *r = reports; *r; r++)
		if (speaks_of(*r, subject))
			text_addf(t, "%s%s", t->len ? ", " : "", (*r)->name);
}

bool outputs_add(struct outputs *o, const char *value, enum output_subject subject)
{
	const char *equals = strchr(value, '=');
	char kind[32];
	struct text kinds;

	snprintf(kind, sizeof kind, "%.*s", (int)(equals ? equals - value : (ptrdiff_t)strlen(value)), value);
	const struct report *report = report_named(kind);
	if (report && speaks_of(report, subject) && o->count < OUTPUTS_MOST) {
		o->list[o->count].report = report;
		o->list[o->count++].file = equals ? equals + 1 : NULL;
		return true;
	}
	text_init(&kinds, NULL);
	add_kinds(&kinds, subject);
	log_error("--report: there is no report \"%s\" here; there are %s", kind, text_string(&kinds));
	text_finish(&kinds);
	return false;
}

static struct report_style style_of(bool terminal)
{
	struct winsize size;
	struct report_style style = {.width = 80};

	if (!terminal)
		return style;
	style.colour = !getenv("NO_COLOR");
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
		style.width = size.ws_col < 120 ? size.ws_col : 120;
	return style;
}

static bool write_one(const struct report *report, const char *file, const struct assessment *assessment, const struct standing *standing)
{
	struct report_style style = style_of(!file && isatty(STDOUT_FILENO));
	struct text t;

	text_init(&t, NULL);
	if (assessment)
		report->assessment(assessment, &style, &t);
	else
		report->standing(standing, &style, &t);
	bool good = file ? file_write(file, 0644, text_bytes(&t)) == STATUS_OK : fwrite(t.at, 1, t.len, stdout) == t.len && fflush(stdout) == 0;
	if (!good)
		log_error("%s: the report cannot be written: %m", file ? file : "standard output");
	text_finish(&t);
	return good;
}

bool outputs_write(const struct outputs *o, const struct assessment *assessment, const struct standing *standing)
{
	bool good = true;

	for (size_t i = 0; i < o->count; i++)
		good &= write_one(o->list[i].report, o->list[i].file, assessment, standing);
	return good;
}
