#include "inspector/inside.h"

/* ---- covers ---- */

static void join(struct cover *c, const struct cover *other)
{
	if (other->from < c->from) {
		c->from = other->from;
		c->placeholder = other->placeholder;
	}
	if (other->to > c->to)
		c->to = other->to;
	c->placed |= other->placed;
}

static void make_room(struct thread *t)
{
	size_t room = t->cover_room ? 2 * t->cover_room : 4;

	if (t->cover_count < t->cover_room)
		return;
	struct cover *more = arena_alloc(t->inspection->arena, room, sizeof *more);
	if (t->cover_count > 0)
		memcpy(more, t->covers, t->cover_count * sizeof *more);
	t->covers = more;
	t->cover_room = room;
}

/* In order; those that meet become one. What has gone out already stays out of it. */
static void cover(struct thread *t, uint64_t from, uint64_t to, struct bytes placeholder)
{
	struct cover c = {.from = from > t->released ? from : t->released, .to = to, .placeholder = placeholder};
	size_t at = t->cover_count, end = t->cover_count;

	if (c.from >= c.to)
		return;
	make_room(t);
	while (at > 0 && t->covers[at - 1].to >= c.from)
		at--;
	while (end > at && t->covers[end - 1].from > c.to)
		end--;
	for (size_t i = at; i < end; i++)
		join(&c, &t->covers[i]);
	memmove(t->covers + at + 1, t->covers + end, (t->cover_count - end) * sizeof c);
	t->cover_count += 1 + at - end;
	t->covers[at] = c;
}

/* ---- what is found ---- */

void thread_found(struct thread *t, unsigned find, uint64_t from, uint64_t to)
{
	struct inspection *i = t->inspection;
	bool goes_on = t->counted[find] && from <= t->counted[find];

	if (to > t->counted[find])
		t->counted[find] = to;
	if (!goes_on) {
		struct fact_hit hit = {.channel = t->channel, .half = i->half, .fixed = t->fixed, .count = !t->repeats};
		memcpy(hit.find, i->policy->finds[find].digest.sha256, sizeof hit.find);
		i->dirty |= facts_add_hit(&i->facts, i->arena, &hit);
	}
	if (enforces(i) && i->measures[t->channel][find] == MEASURE_REDACT)
		cover(t, from, to, i->rules[t->channel][find]->placeholder);
}

void thread_found_address(struct thread *t, const struct address *address, uint64_t from, uint64_t to)
{
	struct inspection *i = t->inspection;
	const struct entry *e;

	if (address) {
		struct fact_host host = {.host = address_host(address), .fixed = t->fixed};
		enum measure measure = policy_host_measure(i->policy, &i->facts, host.host, t->fixed, &e);
		host.matters = measure > MEASURE_ALLOW;
		i->dirty |= facts_add_host(&i->facts, i->arena, &host);
		t->covers_address = enforces(i) && measure == MEASURE_REDACT;
	}
	if (t->covers_address)
		cover(t, from, to, BYTES("[removed: address]"));
}

static void found_find(void *owner, unsigned find, uint64_t from, uint64_t to)
{
	const struct thread *t = owner;

	if (!t->joint || joint_is_crossed(t->joint, from, to))
		thread_found(owner, find, from, to);
}

static void found_address(void *owner, const struct address *address, uint64_t from, uint64_t to)
{
	const struct thread *t = owner;

	if (!t->joint || (address && joint_is_crossed(t->joint, from, to)))
		thread_found_address(owner, address, from, to);
}

/* Texts that a program or a renderer may follow to the host they name: what a model thinks is shown like what it says. */
static bool is_egress(const struct inspection *i, const struct thread *t)
{
	enum channel channel = t->channel;

	return t->leads || channel == CHANNEL_DOCUMENT || channel == CHANNEL_ARGUMENTS || ((channel == CHANNEL_ASSISTANT || channel == CHANNEL_REASONING) && i->half == HALF_ANSWER);
}

/* ---- threads ---- */

static struct thread *make(struct inspection *i)
{
	struct thread *t = arena_new(i->arena, struct thread);

	t->finding = finding_create(i->arena, i->policy->finder);
	t->counted = arena_alloc(i->arena, i->policy->find_count + 1, sizeof *t->counted);
	text_init(&t->name, i->arena);
	text_init(&t->tool, i->arena);
	text_init(&t->joined, i->arena);
	text_init(&t->arguments, i->arena);
	return t;
}

