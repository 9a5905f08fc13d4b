#include "types/check.h"

const struct check check_file_unexamined = {
	.id = "file.unexamined",
	.title = "Was not examined whole",
	.why = "What was not read can hold anything, so nothing good is said of it.",
	.fix = "Raise the limit that is named, or take the file apart and scan what is inside.",
	.limits = "It says that something was left out, not that it is bad.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_INCONCLUSIVE,
	.looks_at = SUBJECT_ARTIFACT,
};
