#include "policy/recorded.h"

enum { RULE_MOST = 120 };

void recorded_write(const struct policy *policy, const struct facts *facts, const struct said *said, bool observe, enum measure done, struct text *out)
{
	struct decision d;

	policy_decide(policy, facts, &d);
	text_add_byte(out, '{');
	text_add_member(out, "by", bytes_slice(d.rule, 0, RULE_MOST));
	text_add_member_word(out, "decision", measure_name(d.measure));
	text_add_member_hex(out, "digest", digest_bytes(policy_digest(policy)));
	text_add_member_word(out, "done", measure_name(done));
	text_add_key(out, "facts");
	facts_write(facts, said, out);
	text_add_member_word(out, "mode", observe ? "observe" : "enforce");
	text_add_member(out, "name", policy_name(policy));
	text_add_byte(out, '}');
}

/* As the gateway writes them (gateway/evidence.c). */
static struct said said_of(const struct json *exchange)
{
	const struct json *request = json_member(exchange, "request");
	struct said said = {.caller = json_string(exchange, "caller"), .team = json_string(exchange, "caller-team"), .upstream = json_string(exchange, "upstream"),
			    .dialect = json_string(exchange, "dialect"), .model = json_string(request, "model"), .answered = json_string(json_member(exchange, "answer"), "model")};

	examined_read(request, "examined", &said.request);
	return said;
}

bool recorded_read(struct arena *arena, const struct json *exchange, struct recorded *out)
{
	const struct json *object = json_member(exchange, "policy");
	int decision = measure_from_name(json_string(object, "decision")), done = measure_from_name(json_string(object, "done"));
	struct said said = said_of(exchange);

	if (decision < 0 || done < 0 || !json_member(object, "facts"))
		return false;
	*out = (struct recorded){.decision = (enum measure)decision, .done = (enum measure)done, .by = json_string(object, "by"), .name = json_string(object, "name"),
				 .digest = json_string(object, "digest"), .observe = bytes_same(json_string(object, "mode"), "observe")};
	out->facts = facts_read(arena, json_member(object, "facts"), &said);
	return out->facts && out->digest.len == 2 * sizeof(struct digest);
}
