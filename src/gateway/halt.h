#ifndef GATEWAY_HALT_H
#define GATEWAY_HALT_H

#include <stdbool.h>

#include "gateway/shared.h"

/*
 * The kill switch.  Whatever pulls it takes hold at once: all workers look at
 * the shared page 40 times a second, and no step of it waits for a process
 * that may be waiting itself.  As long as one of the three says so, nothing
 * goes on: the signal, until it comes again; the file; the operators' socket.
 */

/* From here on SIGUSR1 halts this process's gateway, and lets it go on. */
void halt_take_signal(struct shared *shared);

/* Now; whoever decides whether it stays so is told, even should it be over before they look. */
void halt_now(struct shared *shared);

/* Is the file there? `path`: DIR/halt. */
bool halt_file_is_there(const char *path);
/* Does one of the three say so? */
bool halt_is_asked(const struct shared *shared, const char *path);

/*
 * What the signal and the socket say outlasts the gateway, as the file does:
 * `path`, DIR/halted, stands there meanwhile and says which of them it was.
 * At the start it is recalled; what changes is remembered.
 */
void halt_recall(struct shared *shared, const char *path);
void halt_remember(const struct shared *shared, const char *path);

#endif
