#include "base/time.h"
#include "gateway/config.h"

/* What a configuration comes to, in words, for a person to check. */

enum { COLUMNS = 80 };

static void explain_listener(struct text *out, const struct listener *l)
{
	const char *warning = l->context ? tls_warning(tls_seconds_left(l)) : NULL;

	text_addf(out, "Callers come to %s, %s%s.\n", l->address, l->certificate ? "over TLS" : "WITHOUT TLS: only for this machine, or behind something that has it",
		  !l->authorities ? "" : l->certificate_required ? ", and have to show a certificate" : ", and may show a certificate");
	if (l->context)
		text_addf(out, "  its certificate lasts another %lld days%s%s\n", (long long)tls_seconds_left(l) / 86400, warning ? ": IT " : "", warning ? warning : "");
}

static void explain_upstream(struct text *out, const struct upstream *u)
{
	text_addf(out, "Upstream %s%s:", u->name, u->key ? " (its key is known)" : "");
	for (size_t i = 0; i < u->server_count; i++)
		text_addf(out, " %s (weight %u)", u->servers[i].url, u->servers[i].weight);
	text_add_string(out, "; left alone for ");
	text_add_duration(out, u->pause_ms);
	text_addf(out, " after %u failures", u->failures_most);
	if (u->terms) {
		text_add_string(out, ";\n  it gets what agreement ");
		text_add_printable(out, u->terms->agreement, 60);
		text_add_string(out, " with ");
		text_add_printable(out, u->terms->provider, 60);
		text_add_string(out, " covers, until ");
		text_add_time(out, u->terms->expires_ms);
		text_add_string(out, u->terms->changed ? "; BUT ITS TEXT HAS CHANGED, OR CANNOT BE READ" : "");
	}
	if (!u->terms && !u->own)
		text_add_string(out, ";\n  no agreement is known: it gets nothing that is for a purpose, nor what a route wants handled in some way");
	text_add_string(out, u->own ? "; run by ourselves.\n" : ".\n");
	int64_t left_s = u->certificate_ends_s - time_now_ms() / 1000;
	if (u->certificate)
		text_addf(out, "  the certificate it is shown lasts another %lld days%s%s\n", (long long)left_s / 86400, tls_warning(left_s) ? ": IT " : "", tls_warning(left_s) ? tls_warning(left_s) : "");
}

static void add_names(struct text *out, const struct names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		text_add_string(out, i ? ", " : "");
		text_add_printable(out, names->at[i], 100);
	}
}

static void explain_names(struct text *out, const char *what, const struct names *names, const char *otherwise)
{
	text_addf(out, "  %s: ", what);
	add_names(out, names);
	text_addf(out, "%s\n", names->count ? "" : otherwise);
}

static void explain_handling(struct text *out, const struct terms_needs *n)
{
	if (n->regions.count > 0)
		explain_names(out, "regions", &n->regions, "any");
	if (n->no_training)
		text_add_string(out, "  nobody may train with it\n");
	if (n->no_onward_sale)
		text_add_string(out, "  nobody may sell it on\n");
	if (n->retention_most_ms >= 0) {
		text_add_string(out, "  it is kept for at most ");
		text_add_duration(out, n->retention_most_ms);
		text_add_byte(out, '\n');
	}
}

