#include "types/check.h"

const struct check check_onnx_external_data = {
	.id = "onnx.external-data",
	.title = "Keeps tensor data in files beside it",
	.why = "The model is not whole without them, and its digest does not cover them.",
	.fix = "Keep the files with the model, and compare their digests with the publisher's.",
	.limits = "The files are not opened from here; whether they are there and long enough is not known.",
	.supports = "G4.5",
	.severity = SEVERITY_NOTE,
	.verdict = VERDICT_CLEAN,
	.looks_at = SUBJECT_ARTIFACT,
};
