#ifndef RULES_COMPONENTS_H
#define RULES_COMPONENTS_H

#include "types/program.h"

struct yaml;

/* Where the classes of a configuration may come from, as rules/components.yaml says. */
struct component_name {
	struct bytes name;
	bool folder;                /* of diffusers' own pipelines: for components alone, and by its whole name */
	struct component_name *next;
};

struct component_rules {
	struct component_name *names;
};

/* Adds an entry of a rule file: NULL, or what is wrong with it. */
const char *components_add(struct arena *arena, struct component_rules *rules, const struct yaml *entry);

/* May `module` be the home of a class? `component`: of a pipeline's component, for which folders count too. */
bool components_listed(const struct component_rules *rules, struct bytes module, bool component);

#endif
