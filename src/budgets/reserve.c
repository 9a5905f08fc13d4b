#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "budgets/inside.h"

/* ---- amounts ---- */

static uint64_t price_tokens(uint64_t tokens, uint64_t price)
{
	/* Split, so that nothing overflows before the result does: price * (a * 10^6 + b) / 10^6. */
	uint64_t millions = tokens / 1000000, rest = tokens % 1000000, whole, part;

	if (__builtin_mul_overflow(millions, price, &whole) || __builtin_mul_overflow(rest, price, &part))
		return UINT64_MAX;
	return add_up(whole, part / 1000000 + (part % 1000000 != 0));
}

uint64_t cost_of(uint64_t input_tokens, uint64_t output_tokens, uint64_t input_price, uint64_t output_price)
{
	return add_up(price_tokens(input_tokens, input_price), price_tokens(output_tokens, output_price));
}

static struct amounts sum(const struct amounts *a, const struct amounts *b)
{
	return (struct amounts){add_up(a->requests, b->requests), add_up(a->tokens, b->tokens), add_up(a->cost, b->cost)};
}

/* What was granted under another configuration may be more than the most of this one. */
static bool is_short(uint64_t most, uint64_t wanted, uint64_t granted)
{
	return most != UINT64_MAX && wanted > (granted < most ? granted : most);
}

/* The name of the first that is not enough; or NULL. */
static const char *short_of(const struct limit *limit, const struct amounts *wanted, const struct amounts *granted)
{
	if (is_short(limit->most.requests, wanted->requests, granted->requests))
		return "requests";
	if (is_short(limit->most.tokens, wanted->tokens, granted->tokens))
		return "tokens";
	return is_short(limit->most.cost, wanted->cost, granted->cost) ? "money" : NULL;
}

static void lease_here(void *self, const unsigned char key[16], int64_t window, const struct amounts *most, const struct amounts *wanted, struct amounts *granted)
{
	(void)self;
	(void)key;
	(void)window;
	(void)wanted;
	*granted = *most;
}

const struct quota_store quota_store_here = {.lease = lease_here};

/* ---- counters ---- */

void counter_roll(struct counter *c, int64_t now_ms)
{
	int64_t window = window_at(c->window_ms, now_ms);

	if (window > c->window)
		c->used = c->granted = (struct amounts){0};
	c->window = window;
}

static struct bytes subject_of(const struct budget_request *request, unsigned kind)
{
	switch (kind) {
	case SUBJECT_OF_CALLER: return request->caller;
	case SUBJECT_OF_TEAM: return request->team;
	case SUBJECT_OF_ROUTE: return request->route;
	default: return request->model;
	}
}

static bool applies(const struct limit *limit, const struct budget_request *request)
{
	for (unsigned k = 0; k < SUBJECT_KINDS; k++)
		if (limit->of[k].given && !limit->of[k].each && !bytes_equal(limit->of[k].name, subject_of(request, k)))
			return false;
	return true;
}

/* Whoever has no team, say, shares one counter with all who have none. */
static void key_of(struct budgets *b, const struct limit *limit, const struct budget_request *request, unsigned char key[16])
{
	hasher_begin(&b->hasher);
	hasher_add(&b->hasher, (struct bytes){b->board->salt, sizeof b->board->salt});
	hasher_add(&b->hasher, (struct bytes){(const unsigned char *)limit->name, sizeof limit->name});
	for (unsigned k = 0; k < SUBJECT_KINDS; k++) {
		struct bytes subject = limit->of[k].each ? subject_of(request, k) : BYTES("");
		uint64_t len = subject.len;
		hasher_add(&b->hasher, (struct bytes){(const unsigned char *)&len, sizeof len});
		hasher_add(&b->hasher, subject);
	}
	struct digest d = hasher_end(&b->hasher);
	memcpy(key, d.sha256, 16);
}

static void name_subject(const struct limit *limit, const struct budget_request *request, char out[SUBJECT_MOST])
{
	size_t len = 0;

	for (unsigned k = 0; k < SUBJECT_KINDS; k++) {
		struct bytes subject = subject_of(request, k);
		if (!limit->of[k].each)
			continue;
		int more = snprintf(out + len, SUBJECT_MOST - len, "%s%.*s", len ? " " : "", (int)(subject.len < SUBJECT_MOST ? subject.len : SUBJECT_MOST - 1), subject.len ? (const char *)subject.at : "");
		len += (size_t)more < SUBJECT_MOST - len ? (size_t)more : SUBJECT_MOST - 1 - len;
	}
	/* Model names are the caller's words: no control characters, and no half of a letter at the end. */
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)out[i] < ' ' || out[i] == 0x7f)
			out[i] = '?';
	while (len > 0 && !bytes_are_utf8((struct bytes){(unsigned char *)out, len}))
		out[--len] = 0;
}

