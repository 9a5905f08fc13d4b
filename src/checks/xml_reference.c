#include "types/check.h"

const struct check check_xml_reference = {
	.id = "xml.reference",
	.title = "Points its reader to another file",
	.why = "What lies there decides about the model, and was not examined with it.",
	.fix = "Look at what it points to, or remove the reference before the file is loaded.",
	.limits = "Schemas of PMML's own publisher are not reported, though some parsers fetch them.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
};
