#include "gateway/holds.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/shared_memory.h"

struct holds *holds_create(void)
{
	struct holds *at = shared_memory_create(sizeof *at);

	madvise(at, sizeof(struct holds), MADV_DONTDUMP);
	return at;
}

unsigned holds_waiting(struct holds *h)
{
	unsigned waiting = 0;

	for (size_t i = 0; i < HOLDS_MOST; i++)
		waiting += atomic_load(&h->places[i].state) == HOLD_WAITS;
	return waiting;
}

struct hold_text hold_text(struct bytes b)
{
	struct hold_text t = {.len = b.len < HOLD_TEXT_MOST ? (unsigned)b.len : HOLD_TEXT_MOST};

	if (t.len > 0)
		memcpy(t.at, b.at, t.len);
	/* A character that was cut is left out; what never was one shows as that. */
	for (unsigned cut = 0; cut < 3 && b.len > t.len && t.len > 0 && !bytes_are_utf8(hold_bytes(&t)); cut++)
		t.len--;
	for (unsigned i = 0, whole = bytes_are_utf8(hold_bytes(&t)); i < t.len && !whole; i++)
		t.at[i] = t.at[i] < 0x80 ? t.at[i] : '?';
	return t;
}

struct bytes hold_bytes(const struct hold_text *t)
{
	return (struct bytes){t->at, t->len < HOLD_TEXT_MOST ? t->len : HOLD_TEXT_MOST};
}

struct bytes hold_person(const struct hold_decision *d)
{
	return d->key.len > 0 ? hold_bytes(&d->key) : hold_bytes(&d->by);
}

static bool moves(struct hold_place *p, int from, int to)
{
	return atomic_compare_exchange_strong(&p->state, &from, to);
}

static void give_back(struct hold_place *p)
{
	atomic_store(&p->state, HOLD_NONE);
	atomic_store(&p->owner, 0);
}

/* ---- workers ---- */

struct hold_place *holds_ask(struct holds *h, const struct hold_question *question)
{
	for (size_t i = 0; i < HOLDS_MOST; i++) {
		struct hold_place *p = &h->places[i];
		int nobody = 0;
		if (!atomic_compare_exchange_strong(&p->owner, &nobody, (int)getpid()))
			continue;
		atomic_fetch_add(&p->serial, 1);
		memcpy(&p->question, question, sizeof p->question);
		atomic_store(&p->given, 0);
		p->is_shown = false;
		p->seen_count = 0;
		atomic_store(&p->state, HOLD_WAITS);
		return p;
	}
	return NULL;
}

bool holds_look(const struct hold_place *p)
{
	return atomic_load(&p->state) == HOLD_DECIDED;
}

static void tell(const struct hold_place *p, struct hold_outcome *out)
{
	*out = (struct hold_outcome){.decided = holds_look(p), .count = atomic_load(&p->given)};
	if (out->count > APPROVALS_MOST)
		out->count = APPROVALS_MOST;
	memcpy(out->decisions, p->decisions, out->count * sizeof *out->decisions);
	out->agrees = out->decided && out->count > 0 && out->decisions[out->count - 1].agrees;
}

/* Where the steward has it in hand, the steward gives it back. */
void holds_leave(struct hold_place *p, struct hold_outcome *out)
{
	if (out)
		tell(p, out);
	for (int state = atomic_load(&p->state); state % HOLD_STATES != HOLD_LEFT; state = atomic_load(&p->state)) {
		bool in_hand = state % HOLD_STATES == HOLD_IN_DECISION;
		if (!moves(p, state, in_hand ? state + HOLD_LEFT - HOLD_IN_DECISION : HOLD_NONE))
			continue;
		if (!in_hand)
			give_back(p);
		return;
	}
}

/* ---- the steward ---- */

static int in_hand_of(pid_t steward)
{
	return HOLD_IN_DECISION + HOLD_STATES * (int)steward;
}

/* Out of that one's hands; false when the worker has given up meanwhile. */
static bool let_go(struct hold_place *p, pid_t steward, int to)
{
	if (moves(p, in_hand_of(steward), to))
		return true;
	give_back(p);
	return false;
}

bool holds_at(struct holds *h, size_t number, struct hold_view *out)
{
	struct hold_place *p = &h->places[number];
	unsigned serial = atomic_load(&p->serial);

	if (atomic_load(&p->state) != HOLD_WAITS)
		return false;
	out->question = p->question;
	out->is_shown = p->is_shown;
	out->shown = p->shown;
	tell(p, &out->so_far);
	atomic_thread_fence(memory_order_acquire);
	return atomic_load(&p->state) == HOLD_WAITS && atomic_load(&p->serial) == serial;
}

struct hold_place *holds_take(struct holds *h, struct bytes id)
{
	struct hold_view v;

	for (size_t i = 0; i < HOLDS_MOST; i++) {
		struct hold_place *p = &h->places[i];
		if (!holds_at(h, i, &v) || !bytes_same(id, v.question.id) || !moves(p, HOLD_WAITS, in_hand_of(getpid())))
			continue;
		if (bytes_same(id, p->question.id))
			return p;
		holds_put_back(p);
	}
	return NULL;
}

bool holds_decide(struct hold_place *p, const struct hold_decision *decision)
{
	unsigned given = atomic_load(&p->given);
	bool last = !decision->agrees || given + 1 >= p->question.approvals;

	if (given >= APPROVALS_MOST)
		abort();
	p->decisions[given] = *decision;
	atomic_store(&p->given, given + 1);
	return let_go(p, getpid(), last ? HOLD_DECIDED : HOLD_WAITS);
}

void holds_put_back(struct hold_place *p)
{
	let_go(p, getpid(), HOLD_WAITS);
}

void holds_note_seen(struct hold_place *p, struct bytes person, struct digest shown)
{
	p->shown = shown;
	p->is_shown = true;
	if (!holds_have_seen(p, person))
		p->seen[p->seen_count++ % HOLD_SEEN_MOST] = hold_text(person);
}

bool holds_have_seen(const struct hold_place *p, struct bytes person)
{
	struct hold_text name = hold_text(person);

	for (unsigned i = 0; i < p->seen_count && i < HOLD_SEEN_MOST; i++)
		if (bytes_equal(hold_bytes(&p->seen[i]), hold_bytes(&name)))
			return true;
	return false;
}

/* ---- who died ---- */

void holds_process_died(struct holds *h, pid_t pid)
{
	for (size_t i = 0; i < HOLDS_MOST; i++) {
		struct hold_place *p = &h->places[i];
		if (atomic_load(&p->state) / HOLD_STATES == pid) {
			/* What it was about to enter may not be on record: who has agreed so far is asked again. */
			atomic_store(&p->given, 0);
			let_go(p, pid, HOLD_WAITS);
		}
		if (atomic_load(&p->owner) == pid)
			holds_leave(p, NULL);
	}
	window_process_died(&h->window, pid);
}
