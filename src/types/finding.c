#include "types/finding.h"

#include "types/check.h"

void findings_init(struct findings *f, struct arena *arena, size_t most)
{
	*f = (struct findings){.arena = arena, .most = most};
	f->last = &f->first;
}

static bool is_known(const struct findings *f, const struct check *check, const struct source *source, uint64_t offset, struct bytes message)
{
	for (const struct finding *it = f->first; it; it = it->next)
		if (it->check == check && it->source == source && it->offset == offset && bytes_equal(it->message, message))
			return true;
	return false;
}

struct finding *findings_add(struct findings *f, const struct check *check, const struct source *source, uint64_t offset, struct bytes message)
{
	if (is_known(f, check, source, offset, message))
		return NULL;
	if (f->count++ >= f->most)
		return NULL;
	struct finding *new = arena_new(f->arena, struct finding);
	*new = (struct finding){.check = check, .severity = check->severity, .verdict = check->verdict,
				.source = source, .offset = offset, .message = arena_copy(f->arena, message)};
	*f->last = new;
	f->last = &new->next;
	return new;
}
