#include "types/check.h"

const struct check check_onnx_external_path = {
	.id = "onnx.external-path",
	.title = "Takes tensor data from outside its folder",
	.why = "A runtime that follows the path reads a file of the machine into the model, and hands it on as an output or a weight.",
	.fix = "Do not load it; an honest model names files beside itself.",
	.limits = "The path is judged as text: that a file beside the model is a link to elsewhere is not seen here.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
};
