#include "tests/unit/test.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "terms/terms.h"

static const int64_t now_ms = 1799971200000ll;      /* 2027-01-15 */

#define DIGEST "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"     /* of "test" */
#define BEFORE "provider: P\nagreement: A-1\npurposes: [care, billing]\nretention: 30d\nregion: [eu, ch]\ntraining: yes\nonward-sale: yes\n"
#define AFTER "text: agreement.txt\ndigest: \"" DIGEST "\"\n"
#define CLAUSES "clauses: {purposes: section 3.2, region: annex B, expires: section 9, text: page 1, training: section 4.1, onward-sale: section 5, retention: section 6}\n"
#define GOOD BEFORE "expires: 2027-06-30\n" AFTER CLAUSES

static struct names names_of(struct bytes *list, const char *a, const char *b)
{
	size_t count = 0;

	if (a)
		list[count++] = bytes_of(a);
	if (b)
		list[count++] = bytes_of(b);
	return (struct names){list, count};
}

static void judge_each(void *arg)
{
	static const struct {
		const char *purposes[2], *regions[2];
		bool no_training, no_onward_sale;
		int64_t retention_most_ms, now_ms;
		const char *why;
	} cases[] = {
		{{0}, {0}, false, false, -1, 0, NULL},
		{{"care", "billing"}, {"eu", "ch"}, false, false, 30 * 86400000ll, 0, NULL},
		{{"care", "research"}, {0}, false, false, -1, 0, "\"A-1\" with P does not cover the purpose \"research\" (section 3.2)"},
		{{"Care"}, {0}, false, false, -1, 0, "does not cover the purpose \"Care\" (section 3.2)"},
		{{0}, {"eu"}, false, false, -1, 0, "lets data go to the region \"ch\" (annex B)"},
		{{0}, {0}, true, false, -1, 0, "lets the provider train on what it is sent (section 4.1)"},
		{{0}, {0}, false, true, -1, 0, "lets the provider sell what it is sent (section 5)"},
		{{0}, {0}, false, false, 29 * 86400000ll, 0, "longer than is allowed (section 6)"},
		{{0}, {0}, false, false, 0, 0, "longer than is allowed"},
		{{0}, {0}, false, false, -1, 1814313600000ll - 1, NULL},
		{{0}, {0}, false, false, -1, 1814313600000ll, "has lapsed (section 9)"},
	};
	struct terms terms;
	struct yaml_error error;
	char refusal[300];

	assert_true(terms_read(arg, BYTES(GOOD), &terms, &error));
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct bytes purposes[2], regions[2];
		struct terms_needs needs = {
			.purposes = names_of(purposes, cases[i].purposes[0], cases[i].purposes[1]), .regions = names_of(regions, cases[i].regions[0], cases[i].regions[1]),
			.no_training = cases[i].no_training, .no_onward_sale = cases[i].no_onward_sale, .retention_most_ms = cases[i].retention_most_ms,
		};
		const char *why = terms_judge(&terms, &needs, cases[i].now_ms ? cases[i].now_ms : now_ms, refusal);
		assert_true((why != NULL) == (cases[i].why != NULL));
		assert_true(!why || strstr(why, cases[i].why));
	}
}

static void judging(void **state)
{
	(void)state;
	with_arena(judge_each);
}

static void load_changed(void *arg)
{
	struct terms_needs nothing = {.retention_most_ms = -1};
	struct terms terms;
	struct yaml_error error;
	char folder[] = "/tmp/merlon-terms-XXXXXX", path[100], text[100], refusal[300];

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/p.yaml", folder);
	snprintf(text, sizeof text, "%s/agreement.txt", folder);
	assert_int_equal(file_write(path, 0600, BYTES(GOOD)), STATUS_OK);
	assert_int_equal(file_write(text, 0600, BYTES("test")), STATUS_OK);
	assert_true(terms_load(arg, path, &terms, &error));
	assert_null(terms_judge(&terms, &nothing, now_ms, refusal));
	assert_int_equal(file_write(text, 0600, BYTES("tesT")), STATUS_OK);
	assert_true(terms_load(arg, path, &terms, &error));
	assert_non_null(strstr(terms_judge(&terms, &nothing, now_ms, refusal), "has changed, or cannot be read (page 1)"));
	unlink(text);
	assert_true(terms_load(arg, path, &terms, &error));
	assert_non_null(terms_judge(&terms, &nothing, now_ms, refusal));
	unlink(path);
	assert_false(terms_load(arg, path, &terms, &error));
	rmdir(folder);
}

static void changed_texts(void **state)
{
	(void)state;
	with_arena(load_changed);
}

static void read_bad(void *arg)
{
	static const struct {
		const char *yaml, *why;
	} bad[] = {
		{"[]", "no map"},
		{BEFORE AFTER, "expires"},
		{BEFORE "expires: soon\n" AFTER, "expires"},
		{BEFORE "expires: 2027-06-30\ntext: x\n", "digest"},
		{BEFORE "expires: 2027-06-30\ntext: x\ndigest: \"sha256:9F\"\n", "digest"},
		{BEFORE "expires: 2027-06-30\n" AFTER "purpose: x\n", "only these can stand"},
		{BEFORE "expires: 2027-06-30\n" AFTER "clauses: {purpose: x}\n", "no field of it"},
		{"provider: P\nagreement: A\npurposes: []\nexpires: 2027-06-30\n", "\"purposes\""},
		{"provider: P\nagreement: A\npurposes: [a]\nregion: [eu]\nretention: long\nexpires: 2027-06-30\n", "\"retention\""},
		{"provider: P\nagreement: A\npurposes: [a]\nregion: [eu]\nretention: none\nexpires: 2027-06-30\n", "yes or no to \"training\""},
		{"provider: P\nagreement: A\npurposes: [a]\nregion: [eu]\nretention: none\ntraining: maybe\nexpires: 2027-06-30\n", "yes or no to \"training\""},
		{"agreement: A\nexpires: 2027-06-30\n", "\"provider\""},
	};
	struct terms terms;
	struct yaml_error error;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_false(terms_read(arg, bytes_of(bad[i].yaml), &terms, &error));
		if (!strstr(error.why, bad[i].why))
			print_error("%s: %s\n", bad[i].yaml, error.why);
		assert_non_null(strstr(error.why, bad[i].why));
	}
}

static void wrong_files(void **state)
{
	(void)state;
	with_arena(read_bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(judging), cmocka_unit_test(changed_texts), cmocka_unit_test(wrong_files)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
