#include "gateway/certificates.h"

#include <stdio.h>

#include "base/log.h"
#include "base/time.h"
#include "gateway/metrics.h"

static int64_t upstream_seconds_left(const struct upstream *u)
{
	return u->certificate_ends_s - time_now_ms() / 1000;
}

void certificates_warn(const struct config *c)
{
	for (size_t i = 0; i < c->listener_count; i++) {
		const struct listener *l = &c->listeners[i];
		const char *warning = l->context ? tls_warning(tls_seconds_left(l)) : NULL;
		if (warning)
			log_warning("%s: the certificate for %s %s", l->certificate, l->address, warning);
	}
	for (size_t i = 0; i < c->upstream_count; i++) {
		const struct upstream *u = &c->upstreams[i];
		const char *warning = u->certificate ? tls_warning(upstream_seconds_left(u)) : NULL;
		if (warning)
			log_warning("%s: the certificate that upstream %s is shown %s", u->certificate, u->name, warning);
	}
}

static void add_sample(struct text *out, const char *side, struct bytes name, int64_t seconds)
{
	text_addf(out, "merlon_certificate_seconds{side=\"%s\",", side);
	metrics_add_label(out, "name", name);
	text_addf(out, "} %lld\n", (long long)seconds);
}

void certificates_write_metrics(const struct config *c, struct text *out)
{
	char number[24];

	text_add_string(out, "# HELP merlon_certificate_seconds until a certificate expires; negative when it has\n# TYPE merlon_certificate_seconds gauge\n");
	for (size_t i = 0; i < c->listener_count; i++) {
		if (!c->listeners[i].context)
			continue;
		snprintf(number, sizeof number, "%zu", i + 1);
		add_sample(out, "listener", bytes_of(number), tls_seconds_left(&c->listeners[i]));
	}
	for (size_t i = 0; i < c->upstream_count; i++)
		if (c->upstreams[i].certificate)
			add_sample(out, "upstream", bytes_of(c->upstreams[i].name), upstream_seconds_left(&c->upstreams[i]));
}
