#include "gateway/health.h"

#include "base/log.h"
#include "base/shared_memory.h"
#include "base/time.h"
#include "gateway/metrics.h"

struct health *health_create(void)
{
	return shared_memory_create(sizeof(struct health));
}

void health_destroy(struct health *h)
{
	shared_memory_destroy(h, sizeof *h);
}

/* That it is tried again and fails again is no news. */
static void tell(struct server *s)
{
	const struct upstream *u = s->upstream;
	bool shut = atomic_load(&s->health->shut_until_ms) != 0;

	if (shut && !s->told_shut)
		log_warning("gateway: upstream %s: %s failed %u times, one after the other, and is left alone for %lld ms before it is tried again", u->name, s->url, u->failures_most, (long long)u->pause_ms);
	if (!shut && s->told_shut)
		log_note("gateway: upstream %s: %s answers again", u->name, s->url);
	s->told_shut = shut;
}

void health_tell(struct config *c)
{
	for (size_t i = 0; i < c->upstream_count; i++)
		for (size_t k = 0; k < c->upstreams[i].server_count; k++)
			tell(&c->upstreams[i].servers[k]);
}

static void write_sample(struct text *out, const char *name, const struct server *s, unsigned long long value)
{
	text_addf(out, "%s{", name);
	metrics_add_label(out, "upstream", bytes_of(s->upstream->name));
	text_add_byte(out, ',');
	metrics_add_label(out, "server", bytes_of(s->url));
	text_addf(out, "} %llu\n", value);
}

static void write_samples(const struct config *c, struct text *out, const char *name, unsigned long long value(const struct server *))
{
	for (size_t i = 0; i < c->upstream_count; i++)
		for (size_t k = 0; k < c->upstreams[i].server_count; k++)
			write_sample(out, name, &c->upstreams[i].servers[k], value(&c->upstreams[i].servers[k]));
}

static unsigned long long failures_of(const struct server *s)
{
	return atomic_load(&s->health->failures);
}

static unsigned long long is_left_alone(const struct server *s)
{
	return atomic_load(&s->health->shut_until_ms) > time_monotonic_ms();
}

void health_write_metrics(const struct config *c, struct text *out)
{
	text_add_string(out, "# HELP merlon_server_failures_total requests that a server failed since the configuration was read\n# TYPE merlon_server_failures_total counter\n");
	write_samples(c, out, "merlon_server_failures_total", failures_of);
	text_add_string(out, "# HELP merlon_server_left_alone 1 while a server is not asked, because it failed again and again\n# TYPE merlon_server_left_alone gauge\n");
	write_samples(c, out, "merlon_server_left_alone", is_left_alone);
}
