#include "formats/pickle/inside.h"

#include <string.h>

#include "formats/pickle/opcodes.h"


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
		stop_loaders(m, LOADER_PYTHON, "has an opcode cut by the end of a frame");
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

uint64_t take_le(struct machine *m, unsigned width)
{
	struct bytes b = take(m, width);
	uint64_t v = 0;

	for (size_t i = b.len; i > 0; i--)
		v = v << 8 | b.at[i - 1];
	return v;
}

static size_t line_length(const struct machine *m)
{
	return bytes_find_byte(bytes_slice(m->in, m->pos, m->limit - m->pos), '\n');
}

struct bytes take_line(struct machine *m)
{
	size_t len = line_length(m);

	if (len == m->limit - m->pos && m->frame_end) {
		cross_frame(m, false);
		len = line_length(m);
	}
	if (len == m->limit - m->pos) {
		stop_all(m, "ends in the middle of a line of a pickle");
		return BYTES("");
	}
	return bytes_slice(take(m, len + 1), 0, len);
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
	m->marks[m->mark_count++] = m->height;
}

bool pop_mark(struct machine *m, struct value **items, size_t *count)
{
	if (m->mark_count == 0) {
		stop_all(m, "asks for a mark that was never set");
		return false;
	}
	size_t mark = m->marks[--m->mark_count];
	*items = m->stack + mark;
	*count = m->height - mark;
	m->height = mark;
	return true;
}

/* ---- memo ---- */

static struct value *memo_slot(struct machine *m, struct memo *memo, uint64_t index, bool make)
{
	if (index >> 32)
		return NULL;
	struct value ****top = &memo->pages[index >> 26];
	if (!*top && !make)
		return NULL;
	if (!*top)
		*top = arena_alloc(m->arena, 256, sizeof **top);
	struct value ***middle = &(*top)[index >> 18 & 255];
	if (!*middle && !make)
		return NULL;
	if (!*middle)
		*middle = arena_alloc(m->arena, 1024, sizeof **middle);
	struct value **leaf = &(*middle)[index >> 8 & 1023];
	if (!*leaf && !make)
		return NULL;
	if (!*leaf)
		*leaf = arena_alloc(m->arena, 256, sizeof **leaf);
	return &(*leaf)[index & 255];
}

/* A slot that was never filled holds kind VALUE_UNKNOWN and no flag; nothing else does. */
static bool is_filled(const struct value *slot)
{
	return slot && (slot->kind != VALUE_UNKNOWN || slot->holds != 0);
}

void memo_put(struct machine *m, uint64_t index)
{
	if (!has(m, 1))
		return;
	if (index > (1u << 20) && index / 8 > m->opcodes && m->art && !artifact_has(m->art, "file.bomb"))
		artifact_note(m->art, "file.bomb", m->opcode_at,
			      "fills memo slot %llu: old unpicklers reserve %llu MB for it",
			      (unsigned long long)index, (unsigned long long)(index >> 16));
	struct value *slot = memo_slot(m, &m->memo, index, true);
	if (!slot) {
		stop_all(m, "fills a memo slot past 32 bits");
		return;
	}
	m->memo.filled += !is_filled(slot);
	*slot = m->stack[m->height - 1];
}

void memo_get(struct machine *m, uint64_t index)
{
	struct value *slot = memo_slot(m, &m->memo, index, false);

	if (!is_filled(slot)) {
		/* The memo outlives STOP when one Unpickler loads again: a program's own may. */
		slot = memo_slot(m, &m->old_memo, index, false);
		stop_loaders(m, is_filled(slot) ? LOADER_ALL & ~(uint32_t)LOADER_CUSTOM : LOADER_ALL,
			     "takes a memo slot that was never filled");
	}
	if (m->alive)
		push(m, *slot);
}

static void clear_memo(struct memo *memo)
{
	for (size_t i = 0; i < COUNT_OF(memo->pages); i++)
		for (size_t k = 0; memo->pages[i] && k < 256; k++)
			for (size_t l = 0; memo->pages[i][k] && l < 1024; l++)
				if (memo->pages[i][k][l])
					memset(memo->pages[i][k][l], 0, 256 * sizeof(struct value));
	memo->filled = 0;
}

/* The memo of the pickle before is kept one pickle long; its pages are then used again. */
static void swap_memos(struct machine *m)
{
	struct memo older = m->old_memo;

	m->old_memo = m->memo;
	m->memo = older;
	clear_memo(&m->memo);
}


void add_event(struct machine *m, enum event_kind kind, struct value subject, struct value argument)
{
	if (!m->alive)
		return;
	m->events++;
	m->calls += kind == EVENT_CALL || kind == EVENT_STATE || kind == EVENT_ITEMS;
	if (m->probing)
		return;
	struct event *e = artifact_add_event(m->art, kind, m->opcode_at, m->opcode);
	e->loaders = m->alive;
	e->subject = subject;
	e->argument = argument;
}

/* torch.load(weights_only=True) knows only these opcodes (torch/_weights_only_unpickler.py). */
static const char weights_opcodes[] = "IJKLMUNXG]ae)t}su(ghjqrcRbQ.\x80\x81\x85\x86\x87\x88\x89\x8a";

static bool is_weights_opcode(unsigned char op)
{
	return op != 0 && memchr(weights_opcodes, op, sizeof weights_opcodes - 1) != NULL;
}

static void reset_stream(struct machine *m, uint64_t pos)
{
	m->pos = pos;
	m->alive = m->loaders;
	m->protocol = 0;
	m->height = m->mark_count = 0;
	swap_memos(m);
	m->why = NULL;
	leave_frame(m);
}

void machine_init(struct machine *m, struct arena *arena, struct artifact *art, struct bytes in, uint32_t loaders)
{
	*m = (struct machine){.arena = arena, .art = art, .in = in, .loaders = loaders, .kept_per_node = 64};
}

bool machine_run(struct machine *m, uint64_t pos, struct value *result)
{
	reset_stream(m, pos);
	while (m->alive) {
		m->opcode_at = m->pos;
		if (m->frame_end && m->pos >= m->frame_end)
			leave_frame(m);
		if (m->pos >= m->in.len) {
			stop_all(m, "ends before the pickle does");
			break;
		}
		unsigned char op = m->in.at[m->pos++];
		m->opcodes++;
		if (op == STOP)
			break;
		if (m->alive & LOADER_TORCH_WEIGHTS && !is_weights_opcode(op))
			stop_loaders(m, LOADER_TORCH_WEIGHTS, "uses an opcode that weights_only refuses");
		if (m->alive)
			run_opcode(m, op);
	}
	if (!m->alive || !has(m, 1))
		return false;
	*result = pop(m);
	return true;
}
