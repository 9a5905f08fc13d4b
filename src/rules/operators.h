#ifndef RULES_OPERATORS_H
#define RULES_OPERATORS_H

#include "types/program.h"

struct yaml;

/*
 * What the operators of a graph do, as rules/operators/ says.  A name that is
 * not listed is unknown, not bad.
 */
enum operator_level {
	OPERATOR_ALLOWED,       /* computes, and nothing else */
	OPERATOR_PATH,          /* honest unless a constant path leads out of the model, or one is put together when it runs */
	OPERATOR_OUTSIDE,       /* depends on something outside: somebody has to decide; with such a path, dangerous */
	OPERATOR_DANGEROUS,     /* runs, reads or writes something outside the model */
};

struct operator_rule {
	struct bytes family;        /* "tensorflow" */
	struct bytes name;          /* "ReadFile"; "Rpc*" for all that begin so; "domain::*" and "*::name" in families with domains */
	enum operator_level level;
	struct bytes does;          /* "reads a file of the machine" */
	struct bytes paths;         /* inputs and attributes that hold paths: "0 filename" */
	struct operator_rule *next;
};

struct operator_rules {
	struct operator_rule *patterns;     /* those with a "*" */
	struct operator_rule *built;        /* by the names built in (rules/names.h): one rule an entry, without a name of its own */
	size_t built_count;
	struct operator_rule **listed;      /* hash table by family and name, for own files, which come first; or NULL */
};

/* Adds an entry of a rule file: NULL, or what is wrong with it. `built_in`: its names are known already. */
const char *operators_add(struct arena *arena, struct operator_rules *rules, struct bytes family, const struct yaml *entry, bool built_in);

/* The rule for an operator, by its own name before any pattern; or NULL. */
const struct operator_rule *operators_find(const struct operator_rules *rules, struct bytes family, struct bytes name);

/* The constant path of an operator that leads out of the model, or the first it has, or empty. */
struct operator_path {
	struct bytes text;
	bool outside;
	bool made_up;               /* one of its paths is only known when the graph runs */
};

struct operator_path operators_path(const struct operator_rule *rule, struct value arguments);

/* "uses the operator ReadFile, which reads a file of the machine: "/etc/passwd"" */
struct bytes operators_describe(struct arena *arena, const struct event *use, const struct operator_rule *rule, struct bytes path);

#endif
