#ifndef TESTS_UNIT_INSPECTION_H
#define TESTS_UNIT_INSPECTION_H

/* One exchange driven through the inspector as the gateway does it, in the words of a dialect. */
#include "inspector/inspector.h"
#include "policies/policies.h"
#include "syntax/json.h"

struct driven {
	struct arena *arena;
	const struct dialect *dialect;
	struct caller caller;
	struct circumstances circumstances;
	const struct policy *policy;
	struct inspection *inspection;
	struct exchange request, answer;
	struct text in, out;        /* the stream as it came, and as it left */
	struct text body;           /* an edited body */
	struct ruling ruling;
	size_t most_held;
};

static struct bytes no_field(const struct heading *heading, const char *name)
{
	(void)heading;
	(void)name;
	return BYTES("");
}

static inline void drive(struct driven *d, struct arena *arena, const char *dialect, const char *policy)
{
	struct yaml_error error = {0};

	*d = (struct driven){.arena = arena, .dialect = dialect_named(bytes_of(dialect))};
	d->caller = (struct caller){.name = BYTES("anna"), .team = BYTES("care")};
	d->circumstances = (struct circumstances){.caller = &d->caller, .route = BYTES("main"), .at_ms = 1795312800000};
	d->policy = policy ? policies_read(arena, bytes_of(policy), &error) : policies_default(arena);
	if (!d->policy)
		fail_msg("line %u: %s", error.line, error.why);
	d->inspection = inspection_begin(arena, d->policy, &d->circumstances);
	text_init(&d->in, arena);
	text_init(&d->out, arena);
	text_init(&d->body, arena);
	exchange_init(&d->answer, arena, d->dialect);
	if (d->dialect->state_size)
		d->answer.state = arena_alloc(arena, 1, d->dialect->state_size);
}

static inline void drive_request(struct driven *d, struct bytes body)
{
	struct heading heading = {.method = BYTES("POST"), .path = BYTES("/v1/chat/completions"), .field = no_field};

	exchange_init(&d->request, d->arena, d->dialect);
	d->dialect->request(&d->request, &heading, body);
	d->ruling = inspection_request(d->inspection, &d->request, &d->body);
}

static inline void drive_answer(struct driven *d, struct bytes body)
{
	struct heading heading = {.method = BYTES("POST"), .path = BYTES("/v1/chat/completions"), .status = 200, .field = no_field};

	d->dialect->answer(&d->answer, &heading, body);
	d->ruling = inspection_answer(d->inspection, &d->answer, &d->body);
}

static inline void drive_drain(struct driven *d)
{
	struct bytes out;

	while (inspection_next(d->inspection, &out))
		text_add(&d->out, out);
	if (inspection_held(d->inspection) > d->most_held)
		d->most_held = inspection_held(d->inspection);
}

/* One event with that data, framed as the dialect does; empty data: a comment. */
static inline void drive_event(struct driven *d, struct bytes data)
{
	struct exchange part;
	struct text raw;

	exchange_init(&part, d->arena, d->dialect);
	part.asked = &d->request;
	part.state = d->answer.state;
	text_init(&raw, d->arena);
	text_add_string(&raw, d->dialect->framing == FRAMING_LINES ? "" : data.len ? "data: " : ": comment");
	text_add(&raw, data);
	text_add_string(&raw, d->dialect->framing == FRAMING_LINES ? "\n" : "\n\n");
	text_add(&d->in, text_bytes(&raw));
	if (data.len > 0)
		d->dialect->event(&part, BYTES(""), data);
	d->ruling = inspection_event(d->inspection, &part, text_bytes(&raw), data);
	drive_drain(d);
}

/* A chunk of chat completions: `json` is the delta of that choice. */
static inline void drive_delta(struct driven *d, unsigned choice, struct bytes json)
{
	struct text data;

	text_init(&data, d->arena);
	text_addf(&data, "{\"model\":\"m\",\"choices\":[{\"index\":%u,\"delta\":", choice);
	text_add(&data, json);
	text_add_string(&data, ",\"finish_reason\":null}]}");
	drive_event(d, text_bytes(&data));
}

/* `inside`: of the JSON string, escapes as they are to be. */
static inline void drive_content(struct driven *d, unsigned choice, struct bytes inside)
{
	struct text data;

	text_init(&data, d->arena);
	text_add_string(&data, "{\"content\":\"");
	text_add(&data, inside);
	text_add_string(&data, "\"}");
	drive_delta(d, choice, text_bytes(&data));
}

static inline void drive_finish(struct driven *d, unsigned choice)
{
	struct text data;

	text_init(&data, d->arena);
	text_addf(&data, "{\"model\":\"m\",\"choices\":[{\"index\":%u,\"delta\":{},\"finish_reason\":\"stop\"}]}", choice);
	drive_event(d, text_bytes(&data));
}

static inline void drive_end(struct driven *d)
{
	d->ruling = inspection_end(d->inspection);
	drive_drain(d);
}

/* What a client makes of the stream: one member of the deltas of one choice, joined; `calls`: arguments of its first call. */
static inline struct bytes driven_text(struct driven *d, unsigned choice, bool calls)
{
	struct bytes left = text_bytes(&d->out);
	struct text joined;
	struct json_error error;

	text_init(&joined, d->arena);
	while (left.len > 0) {
		size_t end = bytes_find(left, BYTES("\n\n"));
		struct bytes data = bytes_slice(left, 6, end > 6 ? end - 6 : 0);
		left = bytes_from(left, end + 2);
		struct json *root = json_parse(d->arena, data, &error);
		json_each(json_member(root, "choices"), it) {
			uint64_t index = 0;
			json_u64(json_member(it, "index"), &index);
			const struct json *delta = json_member(it, "delta"), *call = json_member(delta, "tool_calls");
			if (index != choice)
				continue;
			text_add(&joined, calls ? json_string(json_member(call ? call->first : NULL, "function"), "arguments") : json_string(delta, "content"));
		}
	}
	return text_bytes(&joined);
}

#endif
