#include "gateway/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/file.h"
#include "base/log.h"
#include "policy/language.h"

enum { FILE_MOST = 1 << 20, MEMORY_MOST = 16 << 20, WEIGHT_MOST = 1000, RESOLVE_EVERY_MS = 30000, RESOLVE_LEAST_MS = 500 };
#define MEMORY_USUAL (UINT64_C(1) << 30)
#define MEMORY_LEAST (UINT64_C(64) << 20)

struct loading {
	struct settings settings;   /* first: `settings` of every reader */
	struct config *config;
	const char *file;           /* where the mistake is */
};

/* What was wrong stands in a file of its own; where that says no line, the mistake is to name it. */
static void fail_in(struct loading *l, const char *path, const struct yaml *where)
{
	struct yaml_error error = l->settings.error;

	if (l->settings.failed)
		return;
	if (error.line == 0) {
		settings_fail(&l->settings, where, "names \"%s\", which cannot be used: %s", path, error.why);
		return;
	}
	l->file = path;
	l->settings.failed = true;
}

/* ---- listeners ---- */

static bool has_port(struct bytes address)
{
	struct bytes port = bytes_after_last(address, ':');
	uint64_t number = 0;

	return port.len < address.len && bytes_to_u64(port, &number) && number > 0 && number < 65536;
}

/* What stands in the way may be in either of the files. */
static void fail_tls(struct loading *l, const struct yaml *tls, const struct listener *out, const char *why)
{
	bool of_callers = bytes_contain(bytes_of(why), BYTES("authorities"));

	settings_fail(&l->settings, tls, "has %s: \"%s\"", why, of_callers ? out->authorities : out->certificate);
}

static void read_listener(struct loading *l, const struct yaml *map, struct listener *out)
{
	struct settings *s = &l->settings;
	const struct yaml *tls = yaml_member(map, "tls");

	if (!settings_know(s, map, "a listener", "address tls"))
		return;
	out->address = settings_string(s, map, "address", NULL);
	if (!out->address || !has_port(bytes_of(out->address)))
		settings_fail(s, map, "has a listener without \"address: HOST:PORT\", with a port from 1 to 65535");
	if (!tls || !settings_know(s, tls, "tls", "certificate key callers callers-required"))
		return;
	out->certificate = settings_path(s, l->config->folder, settings_string(s, tls, "certificate", NULL));
	out->private_key = settings_path(s, l->config->folder, settings_string(s, tls, "key", NULL));
	out->authorities = settings_path(s, l->config->folder, settings_string(s, tls, "callers", NULL));
	out->certificate_required = settings_bool(s, tls, "callers-required", out->authorities != NULL);
	if (!out->certificate || !out->private_key)
		settings_fail(s, tls, "has tls without a certificate and a key for it");
	const char *why = s->failed ? NULL : tls_open(out);
	if (why)
		fail_tls(l, tls, out, why);
}

static bool is_listened_on(const struct config *c, const char *address)
{
	for (size_t i = 0; i < c->listener_count; i++)
		if (strcmp(c->listeners[i].address, address) == 0)
			return true;
	return false;
}

static void read_listeners(struct loading *l, const struct yaml *root)
{
	const struct yaml *list = yaml_member(root, "listen");
	struct config *c = l->config;

	if (!list || list->kind != YAML_IS_LIST || list->count == 0 || list->count > LISTENERS_MOST) {
		settings_fail(&l->settings, list ? list : root, "has no list \"listen\" of 1 to %d addresses", LISTENERS_MOST);
		return;
	}
	c->listeners = arena_alloc(&c->arena, list->count, sizeof *c->listeners);
	yaml_each(list, it) {
		struct listener *listener = &c->listeners[c->listener_count];
		read_listener(l, it, listener);
		if (listener->address && is_listened_on(c, listener->address))
			settings_fail(&l->settings, it, "listens on an address twice");
		c->listener_count += listener->address != NULL;
	}
}

/* ---- upstreams ---- */

