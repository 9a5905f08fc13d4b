#include "types/check.h"

const struct check check_model_remote_code = {
	.id = "model.remote-code",
	.title = "Brings code of its own",
	.why = "Loading it with trust_remote_code imports Python files of the repository named, at whatever state they are in that day.",
	.fix = "Load it without trust_remote_code. If it needs that code, review it, and pin the revision that was reviewed.",
	.limits = "The code itself is not judged here.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
};
