#ifndef CMD_OUTPUT_H
#define CMD_OUTPUT_H

#include "types/report.h"
#include "types/standing.h"

/* Where reports go: "KIND" to standard output, "KIND=FILE" into a file. */

enum { OUTPUTS_MOST = 16 };
enum output_subject { OUTPUT_ASSESSMENT, OUTPUT_STANDING };

struct outputs {
	struct {
		const struct report *report;
		const char *file;
	} list[OUTPUTS_MOST];
	size_t count;
};

/* False, with a message, when there is no such report about such a subject. */
bool outputs_add(struct outputs *o, const char *value, enum output_subject subject);

/* Writes each report about the one of the two that is not NULL; false, with a message, when one could not be written. */
bool outputs_write(const struct outputs *o, const struct assessment *assessment, const struct standing *standing);

#endif
