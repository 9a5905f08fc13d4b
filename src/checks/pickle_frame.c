#include "types/check.h"

const struct check check_pickle_frame = {
	.id = "pickle.frame",
	.title = "Frames cut its opcodes",
	.why = "Readers of the same pickle see different programs: one reads on through the end of a frame, another drops what is left of it.",
	.fix = "Do not load it. No writer makes such frames.",
	.limits = "None known: every writer ends frames between opcodes.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
};
