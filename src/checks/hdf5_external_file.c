#include "types/check.h"

const struct check check_hdf5_external_file = {
	.id = "hdf5.external-file",
	.title = "Takes its weights from another file of the machine",
	.why = "Loading reads the named file, wherever it lies, as numbers of the model; whoever gets the model's outputs gets the file.",
	.fix = "Do not load it. Copy the dataset into a file of its own if you know where its data comes from.",
	.limits = "Whether the other file exists is not looked at.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
};
