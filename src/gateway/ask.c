#include <stdio.h>

#include "gateway/turn.h"

/* Whom a turn asks: an upstream of its route, the servers of that, the fallbacks behind it. */

enum { ATTEMPTS_MOST = 6, FIELDS_MOST = 32 };

/* ---- whom ---- */

/* Smooth weighted round among the upstreams of a route, as among the servers of an upstream. */
static struct upstream *choose_target(struct route *r)
{
	struct target *best = NULL;
	int total = 0;

	for (size_t i = 0; i < r->target_count; i++) {
		struct target *x = &r->targets[i];
		x->current += (int)x->weight;
		total += (int)x->weight;
		if (!best || x->current > best->current)
			best = x;
	}
	best->current -= total;
	return best->upstream;
}

/* Of whom it is not, there is none of that name: so servers say that their clients have to begin a new one. */
static bool find_session(struct turn *t)
{
	struct bytes name = http_field_value(t->head, "mcp-session-id");

	if (name.len == 0)
		return true;
	t->home = mcp_session_find(t->door->shared->mcp_sessions, t->route, t->caller->name, name, &t->session);
	if (t->home)
		return true;
	turn_refuse(t, &(struct refusal){404, "unknown_session", "There is no such session of this caller's: it has ended, or is somebody else's. A new one begins with \"initialize\"."});
	return false;
}

bool turn_choose(struct turn *t)
{
	if (!find_session(t))
		return false;
	t->upstream = t->first = t->home ? t->home->upstream : choose_target(t->route);
	return true;
}

static bool asks_for_agreement(const struct terms_needs *n)
{
	return n->purposes.count > 0 || n->regions.count > 0 || n->no_training || n->no_onward_sale || n->retention_most_ms >= 0;
}

/* Does the agreement with who runs it cover this data? */
static bool may_have_it(struct turn *t, const struct upstream *u)
{
	if (u->own)
		return true;
	if (u->terms)
		return terms_judge(u->terms, &t->needs, t->begun_at_ms, t->why_terms) == NULL;
	if (!asks_for_agreement(&t->needs))
		return true;
	snprintf(t->why_terms, sizeof t->why_terms, "with who runs \"%s\" is not known, and this data may only go where one covers it", u->name);
	return false;
}

/* ---- what goes there ---- */

/* What goes on to the upstream; every other header is the client's and this gateway's business alone. */
static bool goes_upstream(struct bytes name)
{
	static const struct bytes whole[] = {BYTES("accept"), BYTES("content-type"), BYTES("user-agent"), BYTES("traceparent"), BYTES("tracestate"), BYTES("anthropic-version"),
					     BYTES("anthropic-beta"), BYTES("openai-beta"), BYTES("idempotency-key"), BYTES("last-event-id"),
					     BYTES("mcp-protocol-version"), BYTES("mcp-method"), BYTES("mcp-name")};
	struct bytes parameter = BYTES("mcp-param-");

	for (size_t i = 0; i < COUNT_OF(whole); i++)
		if (bytes_equal_folded(name, whole[i]))
			return true;
	return bytes_equal_folded(bytes_slice(name, 0, parameter.len), parameter);
}

/* What was read as JSON goes on as that, whatever its caller calls it: servers that take the word for it read a form, or other letters, in the same bytes. */
static void send_request(struct turn *t)
{
	static const struct http_field json = {BYTES("Content-Type"), BYTES("application/json")};
	struct http_field fields[FIELDS_MOST] __attribute__((uninitialized));
	struct server_request r = {.method = t->method, .target = t->target, .fields = fields, .body = t->to_ask};
	bool was_read = t->to_ask.len > 0 && !t->request.why;

	if (was_read)
		fields[r.field_count++] = json;
	if (t->home)
		fields[r.field_count++] = (struct http_field){BYTES("Mcp-Session-Id"), t->session};
	for (size_t i = 0; i < t->head->field_count && r.field_count < FIELDS_MOST; i++)
		if (goes_upstream(t->head->fields[i].name) && !(was_read && bytes_equal_folded(t->head->fields[i].name, json.name)))
			fields[r.field_count++] = t->head->fields[i];
	t->link->send(t->link, &r);
	timer_set(t->door->loop, &t->patience, t->upstream->answer_ms);
}

/* ---- one after the other ---- */

size_t turn_fallbacks(const struct turn *t)
{
	return t->home ? 0 : t->route->fallback_count;
}

static bool send_somewhere(struct turn *t)
{
	for (; t->choice <= turn_fallbacks(t) && t->attempts < ATTEMPTS_MOST; t->choice++, t->asked_here = t->asked_again = 0) {
		t->upstream = t->choice > 0 ? t->route->fallbacks[t->choice - 1] : t->first;
		if (!may_have_it(t, t->upstream))
			continue;
		while (t->asked_here < (t->home ? 1 : t->upstream->server_count) && t->attempts < ATTEMPTS_MOST) {
			t->asked_here++;
			t->attempts++;
			t->link = t->home ? upstream_lend_of(t->home, t->anyway) : upstream_lend(t->upstream, t->anyway);
			if (!t->link)
				break;
			answer_listen(t);
			send_request(t);
			return true;
		}
	}
	return false;
}

/* Whoever can have a model answer 500 has it left alone: while the others cannot be reached, that shuts it for nobody. */
static bool ask_somebody(struct turn *t)
{
	if (send_somewhere(t))
		return true;
	if (t->anyway)
		return false;
	t->anyway = true;
	t->choice = t->attempts = 0;
	t->asked_here = t->asked_again = 0;
	return send_somewhere(t);
}

bool turn_ask_another(struct turn *t)
{
	timer_cancel(t->door->loop, &t->patience);
	if (t->link)
		t->link->give_back(t->link);
	t->link = NULL;
	return ask_somebody(t);
}

RARELY static void refuse_unsent(struct turn *t)
{
	char message[400];

	snprintf(message, sizeof message, "This data may not be sent there: the agreement %s.", t->why_terms);
	turn_refuse(t, *t->why_terms && t->attempts == 0 ? &(struct refusal){403, "terms", message} : &(struct refusal){502, "upstream_gone", "The model's server cannot be reached."});
}

void turn_ask(struct turn *t)
{
	if (!ask_somebody(t))
		refuse_unsent(t);
}

void turn_pause(struct turn *t, bool paused)
{
	if (!t->link || t->paused == paused)
		return;
	t->paused = paused;
	t->link->pause(t->link, paused);
	/* Who is not listened to cannot be silent. */
	if (paused)
		timer_cancel(t->door->loop, &t->patience);
	else if (!t->request.endless)
		timer_set(t->door->loop, &t->patience, t->upstream->silence_ms);
}

bool turn_may_repeat(const struct turn *t)
{
	return t->dialect->repeatable || t->of_dialect->action != ROUTE_EXAMINE;
}

void turn_out_of_patience(struct timer *timer)
{
	struct turn *t = timer->owner;

	if (!t->link) {
		poll_ask(t);
		return;
	}
	bool safe = t->status == 0 && (!t->link->reached || turn_may_repeat(t));
	/* It may be at work on it still: what may not be asked twice is not. */
	server_failed(t->link->server);
	t->reached |= t->link->reached;
	if (!safe || !turn_ask_another(t))
		turn_refuse(t, &(struct refusal){504, "upstream_timeout", "The model did not answer in time."});
}
