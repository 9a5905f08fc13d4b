#include "types/check.h"

const struct check check_archive_header = {
	.id = "archive.header",
	.title = "Says one thing twice, differently",
	.why = "An archive says everything about a member in two places, and readers trust one or the other.",
	.fix = "Do not load it. Unpack it with care and look which of the two is true.",
	.limits = "Broken archivers write wrong sizes; they are rare.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
};
