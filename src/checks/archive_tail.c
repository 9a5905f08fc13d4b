#include "types/check.h"

const struct check check_archive_tail = {
	.id = "archive.tail",
	.title = "Goes on after the archive",
	.why = "Some readers look for the end of the archive in these bytes.",
	.fix = "Cut the file at the end of the archive.",
	.limits = "Padding to a block size is honest.",
	.supports = "G4.5",
	.severity = SEVERITY_LOW,
	.verdict = VERDICT_CLEAN,
	.looks_at = SUBJECT_ARTIFACT,
};
