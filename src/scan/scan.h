#ifndef SCAN_SCAN_H
#define SCAN_SCAN_H

#include "types/assessment.h"

struct ledger;
struct rules;

/*
 * The offline path, end to end: files and folders in, an assessment out, and
 * evidence of both in the ledger.
 */
struct scan_options {
	const char *const *paths;
	size_t path_count;
	const struct rules *rules;
	const char *rules_note;
	struct ledger *ledger;      /* NULL: no evidence is kept */
	const char *ledger_path;
	const char *command;
	unsigned workers;           /* 0: one a core */
	unsigned patience_s;        /* for one file */
	uint32_t loaders;           /* whom to judge for, or 0 for all */
	bool skip_digest;           /* do not hash the files */
	bool show_progress;         /* on standard error, when the work is long */
};

/* False when nothing could be examined for want of processes; bad files are not an error but items. */
bool scan_run(const struct scan_options *options, struct assessment *out);
void assessment_finish(struct assessment *a);

/*
 * Examines bytes in this process, without a sandbox: for trusted inputs, as
 * fixtures are.  `out` is valid until `results` is finished.
 */
void scan_source(const struct source *source, const struct rules *rules, struct arena *results, struct examination *out);

#endif
