#include "formats/pickle/inside.h"

#include <string.h>


void stop_loaders(struct machine *m, uint32_t loaders, const char *why)
{
	if (!(m->alive & loaders))
		return;
	m->alive &= ~loaders;
	if (m->alive)
		return;
	m->why = why;
	m->why_at = m->opcode_at;
}

void stop_all(struct machine *m, const char *why)
{
	stop_loaders(m, LOADER_ALL, why);
}

/* ---- bytes ---- */

void note_frame(struct machine *m, bool *which)
{
	if (!m->frame_crossed && !m->frame_nested && !m->frame_long)
		m->frame_at = m->opcode_at;
	*which = true;
}

void leave_frame(struct machine *m)
{
	m->frame_end = 0;
	m->limit = m->in.len;
}

static void cross_frame(struct machine *m, bool body)
{
	if (m->frame_end && m->pos < m->frame_end) {
		note_frame(m, &m->frame_crossed);
		stop_loaders(m, LOADER_IN_PYTHON, "has an opcode cut by the end of a frame");
		if (m->view == VIEW_DROPPING && !body)
			m->pos = m->frame_end;
	}
	leave_frame(m);
}

struct bytes take_across(struct machine *m, uint64_t len, bool body)
{
	cross_frame(m, body);
	if (len > m->in.len - m->pos) {
		stop_all(m, "ends in the middle of a pickle opcode");
		return BYTES("");
	}
	struct bytes b = {m->in.at + m->pos, (size_t)len};
	m->pos += len;
	return b;
}

struct bytes take_body(struct machine *m, uint64_t len)
{
	return len > m->limit - m->pos ? take_across(m, len, true) : take(m, len);
}

static size_t line_length(const struct machine *m)
{
	return bytes_find_byte(bytes_slice(m->in, m->pos, m->limit - m->pos), '\n');
}

/* The Python unpickler takes what is left, less the byte where it expects the line to end. */
static struct bytes take_cut_line(struct machine *m)
{
	struct bytes rest = bytes_from(m->in, m->pos);

	m->pos = m->in.len;
	stop_loaders(m, LOADER_ALL & ~(uint32_t)LOADER_IN_PYTHON, "ends in the middle of a line of a pickle");
	return bytes_slice(rest, 0, rest.len > 0 ? rest.len - 1 : 0);
}

static struct bytes take_until_newline(struct machine *m, bool name)
{
	size_t len = line_length(m);

	if (len == m->limit - m->pos && m->frame_end) {
		cross_frame(m, false);
		len = line_length(m);
	}
	if (len == m->limit - m->pos && name)
		return take_cut_line(m);
	if (len == m->limit - m->pos) {
		stop_all(m, "ends in the middle of a line of a pickle");
		return BYTES("");
	}
	return bytes_slice(take(m, len + 1), 0, len);
}

struct bytes take_line(struct machine *m)
{
	return take_until_newline(m, false);
}

struct bytes take_name_line(struct machine *m)
{
	return take_until_newline(m, true);
}

/* ---- stack and marks ---- */

void grow_stack(struct machine *m)
{
	size_t room = m->room ? m->room * 2 : 256;
	struct value *stack = arena_alloc_raw(m->arena, room * sizeof *stack);

	if (m->height)
		memcpy(stack, m->stack, m->height * sizeof *stack);
	m->stack = stack;
	m->room = room;
}

void push_mark(struct machine *m)
{
	if (m->mark_count == m->mark_room) {
		size_t room = m->mark_room ? m->mark_room * 2 : 64;
		size_t *marks = arena_alloc_raw(m->arena, room * sizeof *marks);
		if (m->mark_count)
			memcpy(marks, m->marks, m->mark_count * sizeof *marks);
		m->marks = marks;
		m->mark_room = room;
	}
	m->marks[m->mark_count++] = m->fence = m->height;
}

void drop_mark(struct machine *m)
{
	m->mark_count--;
	m->fence = m->mark_count ? m->marks[m->mark_count - 1] : 0;
}

bool pop_mark(struct machine *m, struct value **items, size_t *count)
{
	if (m->mark_count == 0) {
		stop_all(m, "asks for a mark that was never set");
		return false;
	}
	*items = m->stack ? m->stack + m->fence : NULL;
	*count = m->height - m->fence;
	m->height = m->fence;
	drop_mark(m);
	return true;
}

/* ---- memo ---- */