static void add_server(struct loading *l, struct upstream *u, const struct yaml *it)
{
	struct settings *s = &l->settings;
	bool plain = it->kind == YAML_IS_SCALAR;

	if (!plain && !settings_know(s, it, "a server", "url weight"))
		return;
	const char *url = plain ? arena_string(s->arena, it->text) : settings_string(s, it, "url", NULL);
	unsigned weight = plain ? 1 : (unsigned)settings_number(s, it, "weight", 1, 1, WEIGHT_MOST);
	if (!url) {
		settings_fail(s, it, "has a server without a \"url\"");
		return;
	}
	const char *why = upstream_add_server(u, url, weight);
	if (why)
		settings_fail(s, it, "has a server \"%s\" that %s", url, why);
}

static void read_key(struct loading *l, struct upstream *u, const struct yaml *key)
{
	struct settings *s = &l->settings;

	if (!key || !settings_know(s, key, "a key", "file header"))
		return;
	const char *file = settings_path(s, l->config->folder, settings_string(s, key, "file", NULL));
	const char *why = file ? upstream_read_key(u, settings_string(s, key, "header", "authorization"), file) : "is not named";
	if (why)
		settings_fail(s, key, "has a key file \"%s\" that %s", file ? file : "", why);
}

static void read_terms(struct loading *l, struct upstream *u, const struct yaml *map)
{
	struct settings *s = &l->settings;
	const char *path = settings_path(s, l->config->folder, settings_string(s, map, "terms", NULL));
	struct terms *terms = path ? arena_new(s->arena, struct terms) : NULL;

	u->own = settings_bool(s, map, "own", false);
	if (!path || s->failed)
		return;
	if (u->own)
		settings_fail(s, yaml_member(map, "own"), "has an upstream that is our own and has terms: one of them");
	else if (!terms_load(s->arena, path, terms, &s->error))
		fail_in(l, path, yaml_member(map, "terms"));
	u->terms = terms;
}

static char *path_of(struct loading *l, const struct yaml *map, const char *name)
{
	const char *path = settings_path(&l->settings, l->config->folder, settings_string(&l->settings, map, name, NULL));

	return path ? strdup(path) : NULL;
}

static void read_upstream(struct loading *l, const struct yaml *map, struct upstream *u)
{
	struct settings *s = &l->settings;
	const struct yaml *servers = yaml_member(map, "servers"), *circuit = yaml_member(map, "circuit"), *timeouts = yaml_member(map, "timeouts"), *tls = yaml_member(map, "tls");

	upstream_init(u, arena_string(s->arena, map->key));
	if (!settings_know(s, map, "an upstream", "servers protocol key tls circuit timeouts terms own"))
		return;
	if (!servers || servers->kind != YAML_IS_LIST || servers->count == 0)
		settings_fail(s, map, "has an upstream without a list of \"servers\"");
	yaml_each(servers, it)
		add_server(l, u, it);
	u->protocol = (enum upstream_protocol)settings_choice(s, map, "protocol", "http1 http2 auto", UPSTREAM_HTTP1);
	read_key(l, u, yaml_member(map, "key"));
	read_terms(l, u, map);
	if (settings_know(s, tls, "tls of an upstream", "authorities certificate key")) {
		u->authorities = path_of(l, tls, "authorities");
		u->certificate = path_of(l, tls, "certificate");
		u->private_key = path_of(l, tls, "key");
		if (!u->certificate != !u->private_key)
			settings_fail(s, tls, "has one of \"certificate\" and \"key\" without the other");
		const char *why = u->certificate && !s->failed ? tls_read_end(u->certificate, &u->certificate_ends_s) : NULL;
		if (why)
			settings_fail(s, tls, "has %s", why);
	}
	if (settings_know(s, circuit, "circuit", "failures pause")) {
		u->failures_most = (unsigned)settings_number(s, circuit, "failures", u->failures_most, 1, 1000);
		u->pause_ms = settings_duration(s, circuit, "pause", u->pause_ms);
	}
	if (settings_know(s, timeouts, "timeouts", "connect answer silence")) {
		u->connect_ms = settings_duration(s, timeouts, "connect", u->connect_ms);
		u->answer_ms = settings_duration(s, timeouts, "answer", u->answer_ms);
		u->silence_ms = settings_duration(s, timeouts, "silence", u->silence_ms);
	}
	const char *why = s->failed ? NULL : upstream_check(u);
	if (why)
		settings_fail(s, tls ? tls : map, "has an upstream that %s", why);
}

