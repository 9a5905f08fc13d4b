#include "policy/judge.h"

const struct item_finding *judge_reason(const struct item *item, uint32_t loaders)
{
	const struct item_finding *worst = NULL;

	for (size_t i = 0; i < item->finding_count; i++) {
		const struct item_finding *f = &item->findings[i];
		if (f->verdict == VERDICT_CLEAN || !loader_concerned(f->loaders, loaders))
			continue;
		if (!worst || f->verdict > worst->verdict || (f->verdict == worst->verdict && f->severity > worst->severity))
			worst = f;
	}
	return worst;
}

static bool is_no_model(const struct item *item)
{
	struct bytes name = item->format_count == 1 ? bytes_of(item->formats[0]->name) : BYTES("");

	return bytes_same(name, "text") || bytes_same(name, "media");
}

/* What was left out may concern anybody. */
static enum verdict verdict_of(const struct item *item, const struct item_finding *worst, uint32_t loaders)
{
	enum verdict verdict = worst ? worst->verdict : VERDICT_CLEAN;
	bool doubtful = item->findings_left_out > 0 && (verdict == VERDICT_CLEAN || loaders);

	return doubtful && verdict < VERDICT_INCONCLUSIVE ? VERDICT_INCONCLUSIVE : verdict;
}

/*
 * Of the loaders that a finding speaks of, and of the careful ways to use
 * them.  What a program's own unpickler may be given is a plain pickle, and so
 * may be given to any of its kin.
 */
static void judge_by_loader(struct item *item)
{
	uint32_t told = 0;

	for (size_t i = 0; i < item->finding_count; i++)
		told |= item->findings[i].loaders;
	for (const struct loader *l = known_loaders; l->id; l++)
		if ((l->set | l->careless | (l->kin & LOADER_CUSTOMS)) & told)
			item->by_loader[item->loader_count++] = (struct loader_verdict){l, verdict_of(item, judge_reason(item, l->set), l->set)};
}

void judge_item(struct item *item, uint32_t asked)
{
	const struct item_finding *worst = judge_reason(item, asked);

	item->verdict = verdict_of(item, worst, asked);
	judge_by_loader(item);
	if (worst && worst->verdict == item->verdict)
		item->why = worst->message;
	else if (item->verdict == VERDICT_INCONCLUSIVE)
		item->why = "has more findings than are kept";
	else if (judge_reason(item, 0))
		item->why = "does nothing that is not allowed as far as the loaders asked about get";
	else
		item->why = is_no_model(item) ? "holds nothing that a model loader runs" : "was examined whole, and everything in it is allowed";
}

int judge_exit(const struct assessment *a, enum severity fail_on)
{
	bool incomplete = a->ledger_failed;

	for (size_t i = 0; i < a->item_count; i++) {
		incomplete |= a->items[i].verdict == VERDICT_INCONCLUSIVE;
		for (size_t k = 0; k < a->items[i].finding_count; k++) {
			const struct item_finding *f = &a->items[i].findings[k];
			if (!loader_concerned(f->loaders, a->loaders))
				continue;
			if (f->severity >= fail_on)
				return 1;
			incomplete |= f->verdict == VERDICT_INCONCLUSIVE;
		}
	}
	return incomplete ? 2 : 0;
}
