#include "inspector/inside.h"

/*
 * Texts of an answer that stand one behind the other in different places: parts
 * of content, blocks, items.  Most clients show them as one, so what begins in
 * one and ends in the next is looked for as well; only what crosses from one to
 * the next counts here, all else is found where it stands.
 */

enum { NEAR = FIND_LONGEST, TAIL_ROOM = 4 * NEAR, BORDERS = 4 };

struct joint {
	struct thread *thread;      /* what was looked at of them; NULL: there was only one so far */
	const void *last;           /* the text that was added to last; itself, where that is over */
	unsigned char tail[TAIL_ROOM];  /* what was said last, to begin with at the next border */
	size_t tail_len;
	uint64_t left;              /* so many bytes more belong to what may cross the last border */
	uint64_t borders[BORDERS];
	unsigned border_count;
};

bool joint_is_crossed(const struct joint *j, uint64_t from, uint64_t to)
{
	for (unsigned i = 0; i < BORDERS && i < j->border_count; i++)
		if (from < j->borders[i] && j->borders[i] < to)
			return true;
	return false;
}

/* Nothing that is looked for has these two bytes: what is open ends. */
static void close_joint(struct joint *j)
{
	if (j->left > 0)
		thread_add(j->thread, BYTES("\n\xFF"));
	j->left = 0;
}

static void add_border(struct inspection *i, struct joint *j, enum channel channel)
{
	size_t near = j->tail_len < NEAR ? j->tail_len : NEAR;

	if (!j->thread) {
		j->thread = thread_create(i);
		j->thread->channel = channel;
		j->thread->fixed = true;
		j->thread->joint = j;
	}
	if (j->left == 0)
		thread_add(j->thread, (struct bytes){j->tail + j->tail_len - near, near});
	j->borders[j->border_count++ % BORDERS] = j->thread->now;
	j->left = NEAR;
}

static void keep_tail(struct joint *j, struct bytes text)
{
	size_t old = j->tail_len < NEAR ? j->tail_len : NEAR;

	if (text.len > NEAR)
		text = bytes_from(text, text.len - NEAR);
	if (j->tail_len + text.len > TAIL_ROOM) {
		memmove(j->tail, j->tail + j->tail_len - old, old);
		j->tail_len = old;
	}
	if (text.len > 0)
		memcpy(j->tail + j->tail_len, text.at, text.len);
	j->tail_len += text.len;
}

struct thread *joint_add(struct inspection *i, const struct thread *t, struct bytes text)
{
	struct joint *j = i->joints[t->channel];

	if (!j)
		j = i->joints[t->channel] = arena_new(i->arena, struct joint);
	if (j->last && j->last != t)
		add_border(i, j, t->channel);
	j->last = t->whole ? (const void *)j : t;
	keep_tail(j, text);
	if (j->left == 0)
		return NULL;
	struct bytes near = bytes_slice(text, 0, j->left);
	thread_add(j->thread, near);
	if (near.len == j->left)
		close_joint(j);
	else
		j->left -= near.len;
	return j->thread;
}

void joints_part(struct inspection *i)
{
	for (unsigned c = 0; c < CHANNEL_COUNT; c++)
		if (i->joints[c]) {
			close_joint(i->joints[c]);
			i->joints[c]->last = NULL;
			i->joints[c]->tail_len = 0;
		}
}

void joints_end(struct inspection *i)
{
	for (unsigned c = 0; c < CHANNEL_COUNT; c++)
		if (i->joints[c] && i->joints[c]->thread)
			thread_end(i->joints[c]->thread);
}
