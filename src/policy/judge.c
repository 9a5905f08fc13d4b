#include "policy/judge.h"

const struct item_finding *judge_reason(const struct item *item)
{
	const struct item_finding *worst = NULL;

	for (size_t i = 0; i < item->finding_count; i++) {
		const struct item_finding *f = &item->findings[i];
		if (f->verdict == VERDICT_CLEAN)
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

void judge_item(struct item *item)
{
	const struct item_finding *worst = judge_reason(item);

	item->verdict = worst ? worst->verdict : VERDICT_CLEAN;
	if (worst)
		item->why = worst->message;
	else
		item->why = is_no_model(item) ? "holds nothing that a model loader runs" : "was examined whole, and everything in it is allowed";
	if (item->findings_left_out > 0 && item->verdict == VERDICT_CLEAN) {
		item->verdict = VERDICT_INCONCLUSIVE;
		item->why = "has more findings than are kept";
	}
}

int judge_exit(const struct assessment *a, enum severity fail_on)
{
	bool incomplete = a->ledger_failed;

	for (size_t i = 0; i < a->item_count; i++) {
		incomplete |= a->items[i].verdict == VERDICT_INCONCLUSIVE;
		for (size_t k = 0; k < a->items[i].finding_count; k++) {
			if (a->items[i].findings[k].severity >= fail_on)
				return 1;
			incomplete |= a->items[i].findings[k].verdict == VERDICT_INCONCLUSIVE;
		}
	}
	return incomplete ? 2 : 0;
}
