#include "types/check.h"

const struct check check_program_nested = {
	.id = "program.nested",
	.title = "Carries a program inside a value",
	.why = "A value that is itself a file has to be loaded by something; it is judged as if it were.",
	.fix = "Look at what the value is for. Unpack it and scan it by itself if it should be there.",
	.limits = "Text that happens to decode as a program would be reported.",
	.supports = "G4.5",
	.severity = SEVERITY_LOW,
	.verdict = VERDICT_CLEAN,
	.looks_at = SUBJECT_ARTIFACT,
};
