#include "types/finding.h"

#include "types/check.h"

void findings_init(struct findings *f, struct arena *arena, size_t most)
{
	*f = (struct findings){.arena = arena, .most = most};
	f->last = &f->first;
}

static struct finding *find_known(const struct findings *f, const struct check *check, const struct source *source, uint64_t offset, struct bytes message)
{
	for (struct finding *it = f->first; it; it = it->next)
		if (it->check == check && it->source == source && it->offset == offset && bytes_equal(it->message, message))
			return it;
	return NULL;
}

struct finding *findings_add_for(struct findings *f, uint32_t loaders, const struct check *check, const struct source *source, uint64_t offset, struct bytes message)
{
	struct finding *known = find_known(f, check, source, offset, message);

	if (known) {
		known->loaders = known->loaders && loaders ? known->loaders | loaders : 0;
		return NULL;
	}
	if (f->count++ >= f->most)
		return NULL;
	struct finding *new = arena_new(f->arena, struct finding);
	*new = (struct finding){.check = check, .severity = check->severity, .verdict = check->verdict, .loaders = loaders,
				.source = source, .offset = offset, .message = arena_copy(f->arena, message)};
	*f->last = new;
	f->last = &new->next;
	return new;
}

struct finding *findings_add(struct findings *f, const struct check *check, const struct source *source, uint64_t offset, struct bytes message)
{
	return findings_add_for(f, 0, check, source, offset, message);
}
