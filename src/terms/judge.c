#include <stdio.h>

#include "terms/terms.h"

static bool is_among(struct names list, struct bytes name)
{
	for (size_t i = 0; i < list.count; i++)
		if (bytes_equal(list.at[i], name))
			return true;
	return false;
}

/* The refusal, with the agreement's id before it and the clause, where the file names one, behind. */
PRINTF_LIKE(4, 5) static const char *refuse(const struct terms *t, char refusal[300], const char *field, const char *format, ...)
{
	char what[160];
	va_list list;

	va_start(list, format);
	vsnprintf(what, sizeof what, format, list);
	va_end(list);
	int len = snprintf(refusal, 300, "\"%.*s\" with %.*s %s", (int)(t->agreement.len > 40 ? 40 : t->agreement.len), (const char *)t->agreement.at,
			   (int)(t->provider.len > 40 ? 40 : t->provider.len), (const char *)t->provider.at, what);
	for (size_t i = 0; i < t->clause_count && len > 0 && len < 300; i++)
		if (bytes_same(t->clauses[i].field, field))
			snprintf(refusal + len, 300 - (size_t)len, " (%.*s)", (int)(t->clauses[i].text.len > 80 ? 80 : t->clauses[i].text.len), (const char *)t->clauses[i].text.at);
	return refusal;
}

static const char *judge_purposes(const struct terms *t, struct names purposes, char refusal[300])
{
	for (size_t i = 0; i < purposes.count; i++) {
		struct bytes purpose = purposes.at[i];
		if (!is_among(t->purposes, purpose))
			return refuse(t, refusal, "purposes", "does not cover the purpose \"%.*s\"", (int)(purpose.len > 60 ? 60 : purpose.len), (const char *)purpose.at);
	}
	return NULL;
}

/* Every region the provider may use has to be one that is allowed. */
static const char *judge_regions(const struct terms *t, struct names regions, char refusal[300])
{
	if (regions.count == 0)
		return NULL;
	if (t->regions.count == 0)
		return refuse(t, refusal, "region", "does not say in which region data stays");
	for (size_t i = 0; i < t->regions.count; i++) {
		struct bytes region = t->regions.at[i];
		if (!is_among(regions, region))
			return refuse(t, refusal, "region", "lets data go to the region \"%.*s\"", (int)(region.len > 60 ? 60 : region.len), (const char *)region.at);
	}
	return NULL;
}

const char *terms_judge(const struct terms *t, const struct terms_needs *needs, int64_t now_ms, char refusal[300])
{
	if (now_ms >= t->expires_ms)
		return refuse(t, refusal, "expires", "has lapsed");
	if (t->changed)
		return refuse(t, refusal, "text", "is not the text that was agreed to: the text has changed, or cannot be read");
	const char *why = judge_purposes(t, needs->purposes, refusal);
	if (!why)
		why = judge_regions(t, needs->regions, refusal);
	if (why)
		return why;
	if (needs->no_training && t->training)
		return refuse(t, refusal, "training", "lets the provider train on what it is sent");
	if (needs->no_onward_sale && t->onward_sale)
		return refuse(t, refusal, "onward-sale", "lets the provider sell what it is sent");
	if (needs->retention_most_ms >= 0 && t->retention_ms > needs->retention_most_ms)
		return refuse(t, refusal, "retention", "lets the provider keep what it is sent longer than is allowed");
	return NULL;
}