static void explain_route(struct text *out, const struct route *r)
{
	text_add_string(out, "Route ");
	text_add_printable(out, r->name, 100);
	text_addf(out, "%s%.*s:\n  dialects: ", r->prefix.len ? " under " : "", (int)r->prefix.len, r->prefix.at);
	for (size_t i = 0; i < r->dialect_count; i++)
		text_addf(out, "%s%s", i ? ", " : "", r->dialects[i]->name);
	text_add_string(out, r->dialect_count ? "\n" : "all that are spoken\n");
	explain_names(out, "models", &r->models, "all");
	explain_names(out, "pages whose scripts may call", &r->origins, "none");
	explain_names(out, "queries that go on", &r->queries, "none");
	text_add_string(out, "  goes to: ");
	for (size_t i = 0; i < r->target_count; i++)
		text_addf(out, "%s%s (weight %u)", i ? ", " : "", r->targets[i].upstream->name, r->targets[i].weight);
	for (size_t i = 0; i < r->fallback_count; i++)
		text_addf(out, "; then %s", r->fallbacks[i]->name);
	text_add_byte(out, '\n');
	explain_names(out, "purposes of its data", &r->needs.purposes, "untagged");
	explain_handling(out, &r->needs);
	text_add_string(out, "  policy: ");
	text_add_printable(out, policy_name(r->policy), 100);
	text_addf(out, "\n  what cannot be examined: %s\n", r->pass_unexamined ? "PASSED ON, and recorded as not examined" : "refused");
}

static void explain_holds(struct text *out, const struct hold_terms *h)
{
	if (h->wait_ms == 0) {
		text_add_string(out, "What a policy holds is refused: nobody is asked.\n");
		return;
	}
	text_add_string(out, "What a policy holds waits ");
	text_add_duration(out, h->wait_ms);
	text_addf(out, " for a person, at most %u in each worker, %u of one caller; ", h->most, h->most_of_one);
	if (h->approvals > 1)
		text_addf(out, "%u persons have to agree; ", h->approvals);
	text_add_string(out, h->approver_count ? "these sign: " : "whoever runs as the gateway's own user may agree, without a signature");
	for (size_t i = 0; i < h->approver_count; i++)
		text_addf(out, "%s%s", i ? ", " : "", h->approvers[i].key.name);
	text_add_string(out, ".\n");
}

static void explain_metrics(struct text *out, const struct config *c)
{
	if (c->metrics_roles.count == 0) {
		text_addf(out, "Metrics are to be had over the socket %s/control, and nowhere else.\n", c->ledger);
		return;
	}
	text_add_string(out, "Who is let in may read the metrics (GET /metrics) with one of these roles: ");
	add_names(out, &c->metrics_roles);
	text_add_string(out, ".\n");
}

/* No line is wider than a terminal; what goes on stands further in. */
static void add_in_columns(struct text *out, struct bytes all)
{
	while (all.len > 0) {
		struct bytes line = bytes_slice(all, 0, bytes_find_byte(all, '\n'));
		unsigned indent = 0;
		all = bytes_from(all, line.len + 1);
		while (indent < line.len && line.at[indent] == ' ')
			indent++;
		text_add_spaces(out, indent);
		text_add_wrapped(out, bytes_from(line, indent), indent, indent + 2, COLUMNS);
		text_add_byte(out, '\n');
	}
}

void config_explain(const struct config *c, struct text *out)
{
	struct text all;

	text_init(&all, NULL);
	for (size_t i = 0; i < c->listener_count; i++)
		explain_listener(&all, &c->listeners[i]);
	if (c->identity)
		identity_explain(c->identity, &all);
	else
		text_addf(&all, "Who shows the first key is let in, which lies in %s/key, and nobody else.\n", c->ledger);
	explain_metrics(&all, c);
	for (size_t i = 0; i < c->upstream_count; i++)
		explain_upstream(&all, &c->upstreams[i]);
	for (size_t i = 0; i < c->route_count; i++)
		explain_route(&all, &c->routes[i]);
	if (c->resolve_every_ms > 0) {
		text_add_string(&all, "Names of servers are looked up every ");
		text_add_duration(&all, c->resolve_every_ms);
		text_add_string(&all, ".\n");
	}
	if (c->budgets)
		budgets_explain(c->budgets, &all);
	else
		text_add_string(&all, "There is no budget: callers may use as much as they like.\n");
	explain_holds(&all, &c->holds);
	text_addf(&all, "The exchanges of each worker hold %llu MiB at once; beyond that, large ones are refused.\n", (unsigned long long)c->memory_most >> 20);
	text_addf(&all, "Evidence goes to %s.\n", c->ledger);
	add_in_columns(out, text_bytes(&all));
	text_finish(&all);
}
