#include "types/check.h"

const struct check check_array_objects = {
	.id = "array.objects",
	.title = "Holds Python objects",
	.why = "Such an array is a pickle: reading it with allow_pickle runs whatever it holds. Without, numpy refuses it.",
	.fix = "Save it again as an array of numbers or text.",
	.limits = "The pickle inside is judged by itself; this only says that it is there.",
	.supports = "G4.5",
	.severity = SEVERITY_NOTE,
	.verdict = VERDICT_CLEAN,
	.looks_at = SUBJECT_ARTIFACT,
};
