#include "inspector/inside.h"

#include "policy/recorded.h"

/* ---- facts ---- */

/* What is too long to be kept on record is not judged either. */
static struct bytes bounded(struct inspection *i, struct bytes b)
{
	i->facts.overload |= b.len > 255;
	return bytes_slice(b, 0, 255);
}

static struct bytes kept(struct inspection *i, struct bytes old, struct bytes b)
{
	b = bounded(i, b);
	return bytes_equal(old, b) ? old : arena_copy(i->arena, b);
}

static void note_caller(struct inspection *i)
{
	const struct circumstances *c = i->circumstances;
	struct facts *f = &i->facts;

	f->caller = bounded(i, c->caller->name);
	f->team = bounded(i, c->caller->team);
	f->roles = c->caller->roles;
	f->purposes = c->purposes;
	f->route = bounded(i, c->route);
	f->at_ms = c->at_ms;
	f->route_outside = c->caller->routes.count > 0 && !names_fit(&c->caller->routes, c->route);
	f->looked_count = i->policy->find_count;
	f->looked_for = arena_alloc(i->arena, i->policy->find_count + 1, sizeof *f->looked_for);
	for (size_t find = 0; find < i->policy->find_count; find++)
		memcpy(f->looked_for[find], i->policy->finds[find].digest.sha256, sizeof f->looked_for[find]);
}

/* A new half, or other circumstances: what each find leads to is looked up once. */
static void begin_half(struct inspection *i, unsigned half)
{
	struct bytes upstream = i->circumstances->upstream;
	bool known = i->half == half && bytes_equal(i->facts.upstream, upstream);

	if (known)
		return;
	i->half = half;
	i->dirty = true;
	i->facts.agreed.request &= bytes_equal(i->facts.upstream, upstream);   /* agreed to with another one in mind */
	i->facts.upstream = kept(i, i->facts.upstream, upstream);
	i->manner = policy_manner(i->policy, &i->facts);
	i->any_host = policy_allows_any(i->policy->hosts);
	for (unsigned c = 0; c < CHANNEL_COUNT; c++)
		for (size_t find = 0; find < i->policy->find_count; find++) {
			i->measures[c][find] = policy_find_measure(i->policy, &i->facts, find, c, half, &i->rules[c][find]);
			i->waits_for[c][find] = i->measures[c][find] >= MEASURE_REDACT;
		}
}

static enum examined worse(enum examined a, enum examined b)
{
	return a < b ? a : b;
}

static void note_examined(struct inspection *i, enum examined how_far)
{
	enum examined *e = i->half == HALF_REQUEST ? &i->facts.request : &i->facts.answer;

	if (i->half == HALF_ANSWER && !i->facts.answers) {
		i->facts.answers = i->dirty = true;
		i->facts.answer = EXAMINED_NOTHING;
	}
	i->dirty |= worse(*e, how_far) != *e;
	*e = worse(*e, how_far);
}

static void make_tables(struct inspection *i, size_t finds)
{
	enum measure *measures = arena_alloc(i->arena, CHANNEL_COUNT * finds, sizeof *measures);
	const struct rule **rules = arena_alloc(i->arena, CHANNEL_COUNT * finds, sizeof *rules);
	bool *waits_for = arena_alloc(i->arena, CHANNEL_COUNT * finds, sizeof *waits_for);

	for (unsigned c = 0; c < CHANNEL_COUNT; c++) {
		i->measures[c] = measures + c * finds;
		i->rules[c] = rules + c * finds;
		i->waits_for[c] = waits_for + c * finds;
	}
}

struct inspection *inspection_begin(struct arena *arena, const struct policy *policy, const struct circumstances *circumstances)
{
	struct inspection *i = arena_new(arena, struct inspection);

	i->arena = arena;
	i->policy = policy;
	i->circumstances = circumstances;
	i->last = &i->first;
	i->facts.request = EXAMINED_NOTHING;
	text_init(&i->written, arena);
	text_init(&i->framed, arena);
	text_init(&i->state, arena);
	make_tables(i, policy->find_count + 1);
	note_caller(i);
	return i;
}

