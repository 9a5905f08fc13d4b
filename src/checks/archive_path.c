#include "types/check.h"

const struct check check_archive_path = {
	.id = "archive.path",
	.title = "Has a member that leaves its folder",
	.why = "Unpacking it writes or follows a path outside the folder it is unpacked into.",
	.fix = "Do not unpack it.",
	.limits = "Archives of whole systems hold links and absolute names.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
};
