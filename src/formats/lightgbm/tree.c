/* A split's child is another split, or a leaf: then it is written as -1 minus the number of the leaf. */
#include "formats/lightgbm/tree.h"

#include <string.h>

#include "base/status.h"

enum { DECISION_CATEGORICAL = 1, FRACTION = -1 };

/* As LightGBM reads them: 32 bits. */
static bool to_integer(struct bytes word, int64_t *out)
{
	return numbers_parse(word, out) && *out >= INT32_MIN && *out <= INT32_MAX;
}

static struct bytes next_word(struct bytes *text)
{
	while (text->len > 0 && (text->at[0] == ' ' || text->at[0] == '\t'))
		*text = bytes_from(*text, 1);
	size_t len = bytes_find_byte(*text, ' ');
	struct bytes word = bytes_slice(*text, 0, len);
	*text = bytes_from(*text, len);
	return word;
}

/* `fractions`: what is no whole number is kept as FRACTION. */
static bool read_numbers(struct arena *arena, struct bytes text, bool fractions, struct numbers *out)
{
	struct bytes word;
	int64_t value;

	out->count = 0;
	while ((word = next_word(&text)).len > 0) {
		bool whole = to_integer(word, &value);
		if (!whole && !fractions)
			return false;
		numbers_add(arena, out, whole ? value : FRACTION);
	}
	return true;
}

bool lightgbm_numbers_read(struct arena *arena, struct bytes text, struct numbers *out)
{
	return read_numbers(arena, text, false, out);
}

static uint64_t count_words(struct bytes text)
{
	uint64_t count = 0;

	while (next_word(&text).len > 0)
		count++;
	return count;
}

void lightgbm_tree_clear(struct lightgbm_tree *t)
{
	for (size_t i = 0; i < NUMBERS_COUNT; i++)
		t->numbers[i].count = 0;
	memset(t->words, 0, sizeof t->words);
	t->leaves = t->categories = 0;
	t->linear = false;
}

/* ---- one line ---- */

static const struct list_name number_lines[] = {
	{"split_feature", NUMBERS_SPLIT}, {"decision_type", NUMBERS_DECISION}, {"left_child", NUMBERS_LEFT}, {"right_child", NUMBERS_RIGHT},
	{"cat_boundaries", NUMBERS_BOUNDARIES}, {"num_features", NUMBERS_LINEAR_COUNTS}, {"leaf_features", NUMBERS_LINEAR_FEATURES},
	{"threshold", NUMBERS_THRESHOLD},
};

static const struct list_name word_lines[] = {
	{"leaf_value", WORDS_LEAF_VALUE}, {"cat_threshold", WORDS_CATEGORIES}, {"leaf_const", WORDS_LINEAR_CONSTANTS}, {"leaf_coeff", WORDS_LINEAR_FACTORS},
};

bool lightgbm_tree_line(struct arena *arena, struct lightgbm_tree *t, struct bytes key, struct bytes value)
{
	const struct list_name *numbers = list_named(number_lines, COUNT_OF(number_lines), key), *words = list_named(word_lines, COUNT_OF(word_lines), key);
	int64_t n = 0;

	if (numbers)
		return read_numbers(arena, value, numbers->index == NUMBERS_THRESHOLD, &t->numbers[numbers->index]);
	if (words)
		t->words[words->index] = count_words(value);
	if (bytes_same(key, "num_leaves"))
		return to_integer(value, &t->leaves);
	if (bytes_same(key, "num_cat"))
		return to_integer(value, &t->categories);
	if (bytes_same(key, "is_linear")) {
		bool good = to_integer(value, &n);
		t->linear = n != 0;
		return good;
	}
	return true;
}

/* ---- the whole tree ---- */

