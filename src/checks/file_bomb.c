#include "types/check.h"

const struct check check_file_bomb = {
	.id = "file.bomb",
	.title = "Is made to exhaust its reader",
	.why = "A few bytes that unfold to billions of values, or reserve gigabytes, stop the process that loads them.",
	.fix = "Do not load it.",
	.limits = "Limits are set far above what honest files need; a smaller bomb passes.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
};
