#include "types/check.h"

const struct check check_hdf5_filter = {
	.id = "hdf5.filter",
	.title = "Needs a library to be loaded to unpack its data",
	.why = "For a filter it does not have, the HDF5 library loads a shared library from its plug-in folder; the file decides which filter.",
	.fix = "Make sure that the plug-in folder is empty or holds only what you put there, or ask for the file packed with deflate.",
	.limits = "Compressors like Blosc and LZ4 are honest filters of this kind.",
	.supports = "G4.5",
	.severity = SEVERITY_LOW,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
};
