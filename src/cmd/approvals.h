#ifndef CMD_APPROVALS_H
#define CMD_APPROVALS_H

#include <stdbool.h>

/* What "merlon gateway holds", "approve" and "refuse" do: they talk to a gateway that runs, over DIR/control. */
struct approving {
	const char *config, *ledger;        /* one of them */
	const char *word;           /* "holds", "approve", "refuse" */
	const char *id;             /* or the beginning of one */
	const char *as, *reason, *key, *digest;
	const char *show;           /* of "holds": the exchange that is to be shown, or the beginning of its id */
	bool whole;                 /* all of it */
	bool json;
};

/* Is it one of those words? */
bool approvals_know(const char *word);

/* The status to end with. */
int approvals_run(const struct approving *a);

#endif
