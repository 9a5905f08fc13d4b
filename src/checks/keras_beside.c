#include "types/check.h"

const struct check check_keras_beside = {
	.id = "keras.beside",
	.title = "Has a layer that reads another file beside it",
	.why = "What the layer does is decided by a file that is not part of this one, and was not examined with it.",
	.fix = "Scan the file that is named, or ask for a model that holds its vocabulary itself.",
	.limits = "Whether the other file exists is not looked at.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
};
