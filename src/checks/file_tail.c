#include "types/check.h"

const struct check check_file_tail = {
	.id = "file.tail",
	.title = "Goes on behind its end",
	.why = "Readers stop before these bytes; something else may be meant to read them.",
	.fix = "Ask who wrote it; cut the file at the place that is named if nobody needs the rest.",
	.limits = "Bytes behind the end are examined as a file of their own when a format claims them, and else only counted.",
	.supports = "G4.5",
	.severity = SEVERITY_NOTE,
	.verdict = VERDICT_CLEAN,
	.looks_at = SUBJECT_ARTIFACT,
};
