/*
 * judged POLICY LEDGER FILE...: recorded conversations (see exchange.c) through the inspector, as a gateway would
 * send them, and their verdicts into a ledger.  Prints what came out: bodies and streams in the form they went on in.
 */
#include <stdio.h>

#include "base/file.h"
#include "gateway/framing.h"
#include "inspector/inspector.h"
#include "ledger/ledger.h"
#include "policies/policies.h"
#include "syntax/json.h"

enum { FILE_MOST = 16 << 20, MEMORY = 256 << 20 };

struct talk {
	struct arena arena;
	const struct policy *policy;
	struct ledger *ledger;
	const struct dialect *dialect;
	const struct dialect_route *route;
	struct heading heading;
	struct exchange request, answer;
	struct inspection *inspection;
	bool denied;
};

static struct bytes take_line(struct bytes *in)
{
	size_t end = bytes_find_byte(*in, '\n');
	struct bytes line = bytes_slice(*in, 0, end);

	*in = bytes_from(*in, end + 1);
	return line;
}

static struct bytes no_field(const struct heading *h, const char *name)
{
	(void)h;
	(void)name;
	return BYTES("");
}

static void print(struct bytes b)
{
	fwrite(b.at, 1, b.len, stdout);
}

static void print_ruling(struct talk *t, const char *what, struct ruling r)
{
	t->denied |= r.measure >= MEASURE_HOLD;
	printf("%s: %s %.*s%s\n", what, measure_name(r.measure), (int)r.rule.len, r.rule.len ? (const char *)r.rule.at : "", r.edited ? ", edited" : "");
}

static void begin(struct talk *t, struct exchange *x)
{
	void *state = t->answer.state;

	exchange_init(x, &t->arena, t->dialect);
	x->route = t->route;
	x->asked = x == &t->request ? NULL : &t->request;
	x->state = state;
}

static void judge_stream(struct talk *t, struct bytes body)
{
	struct framing framing;
	struct framed event;
	struct bytes out;
	struct ruling r = {0};

	framing_init(&framing, t->dialect->framing, SIZE_MAX);
	if (!framing_feed(&framing, body))
		printf("an event is too long\n");
	while (!t->denied && framing_next(&framing, &t->arena, &event)) {
		struct exchange part;
		begin(t, &part);
		if (event.data.len > 0)
			t->dialect->event(&part, event.name, event.data);
		r = inspection_event(t->inspection, &part, event.raw, event.data);
		while (inspection_next(t->inspection, &out))
			print(out);
		t->denied |= r.measure >= MEASURE_HOLD;
	}
	if (!t->denied)
		r = inspection_end(t->inspection);
	while (inspection_next(t->inspection, &out))
		print(out);
	print_ruling(t, "stream", r);
	framing_finish(&framing);
}

static void judge_part(struct talk *t, struct bytes title, struct bytes body)
{
	bool request = bytes_start_with(title, BYTES("--- request")), stream = bytes_start_with(title, BYTES("--- stream"));
	struct exchange *x = request ? &t->request : &t->answer;
	struct text out;

	text_init(&out, &t->arena);
	if (!stream && body.len > 0)
		body.len--;
	begin(t, x);
	t->heading.status = request ? 0 : 200;
	if (stream) {
		judge_stream(t, body);
		return;
	}
	if (request)
		t->dialect->request(x, &t->heading, body);
	else
		t->dialect->answer(x, &t->heading, body);
	struct ruling r = request ? inspection_request(t->inspection, x, &out) : inspection_answer(t->inspection, x, &out);
	print_ruling(t, request ? "request" : "answer", r);
	if (r.edited)
		printf("%.*s\n", (int)out.len, out.at);
}

static void record(struct talk *t, const char *path)
{
	struct text body;

	text_init(&body, NULL);
	text_add_string(&body, "{\"id\":");
	text_add_json(&body, bytes_after_last(bytes_of(path), '/'));
	text_add_string(&body, ",\"policy\":");
	inspection_record(t->inspection, &(struct said){0}, &body);
	text_add_byte(&body, '}');
	if (!ledger_append(t->ledger, RECORD_EXCHANGE, text_bytes(&body)))
		printf("cannot be recorded\n");
	text_finish(&body);
}

static void judge_talk(struct talk *t, const char *path, struct bytes in)
{
	static const struct caller caller = {.name = {(const unsigned char *)"anna", 4}};
	const struct circumstances circumstances = {.caller = &caller, .at_ms = 1795312800000};

	while (in.len > 0 && in.at[0] == '#')
		take_line(&in);
	struct bytes line = take_line(&in);
	size_t space = bytes_find_byte(line, ' ');
	t->heading = (struct heading){.method = bytes_slice(line, 0, space), .path = bytes_from(line, space + 1), .field = no_field};
	in = bytes_from(in, bytes_start_with(in, BYTES("--- ")) ? 0 : bytes_find(in, BYTES("\n--- ")) + 1);
	t->dialect = dialect_for(&t->heading, &t->route);
	if (!t->dialect || t->route->action != ROUTE_EXAMINE)
		return;
	printf("%s\n", path);
	t->inspection = inspection_begin(&t->arena, t->policy, &circumstances);
	if (t->dialect->state_size > 0)
		t->answer.state = arena_alloc(&t->arena, 1, t->dialect->state_size);
	while (in.len > 0 && !t->denied) {
		struct bytes title = take_line(&in);
		size_t end = bytes_start_with(in, BYTES("--- ")) ? 0 : bytes_find(in, BYTES("\n--- ")) + 1;
		judge_part(t, title, bytes_slice(in, 0, end));
		in = bytes_from(in, end);
	}
	record(t, path);
}

static int judge_file(const struct policy *policy, struct ledger *ledger, const char *path)
{
	struct talk t = {.policy = policy, .ledger = ledger};
	struct text in;

	arena_init(&t.arena, MEMORY);
	text_init(&in, NULL);
	bool good = file_read(path, FILE_MOST, &in) == STATUS_OK;
	if (good)
		judge_talk(&t, path, text_bytes(&in));
	else
		perror(path);
	text_finish(&in);
	arena_finish(&t.arena);
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct arena arena;
	struct yaml_error error = {0};
	struct text file;
	char why[300] = "takes a policy, a ledger and recorded conversations";
	int status = 0;

	arena_init(&arena, MEMORY);
	text_init(&file, NULL);
	bool good = argc > 3 && file_read(argv[1], FILE_MOST, &file) == STATUS_OK;
	const struct policy *policy = good ? policies_read(&arena, text_bytes(&file), &error) : NULL;
	struct ledger *ledger = policy ? ledger_open(argv[2], LEDGER_APPEND, why, sizeof why) : NULL;
	if (!ledger)
		return fprintf(stderr, "judged: %s\n", good && !policy ? error.why : why), 1;
	for (int i = 3; i < argc; i++)
		status |= judge_file(policy, ledger, argv[i]);
	ledger_close(ledger);
	text_finish(&file);
	arena_finish(&arena);
	return status;
}
