#include "types/check.h"

const struct check check_model_shards = {
	.id = "model.shards",
	.title = "Keeps its weights in other files",
	.why = "The model is not whole without them, and the digest of the index does not cover them.",
	.fix = "Keep the files with the index, and compare their digests with the publisher's.",
	.limits = "The files are not opened from here; whether they are there is not known.",
	.supports = "G4.5",
	.severity = SEVERITY_NOTE,
	.verdict = VERDICT_CLEAN,
	.looks_at = SUBJECT_ARTIFACT,
};