static void read_upstreams(struct loading *l, const struct yaml *root)
{
	const struct yaml *map = yaml_member(root, "upstreams");

	if (!map || map->kind != YAML_IS_MAP || map->count == 0) {
		settings_fail(&l->settings, map ? map : root, "has no map \"upstreams\" of names and their servers");
		return;
	}
	l->config->upstreams = arena_alloc(&l->config->arena, map->count, sizeof(struct upstream));
	yaml_each(map, it)
		read_upstream(l, it, &l->config->upstreams[l->config->upstream_count++]);
}

/* ---- routes ---- */

static struct upstream *upstream_named(struct loading *l, const struct yaml *where, struct bytes name)
{
	for (size_t i = 0; i < l->config->upstream_count; i++)
		if (bytes_same(name, l->config->upstreams[i].name))
			return &l->config->upstreams[i];
	settings_fail(&l->settings, where, "has a route to \"%.*s\", and no upstream of that name", (int)name.len, name.at);
	return NULL;
}

/* A name, a list of names, or a map of names and weights. */
static void read_targets(struct loading *l, struct route *r, const struct yaml *map)
{
	const struct yaml *v = yaml_member(map, "upstreams");

	if (!v || (v->kind != YAML_IS_SCALAR && v->count == 0)) {
		settings_fail(&l->settings, map, "has a route without \"upstreams\"");
		return;
	}
	r->targets = arena_alloc(&l->config->arena, v->count + 1, sizeof *r->targets);
	if (v->kind == YAML_IS_SCALAR) {
		r->targets[r->target_count++] = (struct target){.upstream = upstream_named(l, v, v->text), .weight = 1};
		return;
	}
	yaml_each(v, it) {
		uint64_t weight = 1;
		if (v->kind == YAML_IS_MAP && (!bytes_to_u64(it->text, &weight) || weight < 1 || weight > WEIGHT_MOST))
			settings_fail(&l->settings, it, "has a weight that is no number from 1 to %d", WEIGHT_MOST);
		r->targets[r->target_count++] = (struct target){.upstream = upstream_named(l, it, v->kind == YAML_IS_MAP ? it->key : it->text), .weight = (unsigned)weight};
	}
}

static void read_fallbacks(struct loading *l, struct route *r, const struct yaml *map)
{
	const struct yaml *v = yaml_member(map, "fallback");
	struct names names = settings_names(&l->settings, map, "fallback");

	r->fallbacks = arena_alloc(&l->config->arena, names.count + 1, sizeof *r->fallbacks);
	for (size_t i = 0; i < names.count; i++)
		r->fallbacks[r->fallback_count++] = upstream_named(l, v, names.at[i]);
}

static void fail_dialect(struct loading *l, const struct yaml *where, struct bytes name)
{
	struct text known;

	text_init(&known, l->settings.arena);
	for (const struct dialect *const *d = dialects; *d; d++)
		text_addf(&known, " %s", (*d)->name);
	settings_fail(&l->settings, where, "has a dialect \"%.*s\", which is one of:%s", (int)bytes_slice(name, 0, 40).len, name.at, text_string(&known));
}

static void read_dialects(struct loading *l, struct route *r, const struct yaml *map)
{
	struct names names = settings_names(&l->settings, map, "dialects");

	for (size_t i = 0; i < names.count; i++) {
		const struct dialect *d = dialect_named(names.at[i]);
		if (!d)
			fail_dialect(l, yaml_member(map, "dialects"), names.at[i]);
		else if (r->dialect_count < DIALECTS_MOST)
			r->dialects[r->dialect_count++] = d;
	}
}

