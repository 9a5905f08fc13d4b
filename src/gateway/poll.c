#include <string.h>

#include "gateway/turn.h"

enum { POLLS_MOST = 100, ID_MOST = 256, WAIT_LEAST_MS = 50, WAIT_USUAL_MS = 1000, WAIT_MOST_MS = 60000, FIELDS_MOST = 16 };

struct polling {
	struct server *server;      /* that answers: others need not know of it */
	unsigned count;             /* of polls since it last said anything */
	int64_t wait_ms;
	size_t id_len;              /* 0: there is nothing to go on from */
	unsigned char id[ID_MOST];
};

void poll_begin(struct turn *t)
{
	t->polling = arena_new(&t->arena, struct polling);
	t->polling->server = t->link->server;
	t->polling->wait_ms = WAIT_USUAL_MS;
}

/* A header says it to the byte: it is not trimmed, and everybody reads it alike. */
static bool can_be_asked_for(struct bytes id)
{
	for (size_t i = 0; i < id.len; i++)
		if (id.at[i] < ' ' || id.at[i] > '~')
			return false;
	return id.len <= ID_MOST && bytes_equal(id, http_trim(id));
}

void poll_note(struct turn *t, const struct framed *event)
{
	struct polling *p = t->polling;
	uint64_t ms;

	if (event->data.len > 0)
		p->count = 0;
	/* A server that always says something, and never to the end, is not asked as fast as it can answer. */
	if (bytes_to_u64(event->retry, &ms))
		p->wait_ms = ms > WAIT_MOST_MS ? WAIT_MOST_MS : ms < WAIT_LEAST_MS ? WAIT_LEAST_MS : (int64_t)ms;
	if (event->id.len == 0)
		return;
	p->id_len = can_be_asked_for(event->id) ? event->id.len : 0;
	memcpy(p->id, event->id.at, p->id_len);
}

bool poll_wait(struct turn *t)
{
	struct polling *p = t->polling;

	if (!p || p->id_len == 0 || p->count == POLLS_MOST || t->session.len == 0)
		return false;
	p->count++;
	t->link->give_back(t->link);
	t->link = NULL;
	t->paused = false;
	framing_again(&t->framing);
	timer_set(t->door->loop, &t->patience, p->wait_ms);
	turn_holds(t);          /* the turn may be over with this */
	return true;
}

/* ---- asking ---- */

static void take_head(struct link *link, const struct http_head *h)
{
	struct turn *t = link->owner;
	const struct bytes wanted = BYTES("text/event-stream");
	struct bytes encoding = http_field_value(h, "content-encoding");

	server_answered(link->server, h->status);
	if (h->status == 200 && bytes_equal_folded(bytes_slice(http_field_value(h, "content-type"), 0, wanted.len), wanted) && (encoding.len == 0 || bytes_equal_folded(encoding, BYTES("identity"))))
		answer_listen(t);
	else
		answer_is_cut(t);
}

/* A connection that had been kept may have ended unseen: then a new one is made. */
static void take_loss(struct link *link, const char *why)
{
	struct turn *t = link->owner;

	(void)why;
	if (link->reused)
		server_forget(link->server);
	else if (!link->told)
		server_failed(link->server);
	if (!link->reused || !poll_wait(t))
		answer_is_cut(t);
}

/* What of the request's head is not about its body. */
static bool goes_on(struct bytes name)
{
	static const struct bytes names[] = {BYTES("user-agent"), BYTES("traceparent"), BYTES("tracestate"), BYTES("mcp-protocol-version")};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (bytes_equal_folded(name, names[i]))
			return true;
	return false;
}

void poll_ask(struct turn *t)
{
	struct polling *p = t->polling;
	struct http_field fields[FIELDS_MOST] = {{BYTES("Accept"), BYTES("text/event-stream")}, {BYTES("Mcp-Session-Id"), t->session}, {BYTES("Last-Event-ID"), {p->id, p->id_len}}};
	struct server_request r = {.method = BYTES("GET"), .target = t->target, .fields = fields, .field_count = 3};

	for (size_t i = 0; i < t->head->field_count && r.field_count < FIELDS_MOST; i++)
		if (goes_on(t->head->fields[i].name))
			fields[r.field_count++] = t->head->fields[i];
	t->link = server_lend(p->server);
	if (!t->link) {
		server_failed(p->server);
		answer_is_cut(t);
		return;
	}
	answer_listen(t);
	t->link->head = take_head;
	t->link->gone = take_loss;
	t->link->send(t->link, &r);
	timer_set(t->door->loop, &t->patience, t->upstream->answer_ms);
}
