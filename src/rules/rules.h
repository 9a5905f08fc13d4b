#ifndef RULES_RULES_H
#define RULES_RULES_H

#include "rules/components.h"
#include "rules/imports.h"
#include "rules/operators.h"
#include "rules/templates.h"

/*
 * The rules, read from rules/: built into the program, and the user's own on
 * top.  Built-in and own files go through the same loader.
 */
struct rules {
	struct arena arena;
	struct import_rules imports;
	struct operator_rules operators;
	struct template_rules templates;
	struct component_rules components;
	struct digest digest;       /* over all files read, in order */
};

struct rules_error {
	const char *file;
	char why[200];
	unsigned line, column;
};

/* Reads the built-in rules, then each of `files` (paths). False when one of them is wrong: `error` tells. */
bool rules_init(struct rules *rules, const char *const *files, size_t count, struct rules_error *error);
/* The same, with each of `files` signed by `key`, a file with a public key (see rules/signature.h). */
bool rules_init_signed(struct rules *rules, const char *const *files, size_t count, const char *key, struct rules_error *error);
void rules_finish(struct rules *rules);

#endif
