#include "gateway/turn.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/spare.h"
#include "base/time.h"
#include "gateway/evidence.h"
#include "gateway/hold.h"
#include "gateway/metrics.h"
#include "policy/language.h"

enum { BODY_MOST = 16 << 20, REQUEST_MEMORY = 256 << 20, EVENT_MEMORY = 512 << 20, HOLDS_LITTLE = 256 << 10 };

/* ---- begin: who asks, and for what ---- */

/* Asked for in large pieces: what is left lies in this process alone, and what is taken is wiped. */
static void take_random(unsigned char *out, size_t len)
{
	static unsigned char pool[4096];
	static size_t left;

	if (left < len) {
		if (RAND_bytes(pool, sizeof pool) != 1)
			abort();
		left = sizeof pool;
	}
	left -= len;
	memcpy(out, pool + left, len);
	explicit_bzero(pool + left, len);
}

/* Those who watch over machines are answered without a key, and learn nothing but that. */
static bool is_probe(const struct turn *t)
{
	return bytes_same(t->method, "GET") && (bytes_same(t->target, "/healthz") || bytes_same(t->target, "/readyz"));
}

static void send_whole(struct turn *t, unsigned status, struct bytes type, struct bytes body, unsigned retry_s)
{
	char seconds[16];
	struct http_field fields[3] = {{BYTES("Merlon-Exchange"), bytes_of(t->id_text)}};
	size_t count = 1;
	bool bare = bytes_same(t->method, "HEAD");

	if (type.len > 0)
		fields[count++] = (struct http_field){BYTES("Content-Type"), type};
	snprintf(seconds, sizeof seconds, "%u", retry_s);
	if (retry_s)
		fields[count++] = (struct http_field){BYTES("Retry-After"), bytes_of(seconds)};
	t->reply->close |= bare;
	t->reply->head(t->reply, status, fields, count, body.len);
	if (!bare)
		t->reply->body(t->reply, body);
}

static void answer_probe(struct turn *t)
{
	const char *why = "alive";
	bool good = bytes_same(t->target, "/healthz") || gateway_is_ready(t->door->shared, &why);

	send_whole(t, good ? 200 : 503, BYTES("text/plain"), bytes_of(why), 0);
}

/* As far as the configuration lets anybody. */
static bool is_scrape(const struct turn *t)
{
	return t->door->config->metrics_roles.count > 0 && bytes_same(t->method, "GET") && bytes_same(t->target, "/metrics");
}

static void answer_scrape(struct turn *t)
{
	struct text out;

	text_init(&out, NULL);
	metrics_write(t->door->config, t->door->shared, t->door->board, &out);
	send_whole(t, 200, BYTES(METRICS_TYPE), text_bytes(&out), 0);
	text_finish(&out);
}

static const char *nobody(struct turn *t)
{
	struct text message;

	text_init(&message, &t->arena);
	text_addf(&message, "This gateway lets nobody in whom it does not know: the caller %s. Send its key as \"Authorization: Bearer KEY\".", t->why_nobody);
	return text_string(&message);
}

/* A page in a browser: its script may have been led here by a name that was bound to this address after it loaded. */
static bool is_foreign(const struct turn *t, const struct names *origins)
{
	for (size_t i = 0; i < t->head->field_count; i++)
		if (bytes_equal_folded(t->head->fields[i].name, BYTES("origin")) && !names_fit(origins, t->head->fields[i].value))
			return true;
	return false;
}

/* Whatever else is wrong: those who watch are to see it. */
static bool is_refused_scrape(struct turn *t, struct refusal *r)
{
	if (!t->caller)
		*r = (struct refusal){401, "invalid_api_key", nobody(t)};
	else if (is_foreign(t, &(struct names){0}))
		*r = (struct refusal){403, "foreign_origin", "This comes from a page in a browser: metrics are for none."};
	else if (!names_any_fits(&t->door->config->metrics_roles, &t->caller->roles))
		*r = (struct refusal){403, "denied", "This caller may not read the metrics: it has none of the roles that may."};
	else
		return false;
	return true;
}

