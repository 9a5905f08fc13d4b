#include "types/check.h"

const struct check check_archive_overlap = {
	.id = "archive.overlap",
	.title = "Has members that share bytes",
	.why = "Members laid over each other unpack to far more than they take.",
	.fix = "Do not unpack it.",
	.limits = "None known in files that common writers make.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
};
