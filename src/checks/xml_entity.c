#include "types/check.h"

const struct check check_xml_entity = {
	.id = "xml.entity",
	.title = "Declares text that its reader puts in",
	.why = "What the document says differs from what its reader sees, so nobody who looks at the file sees the model.",
	.fix = "Ask its publisher for a file without a document type.",
	.limits = "Declarations that are never used are reported as well.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
};
