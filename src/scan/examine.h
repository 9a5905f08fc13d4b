#ifndef SCAN_EXAMINE_H
#define SCAN_EXAMINE_H

#include "types/examination.h"

struct rules;

/* What examining one file may cost. Past any of these it is "not examined". */
struct examine_limits {
	size_t memory;              /* bytes of working memory */
	uint64_t unpacked;          /* bytes that come out of archives and compressors, in all */
	unsigned depth;             /* files within files */
	uint64_t members;
	size_t findings;            /* more are only counted */
};

extern const struct examine_limits examine_limits_default;

/*
 * Reads a file and everything in it: every format that claims it reads it, and
 * every file found inside is read the same way.  Runs in a sandboxed worker.
 * `results` owns what `out` refers to.
 */
void examine(const struct source *source, const struct rules *rules, const struct examine_limits *limits,
	     struct arena *results, struct examination *out);

#endif