/* ---- pieces ---- */

static struct bytes prefix_of(struct bytes thread)
{
	return bytes_slice(thread, 0, bytes_find_byte(thread, '/'));
}

/* Has the answer, or this choice of it, said already who is speaking? */
static bool has_disclosed(const struct inspection *i, const struct thread *t)
{
	if (!i->disclosed || i->choices < 2)
		return i->disclosed;
	if (t->whole)
		return false;
	for (const struct thread *other = i->threads; other; other = other->next)
		if (other->discloses && bytes_equal(prefix_of(text_bytes(&other->name)), prefix_of(text_bytes(&t->name))))
			return true;
	return false;
}

/* The text of a thread that began with the disclosure, once more. */
static bool repeats_disclosed(const struct inspection *i, const struct thread *t)
{
	for (const struct thread *other = i->threads; other; other = other->next)
		if (other->discloses && other->now == t->now && other->hash == t->hash)
			return true;
	return false;
}

static bool must_disclose(struct inspection *i, struct thread *t, const struct piece *piece)
{
	bool said = piece->kind == PIECE_TEXT && piece->channel == CHANNEL_ASSISTANT && piece->text.len > 0 && !t->fixed;

	if (!said || i->half != HALF_ANSWER || i->manner->disclose.len == 0 || !enforces(i))
		return false;
	if (piece->repeats && (i->disclosed || piece->aside))
		return repeats_disclosed(i, t);
	if (piece->aside) {             /* who does not show it shows another text without it */
		bool first = !t->discloses;
		t->discloses = true;
		return first;
	}
	if (has_disclosed(i, t))
		return false;
	i->disclosed = t->discloses = true;
	return true;
}

/* The arguments of a call once more: under the name that its thread brought. */
static void add_repeated_call(struct inspection *i, struct thread *t, const struct piece *piece)
{
	struct piece named = *piece;

	for (const struct thread *other = i->threads; other && named.name.len == 0; other = other->next)
		if (bytes_equal(text_bytes(&other->name), piece->thread))
			named.name = text_bytes(&other->tool);
	call_add(t, &named);
}

/* A JSON value whose strings follow: what is found in those can be rewritten there, so only what is between them is looked at here. */
static void add_between(struct thread *t, const struct piece *call)
{
	uint64_t at = call->offset, end = call->offset + call->text.len;

	for (const struct piece *p = call->next; p && p->within && p->offset >= at && p->offset < end; p = p->next) {
		uint64_t place = p->offset - call->offset, behind = place + p->text.len;        /* of a number */
		thread_add(t, bytes_slice(call->text, at - call->offset, p->offset - at));
		if (call->text.at[place] == '"')
			edits_string(call->text, place, &behind);
		at = call->offset + behind;
	}
	thread_add(t, bytes_from(call->text, at - call->offset));
}

/* What a client shows as one text with what stands beside it. */
static bool is_joint(const struct inspection *i, const struct piece *piece)
{
	bool shown = piece->channel == CHANNEL_ASSISTANT || piece->channel == CHANNEL_REASONING || piece->channel == CHANNEL_TOOL;

	return shown && i->half == HALF_ANSWER && i->choices < 2 && piece->kind == PIECE_TEXT && !piece->fixed && !piece->repeats && !piece->aside && piece->text.len > 0;
}

