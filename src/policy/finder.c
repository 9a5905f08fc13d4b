#include "policy/finder.h"

#include "policy/shape.h"

struct bits {
	uint64_t w[FIND_WORDS];
};

/* Where an element may be left before its last position: at one of `exits`, or unentered, when `skip` is set. */
struct jump {
	struct bits exits;
	unsigned first, after;      /* positions: of the element, and of what follows */
	bool skip;
};

struct pattern {
	unsigned find, words;
	bool word, endless;
	unsigned last;              /* the position that repeats, when it is endless */
	struct bits finals;         /* here it is an occurrence */
	struct jump *jumps;
	size_t jump_count;
	uint64_t *takes;            /* of each byte: the positions that take it, `words` long */
};

struct finder {
	struct pattern *patterns;
	size_t count, most;
	uint16_t *starts[256];      /* patterns that begin with that byte */
	uint16_t start_count[256];
	uint64_t pairs[256][4];     /* of each byte: those that may follow where something begins */
};

struct running {
	struct bits at;
	uint64_t from;              /* no occurrence that is still open begins before */
	uint64_t found_from, found_to;  /* the last occurrence */
	bool live;
};

struct finding {
	const struct finder *finder;
	struct running *running;
	uint16_t *live;
	size_t live_count;
	uint64_t begin, now;        /* of the part that is being read: where it began, and how far it is read */
	struct bytes part;
	unsigned char back[FIND_LONGEST + 1];       /* what stood before `begin`, at its end */
	size_t back_len;
};

static void set(struct bits *b, unsigned at)
{
	b->w[at >> 6] |= UINT64_C(1) << (at & 63);
}

static bool has(const struct bits *b, unsigned at)
{
	return at < FIND_LONGEST && b->w[at >> 6] >> (at & 63) & 1;
}

static bool meet(const struct bits *a, const struct bits *b, unsigned words)
{
	uint64_t all = 0;

	for (unsigned i = 0; i < words; i++)
		all |= a->w[i] & b->w[i];
	return all != 0;
}

static bool is_any(const struct bits *a, unsigned words)
{
	return meet(a, a, words);
}

