#include "types/check.h"

const struct check check_archive_hidden = {
	.id = "archive.hidden",
	.title = "Holds a member that its directory hides",
	.why = "Readers that stream see it, those that use the directory do not.",
	.fix = "Do not load it. Unpack it with a reader that ignores the directory and look at the member.",
	.limits = "Archives that were updated in place may keep an old member.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
};
