#ifndef FORMATS_PICKLE_INSIDE_H
#define FORMATS_PICKLE_INSIDE_H

#include "formats/pickle/machine.h"

/* What the machine's instructions are made of; for the files of this folder alone. */

/* Begins a pickle at `pos`: everybody reads again, with an empty stack and memo. */
void reset_stream(struct machine *m, uint64_t pos);

/* ---- who is still reading ---- */

void stop_loaders(struct machine *m, uint32_t loaders, const char *why);
void stop_all(struct machine *m, const char *why);

static inline struct value unknown(void)
{
	return (struct value){.kind = VALUE_UNKNOWN, .holds = HOLDS_UNKNOWN};
}

/* ---- bytes: empty or 0, and everybody stopped, when the input ends ---- */

void note_frame(struct machine *m, bool *which);
void leave_frame(struct machine *m);

/*
 * `len` bytes that reach past the frame or the input.  `body`: the contents of
 * a long bytes object, which every C reader takes from both sides.
 */
struct bytes take_across(struct machine *m, uint64_t len, bool body);
struct bytes take_body(struct machine *m, uint64_t len);
struct bytes take_line(struct machine *m);      /* a text argument without its newline */
struct bytes take_name_line(struct machine *m); /* one that is used even when the input ends in it */

static inline struct bytes take(struct machine *m, uint64_t len)
{
	if (__builtin_expect(len > m->limit - m->pos, 0))
		return take_across(m, len, false);
	struct bytes b = {m->in.at + m->pos, (size_t)len};
	m->pos += len;
	return b;
}

/* Little-endian, `width` up to 8. */
static inline uint64_t take_le(struct machine *m, unsigned width)
{
	struct bytes b = take(m, width);

	return b.len == width ? bytes_le(b.at, width) : 0;
}

/* ---- stack and marks ---- */

void grow_stack(struct machine *m);
void push_mark(struct machine *m);
void drop_mark(struct machine *m);

/* The values above the newest mark, which goes with them; false when there is no mark. */
bool pop_mark(struct machine *m, struct value **items, size_t *count);

static inline void push(struct machine *m, struct value v)
{
	if (__builtin_expect(m->height == m->room, 0))
		grow_stack(m);
	m->stack[m->height++] = v;
}

static inline bool has(struct machine *m, size_t values)
{
	if (__builtin_expect(m->height - m->fence >= values, 1))
		return true;
	stop_all(m, "takes a value from an empty pickle stack");
	return false;
}

static inline struct value pop(struct machine *m)
{
	return m->stack[--m->height];
}

/* ---- memo ---- */

static inline struct value *memo_find(const struct memo *memo, uint64_t index)
{
	size_t page = index / MEMO_PAGE;

	if (index < MEMO_FIRST)
		return memo->first ? &memo->first[index] : NULL;
	return page < memo->page_count && memo->pages[page] ? &memo->pages[page][index % MEMO_PAGE] : NULL;
}

/* A slot that was never filled holds kind VALUE_UNKNOWN and no flag; nothing else does. */
static inline bool memo_is_filled(const struct value *slot)
{
	return slot && (slot->kind != VALUE_UNKNOWN || slot->holds != 0);
}

void memo_put_slowly(struct machine *m, uint64_t index);

static inline void memo_put(struct machine *m, uint64_t index)
{
	struct value *slot = memo_find(&m->memo, index);

	if (!slot || m->height == m->fence) {
		memo_put_slowly(m, index);
		return;
	}
	m->memo.filled += !memo_is_filled(slot);
	*slot = m->stack[m->height - 1];
}

static inline void memo_get(struct machine *m, uint64_t index)
{
	struct value *slot = memo_find(&m->memo, index);

	m->asked_memo = true;
	if (index >> 32)
		push(m, unknown());
	else if (!memo_is_filled(slot))
		stop_all(m, "takes a memo slot that was never filled");
	else if (m->alive)
		push(m, *slot);
}

/* ---- events and imports ---- */

const char *opcode_name(unsigned char op);

void add_event(struct machine *m, enum event_kind kind, struct value subject, struct value argument);
struct value import_name(struct machine *m, struct bytes module, struct bytes name);
struct value import_computed(struct machine *m, struct value module, struct value name);

/* True for what only running the program would tell: results, imports, persistent objects. */
bool is_result(struct value v);

/* A call that takes gigabytes for nothing is noted as a bomb. */
void note_reserves(struct machine *m, struct value callee, struct value arguments);

/* ---- instructions that import, call or set attributes ---- */

void run_global(struct machine *m);
void run_stack_global(struct machine *m);
void run_extension(struct machine *m, unsigned width);
void run_reduce(struct machine *m);
void run_newobj(struct machine *m, bool keywords);
void run_inst(struct machine *m);
void run_obj(struct machine *m);
void run_build(struct machine *m);

#endif
