#include "types/check.h"

const struct check check_archive_prefix = {
	.id = "archive.prefix",
	.title = "Has something in front of the archive",
	.why = "Readers that look at the end see an archive, those that look at the start see something else.",
	.fix = "Cut off what stands in front, or do not load it.",
	.limits = "Self-extracting archives are made this way.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
};
