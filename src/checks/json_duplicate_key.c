#include "types/check.h"

const struct check check_json_duplicate_key = {
	.id = "json.duplicate-key",
	.title = "Has a key twice in a JSON object",
	.why = "Readers take the first or the last of the two, so that what a reviewer sees is not what the loader uses.",
	.fix = "Fetch the file again from its publisher and compare digests.",
	.limits = "Only the first such key of a file is shown.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
};