static bool is_word(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

/* ---- making ---- */

struct finder *finder_create(struct arena *arena, size_t most)
{
	struct finder *f = arena_new(arena, struct finder);

	*f = (struct finder){.most = most};
	f->patterns = arena_alloc(arena, most + 1, sizeof *f->patterns);
	return f;
}

static void add_positions(struct pattern *p, const struct elements *e)
{
	unsigned at = 0;

	for (size_t i = 0; i < e->count; i++)
		for (unsigned n = 0; n < e->at[i].most; n++, at++)
			for (unsigned byte = 0; byte < 256; byte++)
				if (element_has(&e->at[i], (unsigned char)byte))
					p->takes[byte * p->words + (at >> 6)] |= UINT64_C(1) << (at & 63);
}

static void add_jumps(struct pattern *p, const struct elements *e)
{
	unsigned first = 0;

	for (size_t i = 0; i < e->count; first += e->at[i++].most) {
		const struct element *element = &e->at[i];
		if (element->least == element->most)
			continue;
		struct jump *j = &p->jumps[p->jump_count++];
		*j = (struct jump){.first = first, .after = first + element->most, .skip = element->least == 0};
		for (unsigned n = element->least ? element->least - 1 : 0; n < element->most; n++)
			set(&j->exits, first + n);
	}
}

/* From the end back: positions after which only what may be left out follows. */
static void add_finals(struct pattern *p, const struct elements *e)
{
	unsigned end = e->positions;

	for (size_t i = e->count; i-- > 0;) {
		const struct element *element = &e->at[i];
		unsigned first = end - element->most;
		for (unsigned n = element->least ? element->least - 1 : 0; n < element->most; n++)
			set(&p->finals, first + n);
		if (element->least > 0)
			return;
		end = first;
	}
}

const char *finder_add(struct arena *arena, struct finder *f, unsigned find, const struct find_text *what)
{
	struct elements e;
	const char *why = elements_read(arena, what, &e);

	if (why || f->count == f->most)
		return why ? why : "is one pattern too many";
	struct pattern *p = &f->patterns[f->count++];
	*p = (struct pattern){.find = find, .words = (e.positions + 63) / 64, .word = what->word, .last = e.positions - 1};
	p->endless = e.at[e.count - 1].endless;
	p->takes = arena_alloc(arena, 256 * p->words, sizeof *p->takes);
	p->jumps = arena_alloc(arena, e.count, sizeof *p->jumps);
	add_positions(p, &e);
	add_jumps(p, &e);
	add_finals(p, &e);
	return NULL;
}

static struct bits step(const struct pattern *p, const struct bits *at, unsigned char byte, bool may_begin)
{
	struct bits next = {0};
	uint64_t carry = may_begin;

	for (unsigned i = 0; i < p->words; i++) {
		next.w[i] = at->w[i] << 1 | carry;
		carry = at->w[i] >> 63;
	}
	for (size_t i = 0; i < p->jump_count; i++) {
		const struct jump *j = &p->jumps[i];
		if (j->after < FIND_LONGEST && (meet(at, &j->exits, p->words) || (j->skip && has(&next, j->first))))
			set(&next, j->after);
	}
	if (p->endless && has(at, p->last))
		set(&next, p->last);
	for (unsigned i = 0; i < p->words; i++)
		next.w[i] &= p->takes[byte * p->words + i];
	return next;
}

/* Most places are ruled out by two bytes. */
static void add_pairs(struct finder *f, const struct pattern *p, unsigned byte, const struct bits *after)
{
	bool whole = meet(after, &p->finals, p->words);

	for (unsigned next = 0; next < 256; next++) {
		struct bits both = step(p, after, (unsigned char)next, false);
		if (whole || is_any(&both, p->words))
			f->pairs[byte][next >> 6] |= UINT64_C(1) << (next & 63);
	}
}

void finder_seal(struct arena *arena, struct finder *f)
{
	static const struct bits none;

	for (unsigned byte = 0; byte < 256; byte++) {
		f->starts[byte] = arena_alloc(arena, f->count + 1, sizeof *f->starts[byte]);
		for (size_t i = 0; i < f->count; i++) {
			struct bits after = step(&f->patterns[i], &none, (unsigned char)byte, true);
			if (!is_any(&after, f->patterns[i].words))
				continue;
			f->starts[byte][f->start_count[byte]++] = (uint16_t)i;
			add_pairs(f, &f->patterns[i], byte, &after);
		}
	}
}

/* ---- searching ---- */

struct finding *finding_create(struct arena *arena, const struct finder *f)
{
	struct finding *s = arena_alloc_raw(arena, sizeof *s);

	s->finder = f;
	s->running = arena_alloc(arena, f->count + 1, sizeof *s->running);
	s->live = arena_alloc(arena, f->count + 1, sizeof *s->live);
	return s;
}

void finding_begin(struct finding *s)
{
	for (size_t i = 0; i < s->finder->count; i++)
		s->running[i] = (struct running){0};
	s->live_count = 0;
	s->begin = s->now = 0;
	s->back_len = 0;
	s->part = BYTES("");
}

static unsigned char byte_at(const struct finding *s, uint64_t at)
{
	return at >= s->begin ? s->part.at[at - s->begin] : s->back[s->back_len - (size_t)(s->begin - at)];
}

/* The earliest byte that is still at hand. */
static uint64_t earliest(const struct finding *s)
{
	return s->now > FIND_LONGEST ? s->now - FIND_LONGEST : 0;
}

static bool may_begin(const struct finding *s, const struct pattern *p, uint64_t at)
{
	return !p->word || at == 0 || !is_word(byte_at(s, at - 1));
}

/* Where a run of the pattern stands that began at `from` and nowhere else. */
static struct bits run_from(const struct finding *s, const struct pattern *p, uint64_t from)
{
	struct bits at = {0};
	bool begins = true;

	for (uint64_t i = from; i < s->now; i++, begins = false) {
		at = step(p, &at, byte_at(s, i), begins);
		if (!is_any(&at, p->words))
			break;
	}
	return at;
}

/* An occurrence ends at `now`: where does the longest one that does so begin? */
static void report(struct finding *s, size_t index, finding_found *found, void *owner)
{
	const struct pattern *p = &s->finder->patterns[index];
	struct running *r = &s->running[index];
	uint64_t from = r->from > earliest(s) ? r->from : earliest(s), end = s->now;
	bool goes_on = r->found_to && r->found_to + 1 == end && r->found_from <= from;

	while (!goes_on && from < end) {
		struct bits at = may_begin(s, p, from) ? run_from(s, p, from) : (struct bits){0};
		if (meet(&at, &p->finals, p->words))
			break;
		from++;
	}
	if (goes_on || from == end)
		from = end - 1;
	if (!goes_on)
		r->found_from = from;
	r->found_to = end;
	found(owner, p->find, from, end);
}

/* Takes the byte at `now`; false when nothing is left of the pattern. */
static bool advance(struct finding *s, size_t index, unsigned char byte, finding_found *found, void *owner)
{
	const struct pattern *p = &s->finder->patterns[index];
	struct running *r = &s->running[index];

	if (p->word && !is_word(byte) && meet(&r->at, &p->finals, p->words))
		report(s, index, found, owner);
	r->at = step(p, &r->at, byte, may_begin(s, p, s->now));
	r->live = is_any(&r->at, p->words);
	if (!p->word && meet(&r->at, &p->finals, p->words)) {
		s->now++;
		report(s, index, found, owner);
		s->now--;
	}
	return r->live;
}

static void take(struct finding *s, unsigned char byte, finding_found *found, void *owner)
{
	const struct finder *f = s->finder;
	size_t kept = 0, before = s->live_count;

	for (size_t i = 0; i < before; i++)
		if (advance(s, s->live[i], byte, found, owner))
			s->live[kept++] = s->live[i];
	for (size_t i = 0; i < f->start_count[byte]; i++) {
		uint16_t index = f->starts[byte][i];
		struct running *r = &s->running[index];
		if (r->live)
			continue;
		*r = (struct running){.from = s->now, .found_from = r->found_from, .found_to = r->found_to};
		if (advance(s, index, byte, found, owner))
			s->live[kept++] = index;
	}
	s->live_count = kept;
}

/* Keeps the last bytes, for occurrences that began in them. */
static void keep_back(struct finding *s)
{
	size_t most = sizeof s->back, part = s->part.len < most ? s->part.len : most;
	size_t old = s->back_len + part > most ? most - part : s->back_len;

	memmove(s->back, s->back + s->back_len - old, old);
	if (part)
		memcpy(s->back + old, s->part.at + s->part.len - part, part);
	s->back_len = old + part;
	s->begin = s->now;
	s->part = BYTES("");
}

/* Can something begin here, by this byte and the next? */
static bool may_start(const struct finder *f, struct bytes part, size_t at)
{
	unsigned char byte = part.at[at];

	if (at + 1 == part.len)
		return f->start_count[byte] > 0;
	return f->pairs[byte][part.at[at + 1] >> 6] >> (part.at[at + 1] & 63) & 1;
}

void finding_add(struct finding *s, struct bytes part, finding_found *found, void *owner)
{
	s->part = part;
	if (s->finder->count == 0) {
		s->now += part.len;
		s->begin = s->now;
		return;
	}
	for (size_t i = 0; i < part.len; i++, s->now++)
		if (s->live_count > 0 || may_start(s->finder, part, i))
			take(s, part.at[i], found, owner);
	keep_back(s);
}

void finding_end(struct finding *s, finding_found *found, void *owner)
{
	for (size_t i = 0; i < s->live_count; i++) {
		const struct pattern *p = &s->finder->patterns[s->live[i]];
		if (p->word && meet(&s->running[s->live[i]].at, &p->finals, p->words))
			report(s, s->live[i], found, owner);
		s->running[s->live[i]].live = false;
	}
	s->live_count = 0;
}

/* Still open: where more has to come before it is an occurrence. What only makes one longer is none. */
static bool is_open(const struct pattern *p, struct bits at)
{
	for (unsigned i = 0; i < p->words; i++)
		at.w[i] &= p->word ? UINT64_MAX : ~p->finals.w[i];
	return is_any(&at, p->words);
}

uint64_t finding_open(struct finding *s, const bool *counts)
{
	uint64_t open = s->now;

	for (size_t i = 0; i < s->live_count; i++) {
		const struct pattern *p = &s->finder->patterns[s->live[i]];
		struct running *r = &s->running[s->live[i]];
		if (!counts[p->find] || !is_open(p, r->at))
			continue;
		if (r->from < earliest(s))
			r->from = earliest(s);
		while (r->from < s->now && !(may_begin(s, p, r->from) && is_open(p, run_from(s, p, r->from))))
			r->from++;
		if (r->from < open)
			open = r->from;
	}
	return open;
}

bool finder_fits(struct finder *f, struct bytes text)
{
	const struct pattern *p = &f->patterns[0];
	struct bits at = {0};

	for (size_t i = 0; i < text.len; i++)
		at = step(p, &at, text.at[i], i == 0);
	return text.len > 0 && meet(&at, &p->finals, p->words);
}
