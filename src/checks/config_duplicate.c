#include "types/check.h"

const struct check check_config_duplicate = {
	.id = "config.duplicate",
	.title = "Gives one setting twice",
	.why = "Python keeps the last of two values of one name, other readers the first: what was reviewed is not what is loaded.",
	.fix = "Do not load it; ask who made the file. No writer of models does this.",
	.limits = "Only the first such key of a configuration is named.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
};