static void add_text(struct inspection *i, struct event *e, const struct piece *piece, struct bytes data)
{
	struct thread *t = thread_of(i, piece);

	if (!t) {
		i->facts.overload = i->dirty = true;
		return;
	}
	if (t->ended && piece->text.len > 0) {
		note_examined(i, EXAMINED_NOT);
		t->ended = false;
	}
	bool string = piece->offset < data.len && data.at[piece->offset] == '"', in_parts = !piece->within && piece->next && piece->next->within;
	t->fixed |= piece->fixed || (piece->text.len > 0 && !string);
	struct place place = {.thread = t, .from = t->now, .offset = piece->offset};
	if (piece->kind == PIECE_TOOL_CALL && piece->repeats)
		add_repeated_call(i, t, piece);
	else if (piece->kind == PIECE_TOOL_CALL)
		call_add(t, piece);
	if (in_parts && piece->kind == PIECE_TOOL_CALL)
		add_between(t, piece);
	else if (!in_parts)
		thread_add(t, piece->text);
	place.to = t->now;
	if (t->whole)
		thread_end(t);
	place.discloses = must_disclose(i, t, piece);
	event_add_place(i, e, place);
	if (piece->kind == PIECE_TOOL_CALL && i->half == HALF_ANSWER)
		joints_part(i);
	struct thread *joint = is_joint(i, piece) ? joint_add(i, t, piece->text) : NULL;
	if (joint)
		event_add_place(i, e, (struct place){.thread = joint, .to = joint->now, .offset = piece->offset});
}

static void add_piece(struct inspection *i, struct event *e, const struct piece *piece, struct bytes data)
{
	if (piece->kind == PIECE_ECHO)
		event_add_place(i, e, (struct place){.offset = piece->offset, .of_all = piece->thread.len > 0});
	else if (piece->kind != PIECE_OPAQUE && (piece->text.len > 0 || piece->kind == PIECE_TOOL_CALL))
		add_text(i, e, piece, data);
	if (piece->ends && piece->thread.len > 0)
		threads_end(i, piece->thread);
}

static void add_pieces(struct inspection *i, struct event *e, const struct exchange *x, struct bytes data)
{
	bool left_out = false;

	note_examined(i, exchange_examined(x, data.len));
	for (const struct piece *p = x->pieces; p; p = p->next) {
		left_out &= p->within;
		if (p->kind == PIECE_TOOL_DEFINITION && !definition_add(i, p)) {
			left_out = true;
			event_add_place(i, e, (struct place){.offset = p->offset, .left_out = true});
		}
		if (!left_out)
			add_piece(i, e, p, data);
	}
}

/* ---- rulings ---- */

/* What a caller may reach at most is no policy's to lift: it holds where one only watches, too. */
static bool is_outside(const struct facts *f)
{
	return f->route_outside || f->model_outside || f->tool_outside;
}

static struct ruling rule(struct inspection *i)
{
	struct decision d;

	if (!i->dirty)
		return i->ruling;
	i->dirty = false;
	policy_decide(i->policy, &i->facts, &d);
	i->ruling = (struct ruling){.measure = enforces(i) || is_outside(&i->facts) ? d.measure : MEASURE_ALLOW, .rule = d.rule, .message = d.message, .approvals = d.approvals, .edited = i->edited};
	if (i->ruling.measure > i->done)
		i->done = i->ruling.measure;
	i->over |= i->ruling.measure >= (i->gathers ? MEASURE_DENY : MEASURE_HOLD);
	return i->ruling;
}

static struct ruling judge_whole(struct inspection *i, const struct exchange *x, struct text *out)
{
	struct event *e = event_take(i);

	add_pieces(i, e, x, x->body);
	joints_end(i);
	struct ruling r = rule(i);
	text_clear(out);
	if (r.measure < MEASURE_DENY && enforces(i))
		r.edited = edits_write(i, e, x->body, out);
	event_free(i, e);
	return r;
}

struct ruling inspection_request(struct inspection *i, const struct exchange *request, struct text *out)
{
	const struct names *most = &i->circumstances->caller->models;

	i->choices = request->choices;
	i->facts.dialect = request->dialect ? bytes_of(request->dialect->name) : BYTES("");
	i->facts.model = kept(i, i->facts.model, request->model);
	i->facts.model_outside = request->model.len > 0 && most->count > 0 && !names_fit(most, request->model);
	begin_half(i, HALF_REQUEST);
	return judge_whole(i, request, out);
}

void inspection_agree(struct inspection *i)
{
	facts_agree(&i->facts);
	i->over = false;
	i->dirty = true;
}

