#ifndef GATEWAY_USAGE_H
#define GATEWAY_USAGE_H

#include "gateway/config.h"

/* What was used of the budgets, in DIR/budgets: it outlives a restart, and a configuration. */

void usage_save(const struct config *config);
/* False when what is there cannot be read: then it was said. */
bool usage_restore(const struct config *config);

/* At a reload: the accounts stay, and what is under way goes on in them; where there were none, what was used before that is restored. */
void usage_hand_over(const struct config *old, const struct config *fresh);

#endif