static bool has_wrong_lengths(const struct lightgbm_tree *t)
{
	uint64_t splits = (uint64_t)t->leaves - 1;
	const struct numbers *n = t->numbers;

	if (t->words[WORDS_LEAF_VALUE] != (uint64_t)t->leaves || n[NUMBERS_SPLIT].count != splits || n[NUMBERS_THRESHOLD].count != splits)
		return true;
	return n[NUMBERS_LEFT].count != splits || n[NUMBERS_RIGHT].count != splits || (n[NUMBERS_DECISION].count != splits && n[NUMBERS_DECISION].count > 0);
}

/* Each categorical split names a run of the words in which a bit stands for a category. */
static bool has_wrong_categories(const struct lightgbm_tree *t)
{
	const struct numbers *b = &t->numbers[NUMBERS_BOUNDARIES], *decision = &t->numbers[NUMBERS_DECISION];

	if (t->categories > 0 && b->count != (uint64_t)t->categories + 1)
		return true;
	for (size_t i = 0; i < b->count; i++)
		if (b->at[i] < (i ? b->at[i - 1] : 0) || (uint64_t)b->at[i] > t->words[WORDS_CATEGORIES])
			return true;
	for (size_t i = 0; i < decision->count; i++) {
		int64_t place = t->numbers[NUMBERS_THRESHOLD].at[i];
		if (decision->at[i] & DECISION_CATEGORICAL && (place < 0 || place >= t->categories))
			return true;
	}
	return false;
}

/* Leaves with a linear model: so many features and factors each, one after the other. */
static bool has_wrong_linear(const struct lightgbm_tree *t)
{
	const struct numbers *counts = &t->numbers[NUMBERS_LINEAR_COUNTS], *features = &t->numbers[NUMBERS_LINEAR_FEATURES];
	uint64_t sum = 0;

	if (!t->linear)
		return false;
	for (size_t i = 0; i < counts->count; i++) {
		if (counts->at[i] < 0)
			return true;
		sum += (uint64_t)counts->at[i];
	}
	for (size_t i = 0; i < features->count; i++)
		if (features->at[i] < 0 || features->at[i] >= t->features)
			return true;
	return counts->count != (uint64_t)t->leaves || t->words[WORDS_LINEAR_CONSTANTS] != (uint64_t)t->leaves || features->count != sum ||
	       t->words[WORDS_LINEAR_FACTORS] != sum;
}

/* `seen` holds the splits first, then the leaves. */
static bool take_child(struct arena *arena, struct lightgbm_tree *t, int64_t child)
{
	int64_t splits = t->leaves - 1, place = child >= 0 ? child : splits - 1 - child;

	if (child >= splits || place >= splits + t->leaves || t->seen.at[place])
		return false;
	t->seen.at[place] = 1;
	if (child >= 0)
		numbers_add(arena, &t->stack, child);
	return true;
}

static const char *walk(struct arena *arena, struct lightgbm_tree *t)
{
	t->stack.count = t->seen.count = 0;
	for (int64_t i = 0; i < 2 * t->leaves - 1; i++)
		numbers_add(arena, &t->seen, i == 0);
	if (t->leaves > 1)
		numbers_add(arena, &t->stack, 0);
	while (t->stack.count > 0) {
		int64_t node = t->stack.at[--t->stack.count], feature = t->numbers[NUMBERS_SPLIT].at[node];
		if (!take_child(arena, t, t->numbers[NUMBERS_LEFT].at[node]) || !take_child(arena, t, t->numbers[NUMBERS_RIGHT].at[node]))
			return "has a tree whose nodes point outside of it, or in a circle";
		if (feature < 0 || feature >= t->features)
			return "has a tree that asks for a feature the model does not have";
	}
	return NULL;
}

const char *lightgbm_tree_check(struct arena *arena, struct lightgbm_tree *t)
{
	if (t->leaves < 1 || t->categories < 0 || has_wrong_lengths(t))
		return "has a tree whose lines are not as long as it says";
	if (has_wrong_categories(t))
		return "has a tree whose categories lie outside of its list";
	if (has_wrong_linear(t))
		return "has a tree whose linear models do not fit its leaves";
	return walk(arena, t);
}
