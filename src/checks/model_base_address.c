#include "types/check.h"

const struct check check_model_base_address = {
	.id = "model.base-address",
	.title = "Takes its base model from an address",
	.why = "An adapter is only what its base makes of it; an address gives whatever its owner puts there, and tells the owner who asks; a Windows share is even sent the password's hash.",
	.fix = "Name the base model by its repository and revision.",
	.limits = "Names of repositories are taken for honest, whoever owns them.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
};
