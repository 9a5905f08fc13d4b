#include "types/check.h"

const struct check check_hdf5_user_link = {
	.id = "hdf5.user-link",
	.title = "Has a link that runs code of the loading program",
	.why = "What such a link leads to is decided by a function that the loading program has registered for it.",
	.fix = "Load it only with the program it was written for.",
	.limits = "The function is not in the file and cannot be examined.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
};
