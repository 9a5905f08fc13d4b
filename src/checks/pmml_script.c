#include "types/check.h"

const struct check check_pmml_script = {
	.id = "pmml.script",
	.title = "Holds a script for one vendor's reader",
	.why = "A reader that understands the extension runs it while it loads or scores the model.",
	.fix = "Read the script, or have the model written without it.",
	.limits = "Scripts under a name that does not say so are not seen.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
};
