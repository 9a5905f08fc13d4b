#include "types/check.h"

const struct check check_gguf_no_data = {
	.id = "gguf.no-data",
	.title = "Holds no tensor data",
	.why = "A header without its data cannot be loaded; the rest may be missing or lie elsewhere.",
	.fix = "Fetch the file again from its publisher and compare digests.",
	.limits = "Files made for vocabularies or tests hold no data on purpose.",
	.supports = "G4.5",
	.severity = SEVERITY_LOW,
	.verdict = VERDICT_CLEAN,
	.looks_at = SUBJECT_ARTIFACT,
};
