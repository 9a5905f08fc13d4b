#include "types/check.h"

const struct check check_gguf_zero_dimension = {
	.id = "gguf.zero-dimension",
	.title = "Has a tensor without elements",
	.why = "Older readers divide by the dimension and crash.",
	.fix = "Update the program that loads it.",
	.limits = "Harmless in current readers.",
	.supports = "G4.5",
	.severity = SEVERITY_NOTE,
	.verdict = VERDICT_CLEAN,
	.looks_at = SUBJECT_ARTIFACT,
};