static bool is_refused(struct turn *t, const struct http_head *head, struct refusal *r)
{
	if (atomic_load(&t->door->shared->halted))
		*r = (struct refusal){503, "halted", "The gateway has been halted by its operator."};
	else if (!t->caller)
		*r = (struct refusal){401, "invalid_api_key", nobody(t)};
	else if (!t->route || t->of_dialect->action == ROUTE_DENY)
		*r = (struct refusal){404, "unknown_route", t->route && t->dialect->instead ? t->dialect->instead : "This method and path are not among those that this gateway lets through."};
	else if (head->length > t->route->body_most)
		*r = (struct refusal){413, "too_long", "The request is longer than any that this route takes."};
	else if (http_field_value(head, "content-encoding").len > 0)
		*r = (struct refusal){415, "encoded", "Requests in a content encoding are not read: send the body as it is."};
	else if (!recorder_has_room(&t->door->recorder))
		*r = (struct refusal){503, "no_evidence", "Evidence of exchanges cannot be kept at the moment, so none are let through."};
	else
		return false;
	return true;
}

static struct heading heading_of(const struct http_head *head)
{
	return (struct heading){.method = head->method, .path = head->path, .field = turn_field, .owner = head};
}

static void find_route(struct turn *t, const struct http_head *head)
{
	struct heading heading = heading_of(head);

	t->route = config_route(t->door->config, &heading, NULL, NULL, &t->dialect, &t->of_dialect);
	t->method = arena_copy(&t->arena, head->method);
	t->target = arena_copy(&t->arena, bytes_from(head->target, t->route ? t->route->prefix.len : 0));
	exchange_init(&t->request, &t->arena, t->dialect);
	exchange_init(&t->answer, &t->arena, t->dialect);
	t->request.route = t->answer.route = t->of_dialect;
	t->answer.asked = &t->request;
	if (t->dialect && t->dialect->state_size > 0)
		t->answer.state = arena_alloc(&t->arena, 1, t->dialect->state_size);
}

struct turn *turn_begin(struct reply *reply, struct door *door, const struct http_head *head, struct refusal *refusal)
{
	struct turn *t = spare_take(sizeof *t);

	if (!t)
		abort();
	*t = (struct turn){0};
	take_random(t->id, sizeof t->id);
	take_random(t->salt, sizeof t->salt);
	for (size_t i = 0; i < sizeof t->id; i++) {
		t->id_text[2 * i] = "0123456789abcdef"[t->id[i] >> 4];
		t->id_text[2 * i + 1] = "0123456789abcdef"[t->id[i] & 15];
	}
	t->place = -1;
	t->reply = reply;
	t->door = door;
	t->account.sum = &door->holding;
	t->head = head;
	t->begun_at_ms = time_now_ms();
	t->begun_ms = loop_now(door->loop);
	t->patience = (struct timer){.due = turn_out_of_patience, .owner = t};
	arena_init(&t->arena, REQUEST_MEMORY);
	arena_init(&t->event, EVENT_MEMORY);
	text_init(&t->body, NULL);
	text_init(&t->held, NULL);
	text_init(&t->asked, NULL);
	find_route(t, head);
	t->caller = identity_find(door->config->identity, &t->arena, &(struct credentials){.authorization = http_field_value(head, "authorization"), .api_key = http_field_value(head, "x-api-key"), .certificate = reply->certificate},
				  t->begun_at_ms, &t->why_nobody);
	shared_count(door->shared, COUNT_REQUESTS, 1);
	*refusal = (struct refusal){0};
	/* What is no exchange has nothing to put on record, unless it is refused. */
	t->recorded = is_probe(t) || (is_scrape(t) && !is_refused_scrape(t, refusal));
	if (!t->recorded && !refusal->status)
		is_refused(t, head, refusal);
	return t;
}

static const struct refusal too_much = {503, "overloaded", "The gateway holds as much as it may; large exchanges have to wait. Try again."};

static bool may_hold(struct turn *t)
{
	uint64_t now = t->body.room + t->held.room + t->framing.held.room + t->arena.used + t->event.used;

	account_set(&t->account, now);
	return t->door->holding <= t->door->config->memory_most || now <= HOLDS_LITTLE;
}

