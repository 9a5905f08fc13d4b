#include "formats/pickle/streams.h"

#include <string.h>

enum {
	STREAMS_MOST = 1 << 20,         /* pickles in one file */
	TAIL_WINDOW = 1 << 20,          /* bytes behind the last pickle searched for another */
};

/* ---- glances ---- */

static struct pickle_glance glance(struct arena *arena, struct bytes b, bool expected)
{
	struct machine m;
	struct pickle_glance g = {0};

	machine_init(&m, arena, NULL, b, LOADER_ALL);
	m.probing = true;
	m.expected = expected;
	g.whole = machine_run(&m, 0, &g.result);
	g.imports = m.import_count;
	g.events = m.events;
	g.calls = m.calls;
	g.opcodes = m.opcodes;
	g.end = g.whole ? m.pos : m.why_at;
	return g;
}

struct pickle_glance pickle_glance(struct arena *arena, struct bytes b)
{
	return glance(arena, b, false);
}

/* ASCII without a line end, as most strings are: eight bytes at a time, and no call. */
static inline bool is_plain_line(struct bytes b)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
	size_t i = 0;

	for (; i + sizeof(uint64_t) <= b.len; i += sizeof(uint64_t)) {
		uint64_t word = bytes_le(b.at + i, sizeof word);
		uint64_t lines = word ^ ones * '\n';
		if ((((lines - ones) & ~lines) | word) & tops)
			return false;
	}
	for (; i < b.len; i++)
		if (b.at[i] == '\n' || b.at[i] & 0x80)
			return false;
	return true;
}

/* GLOBAL and INST need line ends; STACK_GLOBAL and the extension codes have bytes of their own. */
static bool may_import(struct bytes b)
{
	static const unsigned char marks[] = {'\n', 0x93, 0x82, 0x83, 0x84};

	if (is_plain_line(b))
		return false;
	for (size_t i = 0; i < sizeof marks; i++)
		if (bytes_find_byte(b, marks[i]) < b.len)
			return true;
	return false;
}

bool pickle_has_import(struct arena *arena, struct bytes b)
{
	if (b.len < 4 || !may_import(b))
		return false;
	struct arena_mark mark = arena_mark(arena);
	struct pickle_glance g = pickle_glance(arena, b);
	arena_rewind(arena, mark);
	return g.imports + g.calls > 0;
}

bool pickle_may_claim(const struct source *source)
{
	return source->first.len > 0 && pickle_is_opcode(source->first.at[0]);
}

bool pickle_goes_on(struct arena *arena, struct bytes b)
{
	enum { WINDOW = 64 };
	struct arena_mark mark = arena_mark(arena);
	struct pickle_glance g = pickle_glance(arena, bytes_slice(b, 0, WINDOW));

	arena_rewind(arena, mark);
	return g.opcodes > 2;
}

bool pickle_probe(struct arena *arena, struct bytes b, bool expected)
{
	enum { WINDOW = 64 << 10, MANY = 1000, SOME = 5 };
	struct arena_mark mark = arena_mark(arena);
	struct pickle_glance g = glance(arena, bytes_slice(b, 0, WINDOW), expected);
	bool cut = b.len > WINDOW && g.opcodes > MANY;

	arena_rewind(arena, mark);
	return g.whole || cut || g.calls > 0 || (g.events > 0 && expected) || (g.imports > 0 && (expected || g.opcodes >= SOME));
}

/* ---- walks ---- */

/* Where the next pickle of a file begins. */
enum next_pickle {NEXT_BEHIND_STOP, NEXT_BEHIND_FRAME, NEXT_IN_FRAME};

struct walk {
	struct artifact *art;
	struct bytes in;
	uint32_t loaders;
	enum frame_view view;
	enum next_pickle next;
	bool raw_arrays, keeps_memo;
};

/* What one walk over all streams came to. */
struct outcome {
	uint64_t end;           /* of the last whole pickle, or where the walk of one that is not whole stopped */
	bool frames;            /* frames are not as writers make them */
	uint64_t frame_at;
	bool memo;              /* a later pickle takes values from the memo: with the same unpickler, also those of the pickles before */
	bool arrays;            /* joblib's array wrappers were built */
	const struct reading *readings;
	const char *why;        /* why the first pickle is not whole, or one that did something; or NULL */
	uint64_t why_at;
};

