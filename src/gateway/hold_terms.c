#include "gateway/hold_terms.h"

#include <string.h>

enum { WAIT_MS = 60000, WAIT_MOST_MS = 24 * 3600 * 1000, MOST = 32 };

/* Of all places: so that one caller leaves some to the others. */
static unsigned share_of(unsigned most)
{
	return (most + 3) / 4;
}

struct hold_terms hold_terms_usual(void)
{
	return (struct hold_terms){.wait_ms = WAIT_MS, .most = MOST, .most_of_one = share_of(MOST), .approvals = 1};
}

/* A key, or a map of a key and whose callers are its owner's. */
static void read_approver(struct settings *s, const struct yaml *item, struct hold_terms *h)
{
	bool plain = item->kind == YAML_IS_SCALAR;
	struct approver *a = &h->approvers[h->approver_count];

	if (!plain && !settings_know(s, item, "an approver", "key callers"))
		return;
	const char *key = plain ? NULL : settings_string(s, item, "key", "");
	if (!note_read_verifier(plain ? item->text : bytes_of(key), &a->key)) {
		settings_fail(s, item, "has an approver that is no public key as \"merlon attest make-key\" prints it");
		return;
	}
	if (!plain)
		a->callers = settings_names(s, item, "callers");
	/* Else one person could count as two. */
	for (size_t i = 0; i < h->approver_count; i++)
		if (strcmp(h->approvers[i].key.name, a->key.name) == 0 || memcmp(h->approvers[i].key.public_key, a->key.public_key, sizeof a->key.public_key) == 0)
			settings_fail(s, item, "has an approver twice: each has a name and a key of their own");
	h->approver_count++;
}

static void read_approvers(struct settings *s, const struct yaml *map, struct hold_terms *h)
{
	const struct yaml *v = yaml_member(map, "approvers");

	if (!v)
		return;
	h->approvers = arena_alloc(s->arena, v->count + 1, sizeof *h->approvers);
	if (v->kind == YAML_IS_LIST)
		yaml_each(v, it)
			read_approver(s, it, h);
	else
		read_approver(s, v, h);
	/* Else an empty list would mean that nobody has to sign. */
	if (h->approver_count == 0)
		settings_fail(s, v, "has no approvers in the list of those who may agree");
}

void hold_terms_check(struct settings *s, const struct yaml *where, const struct hold_terms *h, unsigned approvals)
{
	if (approvals > 1 && h->wait_ms > 0 && h->approver_count < approvals)
		settings_fail(s, where, "needs the approvals of %u persons, and names %zu \"approvers\" who could sign", approvals, h->approver_count);
}

void hold_terms_read(struct settings *s, const struct yaml *map, struct hold_terms *h)
{
	if (!map || !settings_know(s, map, "holds", "wait most most-of-one approvals approvers"))
		return;
	h->wait_ms = settings_duration(s, map, "wait", h->wait_ms);
	if (h->wait_ms > WAIT_MOST_MS)
		settings_fail(s, yaml_member(map, "wait"), "has callers wait for more than a day");
	h->most = (unsigned)settings_number(s, map, "most", h->most, 1, HOLDS_MOST);
	h->most_of_one = (unsigned)settings_number(s, map, "most-of-one", share_of(h->most), 1, h->most);
	h->approvals = (unsigned)settings_number(s, map, "approvals", 1, 1, APPROVALS_MOST);
	read_approvers(s, map, h);
	hold_terms_check(s, map, h, h->approvals);
}
