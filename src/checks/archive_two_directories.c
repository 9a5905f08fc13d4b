#include "types/check.h"

const struct check check_archive_two_directories = {
	.id = "archive.two-directories",
	.title = "Has two directories",
	.why = "The same bytes are two archives, and the reader decides which.",
	.fix = "Do not load it.",
	.limits = "Self-made concatenations of archives look like this.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
};
