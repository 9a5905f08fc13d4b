#ifndef TYPES_ASSESSMENT_H
#define TYPES_ASSESSMENT_H

#include "types/examination.h"

/* A finding as a report shows it. */
struct item_finding {
	const struct check *check;
	enum severity severity;
	enum verdict verdict;
	const char *path;           /* "model.pt!/archive/data.pkl" */
	uint64_t offset;
	uint32_t loaders;
	const char *message;        /* a clause that completes "FILE ..." */
	struct digest fingerprint;  /* same defect, same value, in every run */
};

struct loader_verdict {
	const struct loader *loader;
	enum verdict verdict;
};

enum { LOADERS_TOLD = 11 };

/* One file given or found, and what is said of it. */
struct item {
	const char *path;           /* as given or found; any bytes but NUL */
	bool hashed;
	struct digest digest;
	uint64_t size, bytes_read, members;
	const struct format *formats[FORMATS_PER_ITEM];
	size_t format_count;
	enum verdict verdict;
	const char *why;            /* the worst finding, or what makes it clean */
	struct loader_verdict by_loader[LOADERS_TOLD];  /* where a finding concerns some loaders only */
	size_t loader_count;
	const struct item_finding *findings;
	size_t finding_count, findings_left_out;
};

/* A whole scan. */
struct assessment {
	struct arena arena;         /* owns everything below */
	struct item *items;         /* sorted by path when the scan is over */
	size_t item_count, item_room;
	size_t verdicts[VERDICT_COUNT], severities[SEVERITY_COUNT];
	uint64_t bytes, bytes_read;
	int64_t started_ms, ended_ms;
	uint32_t loaders;           /* whom the verdicts are for, or 0 for all */
	struct digest rules;
	const char *rules_note;     /* own rules files used, or NULL */
	const char *sandbox_gap;    /* what of the sandbox could not be had, or NULL */
	const char *ledger;         /* where the evidence lies, or NULL */
	bool ledger_failed;         /* some of this scan left no evidence */
	uint64_t ledger_first, ledger_end;  /* its records: first, and one past the last */
	const char *command;        /* as it was called, for the reader */
};

extern const char merlon_version[];

#endif
