#include "types/check.h"

const struct check check_file_two_formats = {
	.id = "file.two-formats",
	.title = "Is a file of two formats at once",
	.why = "Whoever opens it decides what it is: a scanner sees one file, a loader the other.",
	.fix = "Do not load it; ask for a file of one format.",
	.limits = "Formats that may stand in front of an archive by design are reported too.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
};
