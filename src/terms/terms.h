#ifndef TERMS_TERMS_H
#define TERMS_TERMS_H

#include "base/hash.h"
#include "syntax/yaml.h"
#include "types/circumstances.h"

/*
 * How a provider handles what it is sent, as its agreement has it, in a file
 * a person has written and signed off.  A gateway sends a provider only what
 * the agreement covers, and names the clause when it does not.
 */
struct clause {
	struct bytes field, text;           /* "training", "section 4.1" */
};

struct terms {
	struct bytes provider, agreement;
	struct names purposes;              /* what data may be sent for */
	struct names regions;               /* where it may be kept or worked on */
	struct bytes retention;             /* "none", "30d", as written */
	int64_t retention_ms;               /* 0: none */
	bool training, onward_sale;         /* the provider may */
	int64_t expires_ms;
	struct bytes text;                  /* file or address of the agreement's text */
	bool local;                         /* it is a file */
	struct digest digest;               /* of the text as it was agreed to */
	bool changed;                       /* the file is not that text, or cannot be read: set by terms_load() */
	struct clause *clauses;
	size_t clause_count;
};

/* What a route, or the data, asks of a provider. */
struct terms_needs {
	struct names purposes;              /* of the data; none: nothing but a valid agreement is asked */
	struct names regions;               /* where it may go; none: anywhere */
	bool no_training, no_onward_sale;
	int64_t retention_most_ms;          /* -1: as long as it likes */
};

/* Everything lies in the arena. False: `error` tells. */
bool terms_read(struct arena *arena, struct bytes yaml, struct terms *out, struct yaml_error *error);

/* The same of a file; also looks whether the agreement's text, where it is a file beside it, has changed. */
bool terms_load(struct arena *arena, const char *path, struct terms *out, struct yaml_error *error);

/* No I/O. NULL when it may be sent; else `refusal`, which completes "the agreement ..." and names the clause. */
const char *terms_judge(const struct terms *terms, const struct terms_needs *needs, int64_t now_ms, char refusal[300]);

#endif
