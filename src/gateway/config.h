#ifndef GATEWAY_CONFIG_H
#define GATEWAY_CONFIG_H

#include "budgets/budgets.h"
#include "gateway/hold_terms.h"
#include "gateway/settings.h"
#include "gateway/upstream.h"
#include "identity/identity.h"
#include "policies/policies.h"
#include "terms/terms.h"
#include "base/hash.h"
#include "gateway/tls.h"
#include "types/dialect.h"

/* A gateway as it is configured: what `merlon gateway --config FILE` reads (schema/gateway.schema.json). */

/* SLOTS_MOST: workers of one configuration, and of older ones that still serve somebody. */
enum { DIALECTS_MOST = 16, LISTENERS_MOST = 64, WORKERS_MOST = 64, SLOTS_MOST = 256 };

/* One address callers come to. */
struct listener {
	const char *address;        /* "127.0.0.1:8080", "[::1]:8080" */
	const char *certificate, *private_key;  /* PEM files; NULL: without TLS */
	const char *authorities;    /* PEM file of those who vouch for callers' certificates; or NULL */
	bool certificate_required;
	SSL_CTX *context;           /* with the certificate; the key is the signer's alone */
};

/* An upstream of a route, and how often its turn is. */
struct target {
	struct upstream *upstream;
	unsigned weight;
	int current;
};

/* Which requests go where. The first route that fits counts. */
struct route {
	struct bytes name;
	struct bytes prefix;        /* of the path; what follows it is what the dialect knows */
	const struct dialect *dialects[DIALECTS_MOST];  /* none: all */
	size_t dialect_count;
	struct names origins;       /* of pages whose scripts may call; '*': any */
	struct names queries;       /* what a request may ask for behind the path; '*': anything */
	struct names models;        /* '*' at the end stands for the rest; none: all */
	struct target *targets;
	size_t target_count;
	struct upstream **fallbacks;        /* asked one after the other when those cannot */
	size_t fallback_count;
	struct terms_needs needs;   /* what the data that comes this way asks of who handles it; its purposes among that */
	uint64_t output_most;       /* tokens a request may be answered with when it does not say */
	const struct policy *policy;
	bool pass_unexamined;       /* what cannot be understood goes on, and the record says so */
	uint64_t body_most, answer_most;    /* bytes */
};

struct config {
	struct arena arena;
	const char *path, *folder;  /* of the file; relative paths in it start there */
	bool from_file;             /* so that it can be read again */
	struct digest digest;       /* of the file, or of what the command line says */
	struct listener *listeners;
	size_t listener_count;
	struct identity *identity;  /* who may call; NULL: who has the first key, until config_identity() */
	struct budgets *budgets;    /* NULL: none */
	struct names metrics_roles; /* of callers who may read what is counted; none: nobody may */
	const char *ledger;
	bool log_as_json;
	struct hold_terms holds;
	unsigned workers;           /* 0: one a core */
	uint64_t memory_most;       /* bytes that exchanges may hold at once, in each worker */
	int64_t resolve_every_ms;   /* names of servers are looked up again; 0: never */
	struct upstream *upstreams;
	size_t upstream_count;
	struct route *routes;
	size_t route_count;
	struct policy_file *policy_files;   /* read so far */
};

/* NULL when it is wrong: then it was told where and why. */
struct config *config_load(const char *path);
/* One upstream, one route to it, for everything. */
struct config *config_simple(const char *listen, const char *upstream, const char *upstream_key, const char *ledger, unsigned workers);
/* Where the ledger is, by the file alone: nothing else in it is looked at. False: it was told why. */
bool config_ledger(const char *path, char *out, size_t room);
void config_destroy(struct config *config);

/* Without callers in the configuration there is one, whose key lies in DIR/key. False: it was told why. */
bool config_identity(struct config *config);

/* What it comes to, in words, for a person to check. */
void config_explain(const struct config *config, struct text *out);

/*
 * The route for what a head asks for (and, unless NULL, a model, and of those named in
 * `among`, unless none are), with the dialect and its own route; NULL when
 * there is none.
 */
struct route *config_route(const struct config *config, const struct heading *heading, const struct bytes *model, const struct names *among, const struct dialect **dialect,
			   const struct dialect_route **of_dialect);
/* The i-th of the upstreams that it may ask: its targets, then its fallbacks; NULL when there are no more. */
struct upstream *route_upstream(const struct route *route, size_t i);
/* May this model be asked for on that route? */
bool route_takes(const struct route *route, struct bytes model);

#endif