static struct value *make_page(struct machine *m, struct memo *memo, size_t page)
{
	if (page >= memo->page_count) {
		size_t count = memo->page_count ? memo->page_count : 16;
		while (count <= page)
			count *= 2;
		struct value **pages = arena_alloc(m->arena, count, sizeof *pages);
		if (memo->page_count)
			memcpy(pages, memo->pages, memo->page_count * sizeof *pages);
		memo->pages = pages;
		memo->page_count = count;
	}
	memo->pages[page] = arena_alloc(m->arena, MEMO_PAGE, sizeof(struct value));
	return memo->pages[page];
}

/* NULL past 32 bits: such a slot is counted, and what it holds forgotten. */
static struct value *make_slot(struct machine *m, struct memo *memo, uint64_t index)
{
	struct value *slot = index >> 32 ? NULL : memo_find(memo, index);

	if (slot || index >> 32)
		return slot;
	if (index >= MEMO_FIRST)
		return &make_page(m, memo, index / MEMO_PAGE)[index % MEMO_PAGE];
	memo->first = arena_alloc(m->arena, MEMO_FIRST, sizeof *memo->first);
	return &memo->first[index];
}

static void note_reserve(struct machine *m, uint64_t index)
{
	if (m->art && !artifact_has(m->art, "file.bomb"))
		artifact_note(m->art, "file.bomb", m->opcode_at, "fills memo slot %llu: old unpicklers reserve %llu MB for it",
			      (unsigned long long)index, (unsigned long long)(index >> 16));
}

void memo_put_slowly(struct machine *m, uint64_t index)
{
	if (!has(m, 1))
		return;
	if (index > (1u << 20) && index / 8 > m->opcodes)
		note_reserve(m, index);
	struct value *slot = make_slot(m, &m->memo, index);
	m->memo.filled += !memo_is_filled(slot);
	if (slot)
		*slot = m->stack[m->height - 1];
}

static void clear_memo(struct memo *memo)
{
	if (memo->first)
		memset(memo->first, 0, MEMO_FIRST * sizeof *memo->first);
	for (size_t i = 0; i < memo->page_count; i++)
		if (memo->pages[i])
			memset(memo->pages[i], 0, MEMO_PAGE * sizeof(struct value));
	memo->filled = 0;
}

/* ---- events ---- */

/* Of those that get so far, the ones the container leaves room for. */
static uint32_t reached_by(const struct machine *m)
{
	static const uint32_t of_reader[] = {
		[READER_TORCH] = LOADER_TORCH | LOADER_TORCH_WEIGHTS, [READER_TORCH_TAR] = LOADER_TORCH | LOADER_TORCH_WEIGHTS, [READER_TORCH_STORAGES] = LOADER_TORCH | LOADER_TORCH_WEIGHTS,
		[READER_TORCH_TENSORS] = LOADER_TORCH | LOADER_TORCH_WEIGHTS, [READER_NUMPY] = LOADER_NUMPY, [READER_JOBLIB] = LOADER_PYTHON,
	};
	enum reader reader = m->art->source->reader;
	uint32_t room = reader < COUNT_OF(of_reader) ? of_reader[reader] : 0;
	bool tar = reader == READER_TORCH_TAR || reader == READER_TORCH_STORAGES || reader == READER_TORCH_TENSORS;

	if (tar && m->alive & LOADER_TORCH)
		return room;
	return m->alive & room ? m->alive & room : m->alive;
}

void add_event(struct machine *m, enum event_kind kind, struct value subject, struct value argument)
{
	if (!m->alive)
		return;
	m->events++;
	m->calls += kind == EVENT_CALL || kind == EVENT_STATE || kind == EVENT_ITEMS;
	if (m->probing)
		return;
	struct event *e = artifact_add_event(m->art, kind, m->opcode_at, opcode_name(m->opcode));
	e->loaders = reached_by(m);
	e->subject = subject;
	e->argument = argument;
}

void reset_stream(struct machine *m, uint64_t pos)
{
	m->pos = pos;
	m->alive = m->loaders;
	m->protocol = 0;
	m->height = m->mark_count = m->fence = 0;
	m->why = NULL;
	m->asked_memo = false;
	if (!m->keeps_memo)
		clear_memo(&m->memo);
	if (!m->keeps_frame)
		leave_frame(m);
}

void machine_init(struct machine *m, struct arena *arena, struct artifact *art, struct bytes in, uint32_t loaders)
{
	*m = (struct machine){.arena = arena, .art = art, .in = in, .loaders = loaders, .kept_per_node = 64};
	m->last_reading = &m->readings;
}
