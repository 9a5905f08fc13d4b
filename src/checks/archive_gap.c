#include "types/check.h"

const struct check check_archive_gap = {
	.id = "archive.gap",
	.title = "Has bytes between its members",
	.why = "Bytes that no member owns are a place to hide something.",
	.fix = "Look at the bytes; write the archive anew if nobody needs them.",
	.limits = "Some writers align members this way instead of with extra fields.",
	.supports = "G4.5",
	.severity = SEVERITY_LOW,
	.verdict = VERDICT_CLEAN,
	.looks_at = SUBJECT_ARTIFACT,
};
