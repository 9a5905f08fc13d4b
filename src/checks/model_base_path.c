#include "types/check.h"

const struct check check_model_base_path = {
	.id = "model.base-path",
	.title = "Takes its base model from a place of the machine",
	.why = "An adapter is only what its base makes of it; a path names whatever lies there on the day it is loaded.",
	.fix = "Name the base model by its repository and revision.",
	.limits = "Names of repositories and of folders beside the adapter are taken for honest.",
	.supports = "G4.5",
	.severity = SEVERITY_NOTE,
	.verdict = VERDICT_CLEAN,
	.looks_at = SUBJECT_ARTIFACT,
};
