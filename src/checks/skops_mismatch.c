#include "types/check.h"

const struct check check_skops_mismatch = {
	.id = "skops.mismatch",
	.title = "Says it is one type and makes another",
	.why = "What is shown to whoever has to trust the types in the file is not what loading makes of it.",
	.fix = "Do not load it.",
	.limits = "None known in files that skops writes.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
};
