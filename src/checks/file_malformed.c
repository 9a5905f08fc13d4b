#include "types/check.h"

const struct check check_file_malformed = {
	.id = "file.malformed",
	.title = "Breaks its own format",
	.why = "Readers disagree about malformed files, and attackers live in the gap; what stands behind the damage was not examined.",
	.fix = "Fetch the file again from its publisher and compare digests.",
	.limits = "A truncated download looks the same as a crafted file.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_INCONCLUSIVE,
	.looks_at = SUBJECT_ARTIFACT,
};
