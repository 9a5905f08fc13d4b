#include "types/check.h"

const struct check check_model_shard_path = {
	.id = "model.shard-path",
	.title = "Takes weights from outside its folder",
	.why = "A loader joins the folder with the name it finds, so that it reads another file of the machine as weights, and runs it when it is a pickle.",
	.fix = "Do not load it; an honest index names files beside itself.",
	.limits = "The path is judged as text: that a file beside the index is a link to elsewhere is not seen here.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
};
