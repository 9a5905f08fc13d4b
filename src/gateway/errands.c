#include "gateway/errands.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/time.h"

/* Nobody waits for an answer longer than that. */
enum { ERRAND_S = 60 };

static pid_t send_out(void (*in_child)(void *), void *owner)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid > 0 ? pid : 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGALRM, SIG_DFL);
	alarm(ERRAND_S);
	in_child(owner);
	return -1;
}

/* Issuers publish new keys now and then. */
static void refresh(struct errands *e, const struct config *c, void (*in_child)(void *), void *owner)
{
	if (e->refresher || !identity_is_due(c->identity, time_now_ms()))
		return;
	e->refresher = send_out(in_child, owner);
	if (e->refresher >= 0)
		return;
	identity_refresh(c->identity, time_now_ms());
	_exit(0);
}

static bool has_names(const struct config *c)
{
	for (size_t i = 0; i < c->upstream_count; i++)
		for (size_t k = 0; k < c->upstreams[i].server_count; k++)
			if (c->upstreams[i].servers[k].published)
				return true;
	return false;
}

static void resolve(struct errands *e, const struct config *c, void (*in_child)(void *), void *owner)
{
	int64_t now_ms = time_monotonic_ms();

	if (e->resolve_at_ms == 0)
		e->resolve_at_ms = now_ms + c->resolve_every_ms;
	if (e->resolver || c->resolve_every_ms == 0 || now_ms < e->resolve_at_ms)
		return;
	e->resolve_at_ms = now_ms + c->resolve_every_ms;
	if (!has_names(c))
		return;
	e->resolver = send_out(in_child, owner);
	if (e->resolver >= 0)
		return;
	for (size_t i = 0; i < c->upstream_count; i++)
		for (size_t k = 0; k < c->upstreams[i].server_count; k++)
			server_resolve(&c->upstreams[i].servers[k]);
	_exit(0);
}

void errands_run(struct errands *e, const struct config *config, void (*in_child)(void *), void *owner)
{
	refresh(e, config, in_child, owner);
	resolve(e, config, in_child, owner);
}

void errands_ended(struct errands *e, pid_t pid)
{
	if (pid == e->refresher)
		e->refresher = 0;
	if (pid == e->resolver)
		e->resolver = 0;
}
