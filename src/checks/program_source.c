#include "types/check.h"

const struct check check_program_source = {
	.id = "program.source",
	.title = "Carries source code that its loader runs",
	.why = "Loading the file runs this code with the rights of the loading process; it can do whatever a program can.",
	.fix = "Read the code before you load the file, and load it only if you would run that code; else get the weights as safetensors.",
	.limits = "The code itself is not judged: packages are honest and carry code.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
};
