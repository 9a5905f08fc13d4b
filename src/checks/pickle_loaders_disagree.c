#include "types/check.h"

const struct check check_pickle_loaders_disagree = {
	.id = "pickle.loaders-disagree",
	.title = "Loaders disagree about a call",
	.why = "One unpickler refuses the call and another makes it, so a test with the first says nothing about the second.",
	.fix = "Do not load it, with any loader.",
	.limits = "None known in files that common writers make.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
};
