#include "types/check.h"

const struct check check_tensorflow_asset_path = {
	.id = "tensorflow.asset-path",
	.title = "Takes an asset from outside its folder",
	.why = "The loader joins the name to the folder of the model and hands the file to the graph, which reads it.",
	.fix = "Do not load it; the assets of an honest model lie in its folder \"assets\".",
	.limits = "The path is judged as text: that an asset is a link to elsewhere is not seen here.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
};