/* One that several routes name is read once. */
struct policy_file {
	const char *path;
	const struct policy *policy;
	struct policy_file *next;
};

static const struct policy *read_policy(struct loading *l, const char *path, const struct yaml *where)
{
	struct config *c = l->config;
	struct text in;

	for (const struct policy_file *f = c->policy_files; f; f = f->next)
		if (strcmp(f->path, path) == 0)
			return f->policy;
	text_init(&in, &c->arena);
	enum status status = file_read(path, FILE_MOST, &in);
	if (status != STATUS_OK) {
		settings_fail(&l->settings, where, "names a policy \"%s\" that cannot be read: %s", path, file_trouble(status));
		return NULL;
	}
	struct policy_file *f = arena_new(&c->arena, struct policy_file);
	*f = (struct policy_file){.path = path, .policy = policies_read(&c->arena, text_bytes(&in), &l->settings.error), .next = c->policy_files};
	c->policy_files = f;
	if (!f->policy)
		fail_in(l, path, where);
	return f->policy;
}

static void read_policies(struct loading *l, const struct yaml *root)
{
	struct settings *s = &l->settings;
	const char *usual = settings_path(s, l->config->folder, settings_string(s, root, "policy", NULL));
	size_t i = 0;

	yaml_each(yaml_member(root, "routes"), it) {
		const char *own = settings_path(s, l->config->folder, settings_string(s, it, "policy", NULL)), *path = own ? own : usual;
		l->config->routes[i++].policy = s->failed ? NULL : path ? read_policy(l, path, it) : policies_default(&l->config->arena);
	}
}

/* These say which version of an API is meant; what else stands in a query may name another model, and no dialect reads it. */
static void init_route(struct route *r)
{
	static struct bytes versions[] = {BYTES("api-version"), BYTES("beta")};

	*r = (struct route){.name = BYTES("default"), .queries = {versions, COUNT_OF(versions)}, .body_most = 16 << 20, .answer_most = 64 << 20, .output_most = 4096, .needs = {.retention_most_ms = -1}};
}

static void read_needs(struct loading *l, struct route *r, const struct yaml *map)
{
	struct settings *s = &l->settings;
	const struct yaml *handling = yaml_member(map, "handling");

	r->needs.purposes = settings_names(s, map, "purposes");
	if (!handling || !settings_know(s, handling, "handling", "regions training onward-sale retention-most"))
		return;
	r->needs.regions = settings_names(s, handling, "regions");
	r->needs.no_training = !settings_bool(s, handling, "training", true);
	r->needs.no_onward_sale = !settings_bool(s, handling, "onward-sale", true);
	r->needs.retention_most_ms = settings_duration(s, handling, "retention-most", -1);
}

static void read_route(struct loading *l, const struct yaml *map, struct route *r)
{
	struct settings *s = &l->settings;

	init_route(r);
	if (!settings_know(s, map, "a route", "name prefix dialects origins queries models upstreams fallback policy purposes handling unexamined request-most answer-most output-most"))
		return;
	r->name = bytes_of(settings_string(s, map, "name", "default"));
	r->prefix = bytes_of(settings_string(s, map, "prefix", ""));
	if (r->prefix.len > 0 && (r->prefix.at[0] != '/' || r->prefix.at[r->prefix.len - 1] == '/'))
		settings_fail(s, yaml_member(map, "prefix"), "has a prefix that does not begin with a slash, or ends with one");
	read_dialects(l, r, map);
	r->origins = settings_names(s, map, "origins");
	if (yaml_member(map, "queries"))
		r->queries = settings_names(s, map, "queries");
	r->models = settings_names(s, map, "models");
	read_targets(l, r, map);
	read_fallbacks(l, r, map);
	read_needs(l, r, map);
	r->output_most = settings_number(s, map, "output-most", r->output_most, 1, 1 << 24);
	r->pass_unexamined = settings_choice(s, map, "unexamined", "deny pass", 0) == 1;
	r->body_most = settings_size(s, map, "request-most", r->body_most);
	r->answer_most = settings_size(s, map, "answer-most", r->answer_most);
}

