#include "types/check.h"

const struct check check_archive_encrypted = {
	.id = "archive.encrypted",
	.title = "Has an encrypted member",
	.why = "What cannot be read was not examined.",
	.fix = "Unpack it with its password and scan what comes out.",
	.limits = "It says nothing about what is inside.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_INCONCLUSIVE,
	.looks_at = SUBJECT_ARTIFACT,
};
