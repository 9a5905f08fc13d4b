#include "types/check.h"

const struct check check_file_extension = {
	.id = "file.extension",
	.title = "Is not what its name says",
	.why = "A name that promises one format and content of another misleads people and tools that go by names.",
	.fix = "Rename it, or delete it if nobody can say why it is named so.",
	.limits = "Some tools give their files names of other formats.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
};
