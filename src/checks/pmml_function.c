#include "types/check.h"

const struct check check_pmml_function = {
	.id = "pmml.function",
	.title = "Calls functions that PMML does not define",
	.why = "A reader looks such a function up by its name in the program that loads the model, as a class of Java for one, and runs it.",
	.fix = "Find out what the function is and who brings it.",
	.limits = "Extensions of one vendor's reader are honest and reported.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
};