/* ---- reserving ---- */

struct wish {
	const struct budget_request *request;
	struct amounts amounts;
	const struct price *price;
	int64_t now_ms;
	char *why;
	unsigned *retry_s;
};

/* COUNTERS always, so that it can be returned. */
PRINTF_LIKE(2, 3) static uint32_t refuse(struct wish *w, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(w->why, 160, format, list);
	va_end(list);
	return COUNTERS;
}

static uint32_t refuse_until(struct wish *w, const struct limit *limit, const char *what)
{
	*w->retry_s = 0;
	if (!limit->window_ms)
		return refuse(w, "\"%s\" has not enough %s left, for good", limit->name, what);
	int64_t end_ms = (window_at(limit->window_ms, w->now_ms) + 1) * limit->window_ms;
	*w->retry_s = (unsigned)((end_ms - w->now_ms + 999) / 1000);
	return refuse(w, "\"%s\" has not enough %s left for the next %u s", limit->name, what, *w->retry_s);
}

static const struct price *price_of(const struct budgets *b, struct bytes model)
{
	const struct price *any = NULL;

	for (const struct price *p = b->prices; p; p = p->next) {
		if (p->model.len && bytes_equal(p->model, model))
			return p;
		if (p->model.len == 0)
			any = p;
	}
	return any;
}

/* What is not limited is not reserved: only so is the sum sure not to overflow. */
static uint32_t reserves(const struct limit *limit)
{
	return (limit->most.tokens != UINT64_MAX ? RESERVES_TOKENS : 0) | (limit->most.cost != UINT64_MAX ? RESERVES_COST : 0);
}

/* The counter, in the present window, that has enough left; COUNTERS when there is none. */
static uint32_t ask(struct budgets *b, struct wish *w, uint32_t number)
{
	const struct limit *limit = &b->limits[number];
	unsigned char key[16];

	if (limit->most.cost != UINT64_MAX && !w->price)
		return refuse(w, "\"%s\" counts cost, and this model has no price", limit->name);
	key_of(b, limit, w->request, key);
	uint32_t at = board_find(b->board, key, limit, w->now_ms);
	if (at == COUNTERS) {
		b->board->refused_full++;
		*w->retry_s = 60;
		return refuse(w, "\"%s\" cannot be kept: there is no room for another counter", limit->name);
	}
	struct counter *c = board_change_counter(b->board, at);
	if (c->used.requests == 0)
		name_subject(limit, w->request, c->subject);
	counter_roll(c, w->now_ms);
	c->at_once = limit->most.requests == UINT64_MAX && limit->most.tokens == UINT64_MAX && limit->most.cost == UINT64_MAX;
	if (c->live >= limit->concurrent) {
		*w->retry_s = 1;
		return refuse(w, "\"%s\" allows no more than %llu exchanges at once", limit->name, (unsigned long long)limit->concurrent);
	}
	struct amounts wanted = sum(&c->used, &c->reserved);
	wanted = sum(&wanted, &w->amounts);
	if (short_of(limit, &wanted, &c->granted))
		b->store.lease(b->store.self, c->key, c->window, &limit->most, &wanted, &c->granted);
	const char *what = short_of(limit, &wanted, &c->granted);
	return what ? refuse_until(w, limit, what) : at;
}

/* A request is used at once; tokens and cost when they are known. */
static void take(struct board *board, const struct held *held, uint32_t entry)
{
	struct counter *c = board_change_counter(board, entry % COUNTERS);

	c->used.requests = add_up(c->used.requests, 1);
	c->reserved.tokens += entry & RESERVES_TOKENS ? held->tokens : 0;
	c->reserved.cost += entry & RESERVES_COST ? held->cost : 0;
	c->live++;
}

static uint32_t free_held(struct board *board, unsigned worker)
{
	uint32_t first = worker * (uint32_t)HELD_MOST;

	for (uint32_t i = 0; i < HELD_MOST; i++) {
		uint32_t at = (board->next_held[worker] + i) % HELD_MOST;
		if (board->held[first + at].live)
			continue;
		board->next_held[worker] = (at + 1) % HELD_MOST;
		return first + at;
	}
	return UINT32_MAX;
}