const struct refusal *turn_add_body(struct turn *t, struct bytes b)
{
	static const struct refusal too_long = {413, "too_long", "The request is longer than any that this route takes."};

	shared_count(t->door->shared, COUNT_BYTES_IN, b.len);
	text_add(&t->body, b);
	if (t->body.len > (t->route ? t->route->body_most : 0))
		return &too_long;
	return may_hold(t) ? NULL : &too_much;
}

bool turn_holds(struct turn *t)
{
	bool may = may_hold(t);

	if (!may)
		turn_refuse(t, &too_much);
	return may;
}

void turn_free(struct turn *t)
{
	timer_cancel(t->door->loop, &t->patience);
	hold_forget(t);
	if (t->link)
		t->link->give_back(t->link);
	if (t->streams)
		framing_finish(&t->framing);
	account_set(&t->account, 0);
	text_finish(&t->body);
	text_finish(&t->held);
	text_finish(&t->asked);
	arena_finish(&t->arena);
	arena_finish(&t->event);
	spare_give(t, sizeof *t);
}

/* ---- answers from here ---- */

const struct refusal turn_unknown_model = {404, "unknown_model", "This gateway has no route for the model that is asked for."};
const struct refusal turn_route_denied = {403, "denied", "This caller may not use this route."};

void turn_refuse(struct turn *t, const struct refusal *r)
{
	const struct dialect *d = t->dialect ? t->dialect : dialects[0];
	struct text out;

	text_init(&out, NULL);
	if (t->head_sent) {
		judge_write_stop(t, &out, r);
		t->reply->body(t->reply, text_bytes(&out));
	} else {
		d->refusal(&out, &t->request, r->code, r->message);
		send_whole(t, d->refusal_status ? d->refusal_status(&t->request, r->code, r->status) : r->status, BYTES("application/json"), text_bytes(&out), t->retry_s);
	}
	text_finish(&out);
	shared_count(t->door->shared, r->status == 502 || r->status == 504 || strncmp(r->code, "upstream_", 9) == 0 ? COUNT_FAILED : COUNT_REFUSED, 1);
	turn_end(t, t->head_sent ? "stopped" : "refused", r->code);
}

/* ---- go ---- */

struct bytes turn_endpoint(const struct turn *t)
{
	return bytes_slice(t->target, 0, bytes_find_byte(t->target, '?'));
}

/* Does the head say of its arguments what the tool's schema has it say, as far as any server of the route has told it? */
static bool means_its_arguments(struct turn *t)
{
	struct pins *pins = &t->door->shared->pins;
	enum pinned worst = PINNED_UNKNOWN;

	const struct upstream *u;

	for (size_t i = 0; t->request.claims && worst != PINNED_AGREES && (u = route_upstream(t->route, i)) != NULL; i++) {
		enum pinned said = pins_judge(pins, bytes_of(u->name), turn_endpoint(t), t->request.claims);
		if (said != PINNED_UNKNOWN)
			worst = said;
	}
	if (worst != PINNED_DIFFERS)
		return true;
	t->request.code = "-32020";
	turn_refuse(t, &(struct refusal){400, "not_examined", "The request was not let through: it has an Mcp-Param header that says something else than the argument which the tool's schema means."});
	return false;
}

struct digest turn_digest(const struct turn *t, struct bytes b)
{
	return digest_of_two((struct bytes){t->salt, sizeof t->salt}, b);
}

struct bytes turn_field(const struct heading *h, const char *name)
{
	return http_field_value(h->owner, name);
}

bool turn_entry(const struct heading *h, size_t index, struct bytes *name, struct bytes *value)
{
	const struct http_head *head = h->owner;

	if (index >= head->field_count)
		return false;
	*name = head->fields[index].name;
	*value = head->fields[index].value;
	return true;
}

static void read_request(void *arg)
{
	struct turn *t = arg;

	t->dialect->request(&t->request, &(struct heading){.method = t->method, .path = t->target, .field = turn_field, .entry = turn_entry, .owner = t->head}, text_bytes(&t->body));
}

