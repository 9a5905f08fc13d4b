#include "types/check.h"

const struct check check_file_code = {
	.id = "file.code",
	.title = "Is source code",
	.why = "Source code runs when somebody runs it, not when a model is loaded; judging it is not done here.",
	.fix = "Review it as code.",
	.limits = "Nothing in it was looked at.",
	.supports = "G4.5",
	.severity = SEVERITY_NOTE,
	.verdict = VERDICT_CLEAN,
	.looks_at = SUBJECT_ARTIFACT,
};