static void read_routes(struct loading *l, const struct yaml *root)
{
	const struct yaml *list = yaml_member(root, "routes");

	if (!list || list->kind != YAML_IS_LIST || list->count == 0) {
		settings_fail(&l->settings, list ? list : root, "has no list \"routes\"");
		return;
	}
	l->config->routes = arena_alloc(&l->config->arena, list->count, sizeof(struct route));
	yaml_each(list, it)
		read_route(l, it, &l->config->routes[l->config->route_count++]);
}

/* ---- callers ---- */

static void read_callers(struct loading *l, const struct yaml *section)
{
	struct settings *s = &l->settings;
	const char *file = NULL;

	if (!section || s->failed)
		return;
	if (section->kind == YAML_IS_MAP && section->count == 0)
		settings_fail(s, section, "lets nobody in: it has no keys, tokens or certificates");
	else if (!(l->config->identity = identity_load(section, *l->config->folder ? l->config->folder : ".", &s->error, &file)) && file)
		fail_in(l, arena_string(s->arena, bytes_of(file)), section);
	s->failed |= !l->config->identity;
}

static void read_metrics(struct loading *l, const struct yaml *root)
{
	const struct yaml *map = yaml_member(root, "metrics");

	if (!map || !settings_know(&l->settings, map, "metrics", "roles"))
		return;
	l->config->metrics_roles = settings_names(&l->settings, map, "roles");
	if (l->config->metrics_roles.count == 0)
		settings_fail(&l->settings, map, "has metrics without the \"roles\" of those callers who may read them");
	if (!yaml_member(root, "callers"))
		settings_fail(&l->settings, map, "has metrics for callers of some roles, and no \"callers\": the one who has the first key has no role");
}

/* It would limit nothing. */
static void check_route_of_budget(struct loading *l, const struct yaml *limit)
{
	const struct yaml *route = yaml_member(yaml_member(limit, "for"), "route");

	for (size_t i = 0; route && i < l->config->route_count; i++)
		if (bytes_same(route->text, "*") || bytes_equal(route->text, l->config->routes[i].name))
			return;
	if (route)
		settings_fail(&l->settings, route, "has a budget for a route \"%.*s\", and no route of that name", (int)route->text.len, route->text.at);
}

static void read_budgets(struct loading *l, const struct yaml *section)
{
	if (!section || l->settings.failed)
		return;
	l->config->budgets = budgets_load(section, SLOTS_MOST, &l->settings.error);
	l->settings.failed = !l->config->budgets;
	yaml_each(section->kind == YAML_IS_LIST ? section : yaml_member(section, "limits"), it)
		check_route_of_budget(l, it);
}

bool config_identity(struct config *c)
{
	const char *why = NULL;
	char path[4096];
	bool made = false;

	if (c->identity)
		return true;
	snprintf(path, sizeof path, "%s/key", c->ledger);
	c->identity = identity_first_key(path, &made, &why);
	if (!c->identity)
		log_error("%s: %s", path, why);
	else if (made)
		log_note("gateway: the first key was made and lies in %s; callers send it as \"Authorization: Bearer KEY\"", path);
	return c->identity != NULL;
}

/* Nobody could ever agree to what asks for more persons than there are. */
static void check_approvals(struct loading *l, const struct yaml *root)
{
	const struct yaml *map = yaml_member(root, "holds");

	for (size_t i = 0; i < l->config->route_count; i++)
		if (l->config->routes[i].policy)
			hold_terms_check(&l->settings, map ? map : root, &l->config->holds, policy_approvals(l->config->routes[i].policy));
}

/* ---- the whole ---- */

