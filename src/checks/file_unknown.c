#include "types/check.h"

const struct check check_file_unknown = {
	.id = "file.unknown",
	.title = "Is of no known format",
	.why = "A file nobody can read was not examined; a loader that can read it may still run it.",
	.fix = "If a loader reads it, convert it to a format that is examined; if none does, keep it out of the model folder.",
	.limits = "Data files of private formats are honest and unknown.",
	.supports = "G4.5",
	.severity = SEVERITY_LOW,
	.verdict = VERDICT_INCONCLUSIVE,
	.looks_at = SUBJECT_ARTIFACT,
};
