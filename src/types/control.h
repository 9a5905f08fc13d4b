#ifndef TYPES_CONTROL_H
#define TYPES_CONTROL_H

#include "base/hash.h"

/*
 * The catalogue: what must be true of an AI system, from which sentence of the
 * source documents it follows, and which clauses of laws and standards it
 * touches.  Checks name controls and clauses are named by controls; neither
 * knows the other.
 */

/* A control touches a clause of a framework. */
struct clause_map {
	const char *clause;         /* "OWASP-LLM-2026/LLM04" */
	const char *relation;       /* an OSCAL word: intersects-with ... */
	const char *why;
};

enum need_kind {
	NEED_CHECKS,                /* computed from scans by these checks */
	NEED_ATTESTATION,           /* a named person in one of the roles signs */
	NEED_OTHER,                 /* evidence of a kind that is not collected yet */
};

struct evidence_need {
	enum need_kind kind;
	const char *word;           /* as the file says it: "attestation", "traffic", "drill" */
	const char *checks;         /* NEED_CHECKS: ids of those that support the control, separated by blanks; else "" */
	const char *asks;
};

struct control {
	const char *file;
	const char *id, *title, *statement;
	const char *sources;        /* ids of sentences, separated by blanks */
	const char *derived;        /* what it is derived from where no sentence says it; or "no" */
	const char *roles, *phases, *component;
	char grade;                 /* E enforced, M measured, A attested, N not checkable by a machine */
	const char *grade_note;
	const char *applies;        /* a predicate over the facts of a profile */
	unsigned max_age_days;      /* older evidence is stale */
	const struct evidence_need *needs;
	size_t need_count;
	const struct clause_map *maps;
	size_t map_count;
	const char *verify, *limits, *effectiveness;
};

struct clause {
	const char *id;             /* within its framework: "LLM04" */
	const char *title;
	const char *effective;      /* "from 2026-08-02 (primary source)"; or NULL */
};

struct framework {
	const char *file;
	const char *id, *title, *edition, *publisher, *licence, *basis, *caution;
	const struct clause *clauses;
	size_t clause_count;
};

struct sentence {
	const char *id;
	bool normative;             /* somebody can be held to it */
	const char *text;           /* when normative; else "" */
	const char *because;        /* why not, when not; else "" */
};

struct source_document {
	const char *file;
	const char *id, *title;
	const struct sentence *sentences;
	size_t sentence_count;
};

struct catalog {
	const struct control *controls;     /* sorted by id, numbers as numbers */
	size_t control_count;
	const struct framework *frameworks;
	size_t framework_count;
	const struct source_document *documents;
	size_t document_count;
	struct digest digest;               /* over all its files */
};

/* NULL when there is none. */
const struct control *catalog_control(const struct catalog *c, const char *id);
/* A clause by its full name, or by its own id alone where only one framework has it. */
const struct clause *catalog_clause(const struct catalog *c, const char *name, const struct framework **framework);
/* How many clauses of the framework some control touches. */
size_t catalog_touched(const struct catalog *c, const struct framework *framework);
const struct sentence *catalog_sentence(const struct catalog *c, struct bytes id);

/* Is `word` one of those in `list`, which blanks separate? */
bool list_has(const char *list, struct bytes word);
/* The next of them; empty at the end. */
struct bytes list_next(struct bytes *list);

#endif
