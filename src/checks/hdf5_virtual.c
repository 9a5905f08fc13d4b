#include "types/check.h"

const struct check check_hdf5_virtual = {
	.id = "hdf5.virtual",
	.title = "Has a dataset put together from other files",
	.why = "Reading it opens the files it names, wherever they lie, and takes their values for those of the model.",
	.fix = "Do not load it. Copy the dataset into a file of its own if you know where its data comes from.",
	.limits = "A virtual dataset over parts of the same file is reported too.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
};