/* NULL when it cannot be read: then that is the mistake. */
static const struct yaml *read_file(struct loading *l)
{
	struct config *c = l->config;
	struct text in;

	text_init(&in, &c->arena);
	enum status status = file_read(c->path, FILE_MOST, &in);
	if (status != STATUS_OK) {
		settings_fail(&l->settings, NULL, "cannot be read: %s", file_trouble(status));
		return NULL;
	}
	c->digest = digest_of(text_bytes(&in));
	const struct yaml *root = yaml_parse(&c->arena, text_bytes(&in), &l->settings.error);
	l->settings.failed |= !root;
	return root;
}

static void read_ledger(struct loading *l, const struct yaml *root)
{
	l->config->ledger = settings_path(&l->settings, l->config->folder, settings_string(&l->settings, root, "ledger", NULL));
	if (!l->config->ledger)
		settings_fail(&l->settings, root, "names no folder for the \"ledger\"");
}

static void read_ledger_alone(void *arg)
{
	const struct yaml *root = read_file(arg);

	if (root)
		read_ledger(arg, root);
}

static void read_root(void *arg)
{
	struct loading *l = arg;
	struct config *c = l->config;
	const struct yaml *root = read_file(l);

	if (!root || !settings_know(&l->settings, root, "the configuration", "listen ledger log workers memory callers metrics budgets policy holds resolve-every upstreams routes"))
		return;
	read_listeners(l, root);
	read_ledger(l, root);
	c->log_as_json = settings_choice(&l->settings, root, "log", "text json", 0) == 1;
	c->workers = (unsigned)settings_number(&l->settings, root, "workers", 0, 1, WORKERS_MOST);
	c->memory_most = settings_size(&l->settings, root, "memory", c->memory_most);
	if (c->memory_most < MEMORY_LEAST)
		settings_fail(&l->settings, yaml_member(root, "memory"), "gives a worker less than 64MiB");
	c->resolve_every_ms = settings_duration(&l->settings, root, "resolve-every", RESOLVE_EVERY_MS);
	if (c->resolve_every_ms > 0 && c->resolve_every_ms < RESOLVE_LEAST_MS)
		settings_fail(&l->settings, yaml_member(root, "resolve-every"), "has names looked up more often than twice a second");
	read_upstreams(l, root);
	read_routes(l, root);
	read_policies(l, root);
	read_callers(l, yaml_member(root, "callers"));
	read_metrics(l, root);
	read_budgets(l, yaml_member(root, "budgets"));
	hold_terms_read(&l->settings, yaml_member(root, "holds"), &c->holds);
	check_approvals(l, root);
}

static struct config *create(const char *path)
{
	struct config *c = calloc(1, sizeof *c);

	if (!c)
		abort();
	arena_init(&c->arena, MEMORY_MOST);
	c->path = path;
	c->resolve_every_ms = RESOLVE_EVERY_MS;
	c->memory_most = MEMORY_USUAL;
	c->holds = hold_terms_usual();
	return c;
}

static struct config *load(const char *path, void (*read)(void *))
{
	struct config *c = create(path);
	struct loading l = {.settings = {.arena = &c->arena}, .config = c, .file = path};
	size_t slash = bytes_find_last(bytes_of(path), BYTES("/"));

	c->from_file = true;
	c->folder = path[slash] ? arena_string(&c->arena, bytes_slice(bytes_of(path), 0, slash)) : "";
	if (!arena_run(&c->arena, read, &l))
		settings_fail(&l.settings, NULL, "is larger than any configuration that is read");
	if (!l.settings.failed)
		return c;
	log_error("%s:%u:%u: %s", l.file, l.settings.error.line, l.settings.error.column, l.settings.error.why);
	config_destroy(c);
	return NULL;
}

struct config *config_load(const char *path)
{
	return load(path, read_root);
}

bool config_ledger(const char *path, char *out, size_t room)
{
	struct config *c = load(path, read_ledger_alone);

	if (c)
		snprintf(out, room, "%s", c->ledger);
	config_destroy(c);
	return c != NULL;
}