struct route *turn_route_for(const struct turn *t, const struct bytes *model, const struct names *among)
{
	const struct dialect *d;
	const struct dialect_route *of_dialect;
	struct heading heading = heading_of(t->head);
	struct route *r = config_route(t->door->config, &heading, model, among, &d, &of_dialect);

	return r && d == t->dialect && r->prefix.len == t->route->prefix.len ? r : NULL;
}

/* What was asked for is known now: a route for its model may be another. */
static bool settle_route(struct turn *t)
{
	/* The first route for this path is the first for its model, too. */
	if (route_takes(t->route, t->request.model))
		return true;
	struct route *r = turn_route_for(t, &t->request.model, NULL);
	if (r && t->body.len <= r->body_most) {
		t->route = r;
		return true;
	}
	turn_refuse(t, &turn_unknown_model);
	return false;
}

RARELY static bool refuse_unread(struct turn *t)
{
	char message[240];

	snprintf(message, sizeof message, "The request was not let through, because it could not be examined: it %s.", t->request.why);
	turn_refuse(t, &(struct refusal){400, t->request.code ? t->request.code : "not_examined", message});
	return false;
}

/* False when it was refused. */
static bool examine_request(struct turn *t)
{
	if (t->body.len == 0 && !bytes_same(t->method, "POST"))
		shared_count(t->door->shared, COUNT_NOTHING, 1);
	if (t->of_dialect->action != ROUTE_EXAMINE)
		return true;
	if (!arena_run(&t->arena, read_request, t))
		exchange_fail(&t->request, "needs more memory to be understood than it may have");
	if (!turn_holds(t))
		return false;
	if (!t->request.why)
		return settle_route(t);
	return t->route->pass_unexamined || refuse_unread(t);
}

static void add_purpose(struct names *p, struct bytes purpose)
{
	if (purpose.len > 0)
		p->at[p->count++] = purpose;
}

/* False when they come to more than `most` in all. */
static bool add_said_purposes(struct names *p, struct bytes said, size_t most)
{
	while (said.len > 0) {
		size_t comma = bytes_find_byte(said, ',');
		struct bytes purpose = http_trim(bytes_slice(said, 0, comma));
		if (purpose.len > 0 && p->count == most)
			return false;
		add_purpose(p, purpose);
		said = bytes_from(said, comma + 1);
	}
	return true;
}

/* What the data is for, as its route says, who it comes from, and the request itself, in every field: one that were left out would be one that nobody asks the agreement about. */
static bool note_purposes(struct turn *t)
{
	const struct names *usual = &t->route->needs.purposes, *callers = &t->caller->purposes;
	size_t most = usual->count + callers->count + PURPOSES_MOST;
	struct names p = {.at = arena_alloc(&t->arena, most, sizeof *p.at)};
	bool all = true;

	for (size_t i = 0; i < usual->count; i++)
		add_purpose(&p, usual->at[i]);
	for (size_t i = 0; i < callers->count; i++)
		add_purpose(&p, callers->at[i]);
	for (size_t i = 0; i < t->head->field_count; i++)
		if (bytes_equal_folded(t->head->fields[i].name, BYTES("merlon-purpose")))
			all &= add_said_purposes(&p, t->head->fields[i].value, most);
	t->needs = t->route->needs;
	t->needs.purposes = p;
	if (!all)
		turn_refuse(t, &(struct refusal){400, "too_many_purposes", "The request names more purposes than the eight that it may."});
	return all;
}

RARELY static bool refuse_over_budget(struct turn *t, const char *why)
{
	char message[240];

	snprintf(message, sizeof message, "It would go beyond what may be used: the budget %s.", why);
	turn_refuse(t, &(struct refusal){429, "budget", message});
	return false;
}

/* Before anything is sent; what it comes to in the end is settled with the record. */
static bool reserve(struct turn *t)
{
	struct budgets *budgets = t->door->config->budgets;
	uint64_t choices = t->request.choices ? t->request.choices : 1, most = t->request.most_output ? t->request.most_output : t->route->output_most;
	struct budget_request r = {.caller = t->caller->name, .team = t->caller->team, .route = t->route->name, .model = t->request.model};
	char why[160] __attribute__((uninitialized));

	t->input_estimate = (t->request.text_bytes + 3) / 4 + t->request.tokens;
	r.input_tokens = t->input_estimate;
	if (__builtin_mul_overflow(choices, most, &r.output_tokens))
		r.output_tokens = UINT64_MAX / 2;
	if (t->of_dialect->action != ROUTE_EXAMINE)
		r.output_tokens = 0;
	return !budgets || budgets_reserve(budgets, t->door->number, &r, t->begun_at_ms, &t->reservation, why, &t->retry_s) || refuse_over_budget(t, why);
}

