#include "types/check.h"

const struct check check_hdf5_external_link = {
	.id = "hdf5.external-link",
	.title = "Links into another file of the machine",
	.why = "Reading the linked name opens the other file and takes what it finds there for part of the model.",
	.fix = "Do not load it. Copy what is linked into the file if you know where it leads.",
	.limits = "Collections of measurements use such links honestly; model files do not.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
};