struct config *config_simple(const char *listen, const char *upstream, const char *upstream_key, const char *ledger, unsigned workers)
{
	struct config *c = create("the command line");

	c->folder = "";
	struct text said;
	text_init(&said, &c->arena);
	text_addf(&said, "%s %s %s", listen, upstream, ledger);
	c->digest = digest_of(text_bytes(&said));
	c->ledger = ledger;
	c->workers = workers;
	c->listeners = arena_new(&c->arena, struct listener);
	c->listeners[c->listener_count++].address = listen;
	c->upstreams = arena_new(&c->arena, struct upstream);
	upstream_init(&c->upstreams[c->upstream_count++], "default");
	c->routes = arena_new(&c->arena, struct route);
	init_route(&c->routes[c->route_count++]);
	c->routes->policy = policies_default(&c->arena);
	c->routes->targets = arena_new(&c->arena, struct target);
	c->routes->targets[c->routes->target_count++] = (struct target){.upstream = c->upstreams, .weight = 1};
	const char *why = upstream_add_server(c->upstreams, upstream, 1);
	if (!has_port(bytes_of(listen)))
		log_error("--listen: \"%s\" is no HOST:PORT, with a port from 1 to 65535", why = listen);
	else if (why)
		log_error("--upstream: \"%s\": %s", upstream, why);
	else if (upstream_key && (why = upstream_read_key(c->upstreams, "authorization", upstream_key)) != NULL)
		log_error("%s: %s", upstream_key, why);
	else if ((why = upstream_check(c->upstreams)) != NULL)
		log_error("--upstream: \"%s\": it %s", upstream, why);
	if (!why)
		return c;
	config_destroy(c);
	return NULL;
}

void config_destroy(struct config *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->listener_count; i++)
		tls_close(&c->listeners[i]);
	for (size_t i = 0; i < c->upstream_count; i++)
		upstream_finish(&c->upstreams[i]);
	identity_destroy(c->identity);
	budgets_destroy(c->budgets);
	arena_finish(&c->arena);
	free(c);
}

/* ---- asking it ---- */

static bool model_fits(const struct names *models, struct bytes model)
{
	for (size_t i = 0; i < models->count; i++) {
		struct bytes m = models->at[i];
		bool open = m.len > 0 && m.at[m.len - 1] == '*';
		if (open ? bytes_start_with(model, bytes_slice(m, 0, m.len - 1)) : bytes_equal(model, m))
			return true;
	}
	return models->count == 0;
}

static const struct dialect *dialect_of(const struct route *r, const struct heading *heading, const struct dialect_route **of_dialect)
{
	struct heading below = *heading;

	below.path = bytes_from(heading->path, r->prefix.len);
	for (size_t i = 0; i < r->dialect_count; i++)
		if ((*of_dialect = dialect_route_for(r->dialects[i], &below)) != NULL)
			return r->dialects[i];
	return r->dialect_count == 0 ? dialect_for(&below, of_dialect) : NULL;
}

struct upstream *route_upstream(const struct route *r, size_t i)
{
	return i < r->target_count ? r->targets[i].upstream : i - r->target_count < r->fallback_count ? r->fallbacks[i - r->target_count] : NULL;
}

bool route_takes(const struct route *r, struct bytes model)
{
	return model_fits(&r->models, model);
}

struct route *config_route(const struct config *c, const struct heading *heading, const struct bytes *model, const struct names *among, const struct dialect **dialect,
			   const struct dialect_route **of_dialect)
{
	for (size_t i = 0; i < c->route_count; i++) {
		struct route *r = &c->routes[i];
		if (!bytes_start_with(heading->path, r->prefix) || (model && !model_fits(&r->models, *model)) || (among && among->count > 0 && !names_fit(among, r->name)))
			continue;
		*dialect = dialect_of(r, heading, of_dialect);
		if (*dialect)
			return r;
	}
	return NULL;
}
