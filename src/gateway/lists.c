#include "gateway/turn.h"
#include "policy/language.h"

/*
 * Lists of models, and what is told of one: no policy judges them, but nobody
 * is told of a model by them that they may not ask for.
 */

/* ---- asked for ---- */

static bool may_name(const struct turn *t, struct bytes model)
{
	return t->caller->models.count == 0 || names_fit(&t->caller->models, model);
}

/* A list is of no model: of the routes it may come from, it comes from the first that its caller may use. */
static void settle_route(struct turn *t)
{
	struct route *r = turn_may_use(t, t->route) ? t->route : turn_route_for(t, NULL, &t->caller->routes);

	t->route = r ? r : t->route;
}

/* Where it would be asked; NULL when its caller may not. A route behind that one, which it may use, never gets such a request. */
static struct route *route_to_ask(const struct turn *t, struct bytes model)
{
	struct route *r = may_name(t, model) ? turn_route_for(t, &model, NULL) : NULL;

	return r && turn_may_use(t, r) ? r : NULL;
}

/* One model comes from where it would be asked. */
static bool settle_model(struct turn *t)
{
	struct bytes model = dialect_route_end(t->of_dialect, turn_endpoint(t));
	struct route *r = route_to_ask(t, model);

	t->route = r ? r : t->route;
	return r != NULL;
}

bool lists_may_ask(struct turn *t)
{
	settle_route(t);
	if (!turn_may_use(t, t->route))
		turn_refuse(t, &turn_route_denied);
	else if (t->of_dialect->action == ROUTE_MODEL && !settle_model(t))
		turn_refuse(t, &turn_unknown_model);
	else
		return true;
	return false;
}

/* ---- answered ---- */

static bool asks(const struct route *r, const struct upstream *u)
{
	const struct upstream *asked;

	for (size_t i = 0; (asked = route_upstream(r, i)) != NULL; i++)
		if (asked == u)
			return true;
	return false;
}

/* May the caller ask this server for it, by this route or by one behind it? */
static bool may_see(const struct list_reader *reader, struct bytes model)
{
	const struct turn *t = reader->owner;
	const struct route *r = route_to_ask(t, model);

	return r && asks(r, t->upstream);
}

struct listing {
	struct turn *t;
	struct exchange answer;
	struct bytes body;
	struct text out;
	size_t left_out;
};

static void filter(void *arg)
{
	struct listing *l = arg;
	struct turn *t = l->t;

	exchange_init_part(&l->answer, &t->event, &t->answer);
	text_init(&l->out, &t->event);
	l->left_out = t->dialect->list(&l->answer, l->body, &(struct list_reader){.may_see = may_see, .owner = t}, &l->out);
}

/* Routes before this one take the models that they name. */
static bool has_routes_before(const struct turn *t)
{
	return turn_route_for(t, NULL, NULL) != t->route;
}

bool lists_are_limited(const struct turn *t)
{
	return t->of_dialect->action == ROUTE_LIST && (t->caller->models.count + t->route->models.count > 0 || has_routes_before(t));
}

bool lists_leave_out(struct turn *t, struct bytes *body)
{
	struct listing l = {.t = t, .body = *body};

	if (!arena_run(&t->event, filter, &l))
		exchange_fail(&t->answer, "needs more memory to be understood than it may have");
	else if (l.answer.why)
		exchange_fail(&t->answer, l.answer.why);
	if (t->answer.why)
		return false;
	t->left_out = l.left_out;
	*body = l.out.len > 0 ? text_bytes(&l.out) : *body;
	return true;
}
