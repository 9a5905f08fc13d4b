#include "types/check.h"

const struct check check_tensors_duplicate = {
	.id = "tensors.duplicate",
	.title = "Names a tensor twice",
	.why = "Readers take the first or the last of two entries of one name.",
	.fix = "Fetch the file again from its publisher and compare digests.",
	.limits = "None known in files that common writers make.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
};
