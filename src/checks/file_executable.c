#include "types/check.h"

const struct check check_file_executable = {
	.id = "file.executable",
	.title = "Is a program under the name of a model",
	.why = "Programs named like models are how people are brought to keep, copy and start them.",
	.fix = "Delete it, and tell whoever published it.",
	.limits = "The program itself is not examined.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
};
