#include "types/check.h"

const struct check check_xml_external = {
	.id = "xml.external",
	.title = "Makes its reader fetch another file",
	.why = "A parser of XML that follows it reads a file of the machine, or asks a server of somebody's choosing, while it loads the model.",
	.fix = "Do not load it; no writer of models makes such a file.",
	.limits = "Whether a given parser follows it depends on how it was set up; many do by default.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
};
