#include "types/check.h"

const struct check check_model_shard_pickle = {
	.id = "model.shard-pickle",
	.title = "Names a shard that is no safetensors",
	.why = "Who asks for safetensors means that loading runs no code; a shard by another name is read as a pickle all the same.",
	.fix = "Convert the shard to safetensors, or take the file from its publisher again.",
	.limits = "The name decides, as it does for loaders; the shard itself is judged where it lies.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
};
