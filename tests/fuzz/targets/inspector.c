/*
 * A stream cut anywhere: what goes out never holds, joined, what was to be
 * taken out of it; and a stream that never held it goes out byte for byte.
 *
 * Two bits of each byte of the input choose a letter, one whether it is
 * written as an escape, one whether the event ends behind it, one the choice
 * it belongs to, one whether it stands in arguments, one whether it is escaped
 * there once more.
 */
#include "inspector/inspector.h"
#include "policies/policies.h"
#include "syntax/json.h"

static const char policy[] =
	"policy: fuzz\nmodels: any\ntools: any\nhosts: any\n"
	"finds:\n  - {name: texts, texts: [abca, bbbbab]}\n  - {name: shape, shapes: [\"c[ab]{2,4}c\", \"dd{3,}\"]}\n  - {name: words, texts: [\"ddbdd\"], word: yes}\n"
	"rules:\n  - {name: all, finds: \"*\", measure: redact, placeholder: \"#\"}\n";

struct job {
	struct arena arena;
	struct bytes in;
};

/* The same by hand, and slowly. */
static bool is_found_at(struct bytes b)
{
	size_t n = 1;

	if (bytes_start_with(b, BYTES("abca")) || bytes_start_with(b, BYTES("bbbbab")) || bytes_start_with(b, BYTES("dddd")))
		return true;
	while (n < b.len && (b.at[n] == 'a' || b.at[n] == 'b'))
		n++;
	return b.at[0] == 'c' && n < b.len && b.at[n] == 'c' && n >= 3 && n <= 5;
}

static bool holds(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (is_found_at(bytes_from(b, i)))
			return true;
	return false;
}

/* As arguments stand, a backslash ends a word, whatever its escape means. */
static bool holds_word(struct bytes b)
{
	for (size_t i = 0; i + 5 <= b.len; i++)
		if (bytes_start_with(bytes_from(b, i), BYTES("ddbdd")) && (i == 0 || b.at[i - 1] == '#') && (i + 5 == b.len || b.at[i + 5] == '#' || b.at[i + 5] == '\\'))
			return true;
	return false;
}

/* What a client joins: of each choice its content, and its arguments. */
static void join(struct arena *arena, struct bytes stream, struct text joined[4])
{
	struct json_error error;

	for (size_t n = 0; n < 4; n++)
		text_init(&joined[n], arena);
	while (stream.len > 0) {
		size_t end = bytes_find(stream, BYTES("\n\n"));
		const struct json *root = json_parse(arena, bytes_slice(stream, 6, end - 6), &error), *choices = json_member(root, "choices");
		stream = bytes_from(stream, end + 2);
		if (!root)
			__builtin_trap();
		json_each(choices, it) {
			const struct json *delta = json_member(it, "delta"), *call = json_member(delta, "tool_calls");
			bool second = bytes_same(json_member(it, "index")->text, "1");
			text_add(&joined[second], json_string(delta, "content"));
			text_add(&joined[2 + second], json_string(json_member(call ? call->first : NULL, "function"), "arguments"));
		}
	}
}

struct stream {
	struct inspection *inspection;
	struct arena *arena;
	struct exchange asked;
	struct text in, out;
};

static void send(struct stream *s, struct bytes inside, bool second, bool call)
{
	const struct dialect *d = dialect_named(BYTES("openai-chat"));
	struct exchange part;
	struct text raw;
	struct bytes out;

	text_init(&raw, s->arena);
	text_addf(&raw, "data: {\"choices\":[{\"index\":%d,\"delta\":{", second);
	text_add_string(&raw, call ? "\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"" : "\"content\":\"");
	text_add(&raw, inside);
	text_add_string(&raw, call ? "\"}}]}}]}\n\n" : "\"}}]}\n\n");
	text_add(&s->in, text_bytes(&raw));
	exchange_init(&part, s->arena, d);
	part.asked = &s->asked;
	part.state = arena_alloc(s->arena, 1, d->state_size + 1);
	struct bytes data = bytes_slice(text_bytes(&raw), 6, raw.len - 8);
	d->event(&part, BYTES(""), data);
	inspection_event(s->inspection, &part, text_bytes(&raw), data);
	while (inspection_next(s->inspection, &out))
		text_add(&s->out, out);
}

/* As it stands, and, of arguments, as a tool reads it. What is taken out leaves new ends of words behind: those do not count. */
static bool any_holds(struct arena *arena, const struct text *t, bool arguments, bool words)
{
	struct bytes text = text_bytes(t), read = arguments ? json_text(arena, text, NULL) : text;

	return holds(text) || holds(read) || (words && (holds_word(text) || holds_word(read)));
}

static void check(struct stream *s)
{
	struct text in[4], out[4];
	bool found = false;

	join(s->arena, text_bytes(&s->in), in);
	join(s->arena, text_bytes(&s->out), out);
	for (size_t n = 0; n < 4; n++) {
		found |= any_holds(s->arena, &in[n], n >= 2, true);
		if (any_holds(s->arena, &out[n], n >= 2, false))
			__builtin_trap();
	}
	if (!found && !bytes_equal(text_bytes(&s->in), text_bytes(&s->out)))
		__builtin_trap();
}

static void body(void *arg)
{
	static const struct caller caller = {.name = {(const unsigned char *)"fuzz", 4}};
	struct circumstances circumstances = {.caller = &caller};
	struct job *job = arg;
	struct yaml_error error;
	struct stream s = {.arena = &job->arena};
	struct text inside;
	struct bytes out;

	s.inspection = inspection_begin(&job->arena, policies_read(&job->arena, BYTES(policy), &error), &circumstances);
	exchange_init(&s.asked, &job->arena, dialect_named(BYTES("openai-chat")));
	s.asked.choices = 2;
	text_init(&inside, &job->arena);
	inspection_request(s.inspection, &s.asked, &inside);
	text_clear(&inside);
	text_init(&s.in, &job->arena);
	text_init(&s.out, &job->arena);
	for (size_t i = 0; i < job->in.len; i++) {
		unsigned char b = job->in.at[i];
		bool call = b & 32, twice = call && (b & 64);
		text_addf(&inside, twice ? "\\\\u00%02x" : b & 4 ? "\\u00%02x" : "%c", 'a' + (b & 3));
		if (!(b & 8) && i + 1 < job->in.len)
			continue;
		send(&s, text_bytes(&inside), b & 16, call);
		text_clear(&inside);
	}
	inspection_end(s.inspection);
	while (inspection_next(s.inspection, &out))
		text_add(&s.out, out);
	check(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
	struct job job = {.in = {at, len < 4096 ? len : 4096}};

	arena_init(&job.arena, 256u << 20);
	arena_run(&job.arena, body, &job);
	arena_finish(&job.arena);
	return 0;
}