static bool built_array_wrapper(const struct machine *m)
{
	for (size_t i = 0; i < m->import_room; i++)
		if (m->imports[i].import && bytes_same(m->imports[i].import->name, "NumpyArrayWrapper"))
			return true;
	return false;
}

static void note_frames(struct outcome *o, const struct machine *m, bool left_over)
{
	if (!m->frame_crossed && !m->frame_nested && !m->frame_long && !left_over)
		return;
	if (!o->frames)
		o->frame_at = left_over ? m->pos : m->frame_at;
	o->frames = true;
}

static void fail(struct outcome *o, const struct machine *m)
{
	if (o->why)
		return;
	o->why = m->why;
	o->why_at = m->why_at;
	if (m->why_at > o->end)
		o->end = m->why_at;
}

/* "P" begins a persistent id too, but not here. */
static bool is_archive(struct bytes b)
{
	return bytes_start_with(b, BYTES("PK\3\4"));
}

static struct outcome walk_streams(const struct walk *w, uint64_t from)
{
	struct machine m;
	struct outcome o = {.end = from};
	uint64_t streams = 0;

	machine_init(&m, w->art->arena, w->art, w->in, w->loaders);
	m.view = w->view;
	m.raw_arrays = w->raw_arrays;
	m.keeps_readings = w->raw_arrays;
	m.keeps_frame = w->next == NEXT_IN_FRAME;
	m.keeps_memo = w->keeps_memo;
	for (uint64_t pos = from; pos < w->in.len && streams < STREAMS_MOST && !is_archive(bytes_from(w->in, pos)); streams++) {
		struct value result;
		uint64_t events = m.events;
		bool whole = machine_run(&m, pos, &result);
		o.memo |= streams > 0 && m.asked_memo;
		if (!whole)
			note_frames(&o, &m, false);
		if (!whole && (streams == 0 || m.events > events || (w->in.at[pos] == 0x80 && m.opcodes > 2)))
			fail(&o, &m);
		if (!whole)
			break;
		bool leftover = m.frame_end > m.pos;
		note_frames(&o, &m, leftover);
		pos = m.pos;
		if (pos > o.end)
			o.end = pos;
		if (leftover && w->next == NEXT_BEHIND_FRAME)
			pos = m.frame_end;
	}
	if (streams == STREAMS_MOST)
		artifact_note(w->art, "file.unexamined", o.end, "holds more than %d pickles; the rest was not examined", STREAMS_MOST);
	o.arrays = built_array_wrapper(&m);
	o.readings = m.readings;
	return o;
}

/* All other ways in which the frames of a file are read; false when one of them gets through it. */
static bool walk_frames(struct artifact *art, struct bytes in, uint64_t from)
{
	const struct walk walks[] = {
		{.loaders = LOADER_C, .view = VIEW_DROPPING, .next = NEXT_BEHIND_FRAME},
		{.loaders = LOADER_CUSTOM, .view = VIEW_DROPPING, .next = NEXT_IN_FRAME, .keeps_memo = true},
		{.loaders = LOADER_IN_PYTHON, .next = NEXT_BEHIND_FRAME},
	};
	bool fails = true;

	for (size_t i = 0; i < COUNT_OF(walks); i++) {
		struct walk w = walks[i];
		w.art = art;
		w.in = in;
		fails &= walk_streams(&w, from).why != NULL;
	}
	return fails;
}

/* What numpy writes into every pickle of an array; no module but numpy's own has anything of these names. */
static bool is_array_word(const struct import *i)
{
	static const char *const words[] = {"dtype", "ndarray", "_reconstruct", "scalar"};
	bool numpy = bytes_same(i->module, "numpy") || bytes_same(i->module, "numpy.core.multiarray") || bytes_same(i->module, "numpy._core.multiarray");

	for (size_t k = 0; k < COUNT_OF(words); k++)
		if (numpy && bytes_same(i->name, words[k]))
			return true;
	return false;
}

/*
 * A reader that does not expect the pickles of joblib's object arrays counts their memo wrongly, and takes
 * numpy's own names from modules that have no such thing: what every honest dump does to pickle.load is not told.
 */