static void note_answer(struct inspection *i, const struct exchange *answer)
{
	i->facts.answered = kept(i, i->facts.answered, answer->model);
	begin_half(i, HALF_ANSWER);
	if (answer->dialect)
		i->framing = answer->dialect->framing;
}

struct ruling inspection_answer(struct inspection *i, const struct exchange *answer, struct text *out)
{
	note_answer(i, answer);
	return judge_whole(i, answer, out);
}

/* ---- streams ---- */

static size_t size_of(const struct event *e)
{
	return e->raw.len + e->data.len;
}

/* What waits before the latest one, which is as long as its server made it, and mostly goes on at once. */
static size_t waits_before(struct inspection *i, const struct event *latest)
{
	size_t held = i->held - size_of(latest);

	for (const struct event *e = i->first; e != latest && held > HELD_MOST && event_is_safe(i, e); e = e->next)
		held -= size_of(e);
	return held;
}

/* More waits than may: the policy says which way out. */
static void limit_held(struct inspection *i, const struct event *latest)
{
	if (i->held <= HELD_MOST || i->let_go || waits_before(i, latest) <= HELD_MOST)
		return;
	i->facts.overload = i->dirty = true;
	i->let_go = i->manner->overload < MEASURE_HOLD;
}

struct ruling inspection_event(struct inspection *i, const struct exchange *part, struct bytes raw, struct bytes data)
{
	if (i->over)
		return i->ruling;
	note_answer(i, part);
	struct event *e = event_take(i);
	text_add(&e->raw, raw);
	text_add(&e->data, data);
	if (part->state && part->dialect)
		text_add(&e->state, (struct bytes){part->state, part->dialect->state_size});
	if (data.len > 0)
		add_pieces(i, e, part, data);
	if (part->ended)
		joints_end(i);
	if (part->ended)
		threads_end(i, BYTES(""));
	*i->last = e;
	i->last = &e->next;
	i->held += size_of(e);
	limit_held(i, e);
	return rule(i);
}

struct ruling inspection_end(struct inspection *i)
{
	if (!i->over)
		joints_end(i);
	if (!i->over)
		threads_end(i, BYTES(""));
	return i->over ? i->ruling : rule(i);
}

void inspection_gather(struct inspection *i)
{
	i->gathers = true;
	i->over = i->ruling.measure >= MEASURE_DENY;
}

bool inspection_next(struct inspection *i, struct bytes *out)
{
	struct event *e = i->first;

	if (i->out)
		event_free(i, i->out);
	i->out = NULL;
	if (!e || i->over || !event_is_safe(i, e))
		return false;
	i->first = e->next;
	i->last = i->first ? i->last : &i->first;
	i->out = e;
	i->held -= size_of(e);
	text_clear(&i->written);
	text_clear(&i->state);
	text_add(&i->state, text_bytes(&e->state));
	*out = text_bytes(&e->raw);
	if (!enforces(i) || !edits_write(i, e, text_bytes(&e->data), &i->written))
		return true;
	frame_write(i->framing, text_bytes(&e->raw), text_bytes(&i->written), &i->framed);
	i->edited = i->ruling.edited = true;
	*out = text_bytes(&i->framed);
	return true;
}

const void *inspection_state(const struct inspection *i)
{
	return i->state.len > 0 ? i->state.at : NULL;
}

size_t inspection_held(const struct inspection *i)
{
	size_t held = 0;

	for (const struct event *e = i->first; e && !i->over; e = e->next)
		held += e->raw.len;
	return held;
}

/* ---- record ---- */

void inspection_let_go(struct inspection *i)
{
	begin_half(i, HALF_ANSWER);
	note_examined(i, EXAMINED_NOT);
}

void inspection_record(const struct inspection *i, const struct said *said, struct text *out)
{
	struct facts all = i->facts;

	all.overload |= all.agreed.overload;
	all.agreed = (struct agreed){0};
	recorded_write(i->policy, &all, said, i->manner->observe, i->done, out);
}
