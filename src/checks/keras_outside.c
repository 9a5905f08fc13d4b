#include "types/check.h"

const struct check check_keras_outside = {
	.id = "keras.outside",
	.title = "Has a layer that reads a file or address of the loading machine",
	.why = "Loading opens whatever path or address the file names, and what it reads becomes part of the model: that tells secrets and reaches inside networks.",
	.fix = "Do not load it. Ask for a model that holds its vocabulary itself.",
	.limits = "A path into the folder of its author is reported too: it reads whatever lies there on the machine that loads it.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
};