/* All are asked before anything is taken. What was asked stays changed: windows have moved on, quotas were leased. */
static bool ask_all(struct budgets *b, struct wish *w, struct held *found)
{
	for (uint32_t i = 0; i < b->limit_count; i++) {
		if (!applies(&b->limits[i], w->request))
			continue;
		uint32_t at = ask(b, w, i);
		if (at == COUNTERS)
			return false;
		found->counters[found->count++] = at | reserves(&b->limits[i]);
	}
	return true;
}

static bool take_all(struct budgets *b, unsigned worker, struct wish *w, struct reservation *out)
{
	uint32_t at = free_held(b->board, worker);
	struct held new = {
		.live = true, .input = w->request->input_tokens, .output = w->request->output_tokens, .tokens = w->amounts.tokens, .cost = w->amounts.cost,
		.input_price = w->price ? w->price->input : 0, .output_price = w->price ? w->price->output : 0,
	};

	if (at == UINT32_MAX) {
		b->board->refused_full++;
		*w->retry_s = 1;
		refuse(w, "cannot be kept: there is no room for another reservation");
		return false;
	}
	if (!ask_all(b, w, &new))
		return false;
	for (uint32_t i = 0; i < new.count; i++)
		take(b->board, &new, new.counters[i]);
	struct held *held = board_change_held(b->board, at);
	new.generation = held->generation + 1;
	*held = new;
	out->number = (uint64_t)new.generation << 32 | (at + 1);
	return true;
}

bool budgets_reserve(struct budgets *b, unsigned worker, const struct budget_request *request, int64_t now_ms, struct reservation *out, char why[160], unsigned *retry_s)
{
	struct wish w = {.request = request, .price = price_of(b, request->model), .why = why, .retry_s = retry_s};

	assert(worker < b->workers);
	*out = (struct reservation){0};
	*retry_s = 0;
	w.amounts = (struct amounts){.requests = 1, .tokens = add_up(request->input_tokens, request->output_tokens)};
	if (w.price)
		w.amounts.cost = cost_of(request->input_tokens, request->output_tokens, w.price->input, w.price->output);
	board_lock(b->board);
	w.now_ms = board_time(b->board, now_ms);
	bool taken = take_all(b, worker, &w, out);
	board_keep(b->board);
	return taken;
}

/* ---- settling ---- */

static void give(struct board *board, const struct held *held, uint32_t entry, const struct amounts *real, int64_t now_ms)
{
	struct counter *c = board_change_counter(board, entry % COUNTERS);

	counter_roll(c, now_ms);
	c->used.tokens = add_up(c->used.tokens, real->tokens);
	c->used.cost = add_up(c->used.cost, real->cost);
	c->reserved.tokens -= entry & RESERVES_TOKENS ? held->tokens : 0;
	c->reserved.cost -= entry & RESERVES_COST ? held->cost : 0;
	c->live--;
}

static void settle(struct budgets *b, uint32_t at, uint64_t input, uint64_t output, int64_t now_ms)
{
	struct held *held = board_change_held(b->board, at);
	struct amounts real = {.tokens = add_up(input, output), .cost = cost_of(input, output, held->input_price, held->output_price)};

	for (uint32_t i = 0; i < held->count; i++)
		give(b->board, held, held->counters[i], &real, now_ms);
	held->live = false;
}

void budgets_settle(struct budgets *b, struct reservation *reservation, uint64_t input_tokens, uint64_t output_tokens, int64_t now_ms)
{
	uint64_t at = (uint32_t)reservation->number, generation = reservation->number >> 32;

	reservation->number = 0;
	if (at == 0 || at > (uint64_t)b->workers * HELD_MOST)
		return;
	board_lock(b->board);
	const struct held *held = &b->board->held[at - 1];
	if (held->live && held->generation == generation)
		settle(b, (uint32_t)at - 1, input_tokens, output_tokens, board_time(b->board, now_ms));
	board_keep(b->board);
}

void budgets_worker_died(struct budgets *b, unsigned worker, int64_t now_ms)
{
	assert(worker < b->workers);
	for (uint32_t i = 0; i < HELD_MOST; i++) {
		uint32_t at = worker * (uint32_t)HELD_MOST + i;
		board_lock(b->board);
		const struct held *held = &b->board->held[at];
		if (held->live)
			settle(b, at, held->input, held->output, board_time(b->board, now_ms));
		board_keep(b->board);
	}
}