static void forget_misread(struct artifact *art, const struct event *end, const struct reading *readings)
{
	struct event **link = &art->events;

	while (*link && *link != end) {
		struct event *e = *link;
		const struct reading *r = readings;
		bool import = e->kind == EVENT_IMPORT;
		while (import && r && r->at < e->offset)
			r = r->next;
		if (import && r && r->at == e->offset && r->import != e->subject.import && is_array_word(r->import) &&
		    bytes_equal(r->import->name, e->subject.import->name))
			*link = e->next;
		else
			link = &e->next;
	}
}

/* As joblib reads it; the walk before did not expect arrays. */
static struct outcome walk_arrays(struct artifact *art, struct bytes in, uint64_t from, struct outcome before)
{
	struct walk w = {.art = art, .in = in, .loaders = LOADER_PYTHON, .raw_arrays = true};
	struct event **begins = art->last_event;
	struct outcome joblib = walk_streams(&w, from);

	if (!joblib.why && *begins)
		forget_misread(art, *begins, joblib.readings);
	if (joblib.frames)
		artifact_note(art, "pickle.frame", joblib.frame_at, "has an array in the middle of a frame, so that readers see different programs");
	return joblib.end > before.end || !joblib.why ? joblib : before;
}

uint64_t pickle_walk(struct artifact *art, struct bytes in, uint64_t from)
{
	struct walk w = {.art = art, .in = in, .loaders = LOADER_ALL};
	struct outcome all = walk_streams(&w, from);

	art->bytes_read += all.end - from;

	if (all.memo) {
		w = (struct walk){.art = art, .in = in, .loaders = LOADER_CUSTOMS, .keeps_memo = true};
		struct outcome again = walk_streams(&w, from);
		all.why = again.why ? all.why : NULL;
		all.end = again.end > all.end ? again.end : all.end;
	}
	if (all.frames) {
		artifact_note(art, "pickle.frame", all.frame_at,
			      "has frames that do not hold whole opcodes, so that readers see different programs");
		if (!walk_frames(art, in, from))
			all.why = NULL;
	}
	if (all.arrays)
		all = walk_arrays(art, in, from, all);
	if (all.why)
		artifact_note(art, "file.malformed", all.why_at, "%s", all.why);
	return all.end;
}

/* ---- what stands behind ---- */

/* "c", a dotted name, a line end, a name, a line end: the oldest way to import. */
static bool is_text_import(struct bytes b)
{
	enum { NAME_MOST = 200 };
	size_t module = bytes_find_byte(bytes_slice(b, 0, NAME_MOST), '\n');
	struct bytes rest = bytes_from(b, module + 1);
	size_t name = bytes_find_byte(bytes_slice(rest, 0, NAME_MOST), '\n');

	return b.at[0] == 'c' && module < NAME_MOST && module < b.len && name < rest.len && name < NAME_MOST &&
	       bytes_are_dotted_name(bytes_slice(b, 1, module - 1)) && bytes_are_dotted_name(bytes_slice(rest, 0, name));
}

static bool is_name_byte(unsigned char c)
{
	return c == '_' || c == '.' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* "c" in the middle of a word begins nothing. */
static bool may_begin(struct bytes in, uint64_t at, uint64_t from)
{
	struct bytes b = bytes_from(in, at);

	if (b.len < 4)
		return false;
	if (b.at[0] == 0x80)
		return b.at[1] >= 1 && b.at[1] <= 5;
	return b.at[0] == 'c' && (at == from || !is_name_byte(in.at[at - 1])) && is_text_import(b);
}

void pickle_walk_tail(struct artifact *art, struct bytes in, uint64_t from)
{
	uint64_t end = in.len - from < TAIL_WINDOW ? in.len : from + TAIL_WINDOW;

	for (uint64_t at = from; at < end; at++) {
		struct bytes rest = bytes_from(in, at);
		if (!may_begin(in, at, from) || !pickle_has_import(art->arena, rest))
			continue;
		uint64_t stop = pickle_walk(art, in, at);
		if (stop > at)
			at = stop - 1;
	}
	art->bytes_read += end - from;
}
