#include "types/check.h"

const struct check check_torch_storage = {
	.id = "torch.storage",
	.title = "Program and storages do not fit",
	.why = "A tensor that is laid over another storage than its own has made loaders read and write outside of memory.",
	.fix = "Fetch the file again from its publisher and compare digests.",
	.limits = "Checkpoints whose storages were taken out on purpose look like this.",
	.supports = "G4.5",
	.severity = SEVERITY_LOW,
	.verdict = VERDICT_INCONCLUSIVE,
	.looks_at = SUBJECT_ARTIFACT,
};