/* No dialect reads a query; some servers take a model from it before they look into the body. Old readers part it at semicolons, too. */
static bool has_known_query(const struct turn *t)
{
	struct bytes left = t->head->query;
	bool known = !bytes_contain(left, BYTES(";")) || names_fit(&t->route->queries, BYTES("*"));

	while (left.len > 0 && known) {
		size_t len = bytes_find_byte(left, '&');
		struct bytes one = bytes_slice(left, 0, len);
		known = names_fit(&t->route->queries, bytes_slice(one, 0, bytes_find_byte(one, '=')));
		left = bytes_from(left, len + 1);
	}
	return known;
}

bool turn_may_use(const struct turn *t, const struct route *r)
{
	return t->caller->routes.count == 0 || names_fit(&t->caller->routes, r->name);
}

/* What could not be read no policy judges: what its caller may reach at most holds for it all the same. */
static bool is_within_limits(struct turn *t)
{
	const struct caller *c = t->caller;

	if (t->of_dialect->action != ROUTE_EXAMINE)
		return lists_may_ask(t);
	if (!t->request.why)
		return true;
	if (!turn_may_use(t, t->route))
		turn_refuse(t, &turn_route_denied);
	else if (c->models.count + c->tools.count > 0)
		turn_refuse(t, &(struct refusal){403, "denied", "This caller may use some models or tools alone, and which ones the request asks for could not be read."});
	else
		return true;
	return false;
}

void turn_go(struct turn *t)
{
	if (t->recorded) {
		(is_probe(t) ? answer_probe : answer_scrape)(t);
		turn_end(t, "answered", "");
		return;
	}
	/* A server that reads no body here takes it for its next request, on a connection that serves other callers too. */
	if (t->body.len > 0 && !bytes_same(t->method, "POST")) {
		turn_refuse(t, &(struct refusal){400, "bad_http", "A request of this method has no body."});
		return;
	}
	if (!examine_request(t))
		return;
	if (is_foreign(t, &t->route->origins)) {
		turn_refuse(t, &(struct refusal){403, "foreign_origin", "This comes from a page in a browser whose origin this route does not name: its \"origins\" list those that may call."});
		return;
	}
	/* Lists go by pages, in the words of their server; what comes of them is looked through. */
	if ((t->of_dialect->action == ROUTE_EXAMINE || t->of_dialect->action == ROUTE_MODEL) && !t->request.why && !has_known_query(t)) {
		turn_refuse(t, &(struct refusal){400, "unknown_query", "Behind its path stands something that nothing here reads: the \"queries\" of a route list what may."});
		return;
	}
	if (!means_its_arguments(t))
		return;
	if (!is_within_limits(t) || !note_purposes(t))
		return;
	if (!turn_choose(t))
		return;
	t->to_ask = text_bytes(&t->body);
	if (t->of_dialect->action == ROUTE_EXAMINE && !t->request.why && !judge_may_ask(t))
		return;
	if (!reserve(t))
		return;
	if (!evidence_begins(t))
		turn_refuse(t, &(struct refusal){503, "no_evidence", "Too much is under way for evidence of it to be kept."});
	else if (t->holds)
		hold_wait(t->holds);
	else
		turn_ask(t);
}

/* ---- end ---- */

void turn_end(struct turn *t, const char *outcome, const char *why)
{
	evidence_of(t, outcome, why);
	if (t->link)
		t->link->give_back(t->link);
	t->link = NULL;
	t->reply->end(t->reply);
}

void turn_abandon(struct turn *t, const char *outcome, const char *why)
{
	shared_count(t->door->shared, COUNT_LEFT, 1);
	evidence_of(t, outcome, why);
}
