#include "reports/standing_text.h"

#include <string.h>

#include "base/date.h"

const struct standing_group standing_groups[] = {
	{"G0", "The frame of the guidelines"},
	{"G1", "Guideline 1: awareness and training"},
	{"G2", "Guideline 2: threat modelling and risk assessment"},
	{"G3", "Guideline 3: infrastructure security"},
	{"G4", "Guideline 4: supply chain and data security"},
	{"G5", "Guideline 5: testing and validation"},
	{"G6", "Guideline 6: defence from ML-specific attacks"},
	{"G7", "Guideline 7: updates and maintenance"},
	{"G8", "Guideline 8: compliance with standards and laws"},
	{"B", "What the workshop claims for AI in cybersecurity"},
	{"P", "The ethical principles"},
	{"Q", "The workshop's question: measures that can be verified"},
	{"W", "The dialogue: survey, round table, outcome paper"},
	{NULL, NULL},
};

bool standing_in_group(const struct control *control, const struct standing_group *group)
{
	size_t len = strlen(group->prefix);
	char next = control->id[len < strlen(control->id) ? len : strlen(control->id)];

	return strncmp(control->id, group->prefix, len) == 0 && (len == 1 || next == '.' || next == 0);
}

void text_add_counts(struct text *t, const size_t *counts)
{
	bool first = true;

	for (int v = STANDING_COUNT - 1; v >= 0; v--) {
		if (counts[v] == 0)
			continue;
		text_addf(t, "%s%zu %s", first ? "" : ", ", counts[v], standing_name((enum standing_verdict)v));
		first = false;
	}
}

static size_t passing_of_grade(const struct standing *s, char grade)
{
	size_t n = 0;

	for (size_t i = 0; i < s->item_count; i++)
		n += s->items[i].verdict == STANDING_PASS && s->items[i].control->grade == grade;
	return n;
}

void text_add_posture(struct text *t, const struct standing *s)
{
	text_addf(t, "%zu controls: ", s->item_count);
	text_add_counts(t, s->counts);
	text_addf(t, ". Of those that pass, %zu are enforced (E), %zu measured (M), %zu attested (A). ", passing_of_grade(s, 'E'),
		  passing_of_grade(s, 'M'), passing_of_grade(s, 'A'));
	if (s->oldest_ms) {
		text_add_string(t, "The oldest evidence is of ");
		text_add_time(t, s->oldest_ms);
		text_add_byte(t, '.');
	} else {
		text_add_string(t, "There is no evidence.");
	}
}
