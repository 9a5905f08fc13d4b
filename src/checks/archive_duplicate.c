#include "types/check.h"

const struct check check_archive_duplicate = {
	.id = "archive.duplicate",
	.title = "Holds two members of one name",
	.why = "One reader opens the first, another the last: what was scanned is not what is loaded.",
	.fix = "Do not load it.",
	.limits = "Archives that were appended to by hand look like this.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
};
