/*
 * XGBoost: boosted trees as numbers and texts.  Nothing in them runs, but
 * readers follow what the numbers say.
 */
#include "formats/xgboost/model.h"
#include "types/format.h"

static bool may_claim(const struct source *source)
{
	return source_may_be_text(source) || xgboost_binary_may_begin(source->first);
}

static int probe(const struct source *source, struct arena *arena)
{
	if (xgboost_binary_claims(source->content))
		return 90;
	return xgboost_document_claims(source->content, arena) ? 90 : 0;
}

static void parse(const struct source *source, struct artifact *art)
{
	if (xgboost_binary_claims(source->content))
		xgboost_binary_read(art, source->content);
	else
		xgboost_document_read(art, source->content);
}

const struct format format_xgboost = {
	.name = "xgboost",
	.title = "XGBoost model",
	.spec = "xgboost doc/model.schema, src/learner.cc, src/tree/tree_model.cc; ubjson.org draft 12",
	.extensions = "ubj xgb bst json bin",
	.may_claim = may_claim,
	.probe = probe,
	.parse = parse,
};
