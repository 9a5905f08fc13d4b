#include "types/check.h"

const struct check check_keras_lambda = {
	.id = "keras.lambda",
	.title = "Carries Python code for a layer",
	.why = "Loading the model makes a function of the code and calls it while the layers are put together: it runs with the rights of the loading process.",
	.fix = "Do not load it. If you trust its author, ask for the model with the layer written as a registered class, and get its weights as safetensors.",
	.limits = "What the code does is not judged; only the names and texts in it are shown.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
};
