#include "policy/recorded.h"

enum { RULE_MOST = 120 };

void recorded_write(const struct policy *policy, const struct facts *facts, bool observe, enum measure done, struct text *out)
{
	struct decision d;

	policy_decide(policy, facts, &d);
	text_add_byte(out, '{');
	text_add_member(out, "by", bytes_slice(d.rule, 0, RULE_MOST));
	text_add_member_word(out, "decision", measure_name(d.measure));
	text_add_member_hex(out, "digest", digest_bytes(policy_digest(policy)));
	text_add_member_word(out, "done", measure_name(done));
	text_add_key(out, "facts");
	facts_write(facts, out);
	text_add_member_word(out, "mode", observe ? "observe" : "enforce");
	text_add_member(out, "name", policy_name(policy));
	text_add_byte(out, '}');
}

bool recorded_read(struct arena *arena, const struct json *object, struct recorded *out)
{
	int decision = measure_from_name(json_string(object, "decision")), done = measure_from_name(json_string(object, "done"));

	if (decision < 0 || done < 0 || !json_member(object, "facts"))
		return false;
	*out = (struct recorded){.decision = (enum measure)decision, .done = (enum measure)done, .by = json_string(object, "by"), .name = json_string(object, "name"),
				 .digest = json_string(object, "digest"), .observe = bytes_same(json_string(object, "mode"), "observe")};
	out->facts = facts_read(arena, json_member(object, "facts"));
	return out->facts && out->digest.len == 2 * sizeof(struct digest);
}