/* One that is over and out. */
static struct thread *take_free(struct inspection *i)
{
	struct thread *t = i->free_threads;

	i->free_threads = t->next;
	memset((char *)t + offsetof(struct thread, inspection), 0, offsetof(struct thread, addresses) - offsetof(struct thread, inspection));
	memset(t->counted, 0, (i->policy->find_count + 1) * sizeof *t->counted);
	text_clear(&t->name);
	text_clear(&t->tool);
	text_clear(&t->joined);
	text_clear(&t->arguments);
	return t;
}

struct thread *thread_create(struct inspection *i)
{
	struct thread *t = i->free_threads ? take_free(i) : make(i);

	finding_begin(t->finding);
	addresses_begin(&t->addresses);
	t->inspection = i;
	t->hash = 14695981039346656037u;
	return t;
}

static struct thread *find_thread(const struct inspection *i, struct bytes name)
{
	for (struct thread *t = i->threads; t; t = t->next)
		if (bytes_equal(text_bytes(&t->name), name))
			return t;
	return NULL;
}

struct thread *thread_of(struct inspection *i, const struct piece *piece)
{
	bool whole = piece->thread.len == 0 || piece->repeats;
	struct thread *t = whole ? NULL : find_thread(i, piece->thread);

	if (t)
		return t;
	if (!whole && i->thread_count == THREADS_MOST)
		return NULL;
	t = thread_create(i);
	t->channel = piece->channel;
	t->whole = whole;
	t->repeats = piece->repeats;
	t->leads = piece->leads;
	if (whole)
		return t;
	text_add(&t->name, piece->thread);
	t->next = i->threads;
	i->threads = t;
	i->thread_count++;
	return t;
}

/* Of FNV-1a, as bytes_hash(), but of a text in parts. */
static void add_hash(struct thread *t, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		t->hash = (t->hash ^ text.at[i]) * 1099511628211u;
}

void thread_add(struct thread *t, struct bytes text)
{
	if (t->inspection->manner->disclose.len > 0)
		add_hash(t, text);
	finding_add(t->finding, text, found_find, t);
	if (t->call && !t->fixed && !t->reads && t->now == 0) {
		t->reads = true;
		escapes_begin(t);
	}
	if (t->reads)
		escapes_add(t, text);
	else if (is_egress(t->inspection, t))
		addresses_add(&t->addresses, text, found_address, t);
	t->now += text.len;
}

void thread_end(struct thread *t)
{
	if (t->ended)
		return;
	t->ended = true;
	finding_end(t->finding, found_find, t);
	if (t->reads)
		escapes_end(t);
	else if (is_egress(t->inspection, t))
		addresses_end(&t->addresses, found_address, t);
	if (t->call)
		call_end(t);
}

void threads_end(struct inspection *i, struct bytes name)
{
	bool prefix = name.len == 0 || name.at[name.len - 1] == '/';

	for (struct thread *t = i->threads; t; t = t->next)
		if (bytes_equal(text_bytes(&t->name), name) || (prefix && bytes_start_with(text_bytes(&t->name), name)))
			thread_end(t);
}

/* What is covered need not wait: it does not go out. */
static uint64_t after_covers(const struct thread *t, uint64_t at)
{
	for (size_t i = 0; i < t->cover_count; i++)
		if (t->covers[i].from <= at && at < t->covers[i].to)
			at = t->covers[i].to;
	return at;
}

uint64_t thread_safe(struct thread *t)
{
	struct inspection *i = t->inspection;

	if (t->holds && !t->judged && !i->let_go)
		return t->released;
	if (t->ended || i->let_go || !enforces(i))
		return t->now;
	uint64_t open = finding_open(t->finding, i->waits_for[t->channel]);
	uint64_t address = is_egress(i, t) && !i->any_host && !t->reads ? addresses_open(&t->addresses) : t->now;
	uint64_t read = t->reads ? escapes_open(t, i->waits_for[t->channel], !i->any_host) : t->now;
	open = read < open ? read : open;
	return after_covers(t, address < open ? address : open);
}

void thread_let_go(struct thread *t, uint64_t up_to)
{
	size_t kept = 0;

	if (up_to > t->released)
		t->released = up_to;
	for (size_t i = 0; i < t->cover_count; i++)
		if (t->covers[i].to >= t->released)
			t->covers[kept++] = t->covers[i];
	t->cover_count = kept;
	if (--t->waiting > 0 || !t->whole)
		return;
	t->next = t->inspection->free_threads;
	t->inspection->free_threads = t;
}
