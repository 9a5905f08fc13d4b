#ifndef FORMATS_PICKLE_MACHINE_H
#define FORMATS_PICKLE_MACHINE_H

#include "types/artifact.h"

/*
 * An abstract pickle machine: walks the opcodes as CPython's unpicklers do
 * (Modules/_pickle.c, Lib/pickle.py), runs nothing, and logs every import,
 * call and state change at the moment it would happen.
 *
 * It follows all loaders at once: `alive` is the set of those that would still
 * be reading.  Where one of them raises an error it leaves the set; the walk
 * goes on while anybody is left.
 */

/* How bytes inside a frame are read when an argument crosses the frame's end (CPython issue 154848). */
enum frame_view {
	VIEW_CONTIGUOUS,    /* frames make no difference: C on bytes and buffered files */
	VIEW_DROPPING,      /* the rest of the frame is lost: C on BytesIO, as torch.load reads a zip */
};

/* An import as one walk read it. */
struct reading {
	uint64_t at;
	struct import *import;
	struct reading *next;
};

/* Protocols below 3 may write Python 2 names, which loaders translate: the same name can then mean two things. */
struct interned {
	struct import *import;
	bool old;
};

/* By index: the first few lie together, the others in pages. */
enum { MEMO_FIRST = 64, MEMO_PAGE = 1024 };

struct memo {
	struct value *first;
	struct value **pages;           /* `page_count` of them, NULL where nothing was put */
	size_t page_count;
	uint64_t filled;
};

struct machine {
	struct arena *arena;
	struct artifact *art;
	struct bytes in;
	uint64_t pos, limit, frame_end;     /* limit: how far a read may go before a frame or the input ends */
	enum frame_view view;
	uint32_t alive, loaders;            /* still reading; asked about */
	unsigned protocol;
	bool keeps_memo, keeps_frame;       /* one unpickler loads again and again */
	bool raw_arrays;                    /* joblib: array bytes stand in the stream after a wrapper is built */
	uint64_t opcodes, kept;
	uint64_t events, calls;             /* anything that happens; calls, state and items of it */
	size_t kept_per_node;               /* items of one container that checks can look at */
	uint64_t opcode_at;
	unsigned char opcode;               /* the one being run */

	struct value *stack;
	size_t height, room;
	size_t *marks;
	size_t mark_count, mark_room;
	size_t fence;                       /* height at the newest mark: nothing below it may be taken, by any loader */
	struct memo memo;
	bool asked_memo;                    /* this pickle took something from it */
	struct interned *imports;           /* open addressing, by written name */
	size_t import_count, import_room;
	bool keeps_readings;
	struct reading *readings, **last_reading;   /* every import in order, when they are kept */

	bool frame_crossed, frame_nested, frame_long;
	uint64_t frame_at;                  /* where the first of these was seen */
	bool probing;                       /* find out whether there is an import, keep nothing */
	bool expected;                      /* it is meant to be a pickle: when probing, names need not look like names */

	const char *why;                    /* why the last loader stopped, or NULL */
	uint64_t why_at;
};

/* `loaders`: whom to follow. */
void machine_init(struct machine *m, struct arena *arena, struct artifact *art, struct bytes in, uint32_t loaders);

/*
 * Walks one pickle from `pos`.  True when some loader reaches STOP: `*result`
 * is then the value it returns, and m->pos stands after the STOP.  False when
 * nobody does: m->why and m->why_at tell.
 */
bool machine_run(struct machine *m, uint64_t pos, struct value *result);

#endif
