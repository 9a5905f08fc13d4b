#include "types/check.h"

const struct check check_archive_code = {
	.id = "archive.code",
	.title = "Brings code that its server runs",
	.why = "A server that loads the archive runs that code, and installs what its list of packages names, with its own rights.",
	.fix = "Read the code and the list as you would any program, or serve the weights with a handler of your own.",
	.limits = "The code itself is not judged; honest archives of this kind have some.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
};
