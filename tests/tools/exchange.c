/*
 * exchange FILE...: what the dialects make of recorded conversations.  A file holds
 *
 *   # which attack or honest conversation it is
 *   POST /v1/chat/completions
 *   Name: value                      any headers
 *   --- request                      the body until the next such line
 *   --- answer 200                   or: --- stream 200
 *
 * Prints every piece, of several files each under its name; after a stream also how it would be stopped there.
 */
#include <stdio.h>

#include "base/file.h"
#include "gateway/framing.h"
#include "types/dialect.h"

enum { FILE_MOST = 16 << 20, MEMORY = 256 << 20 };

struct talk {
	struct arena arena;
	struct bytes head;          /* header lines */
	struct heading heading;
	const struct dialect *dialect;
	const struct dialect_route *route;
	struct exchange request, answer;
	struct text out;
};

static struct bytes take_line(struct bytes *in)
{
	size_t end = bytes_find_byte(*in, '\n');
	struct bytes line = bytes_slice(*in, 0, end);

	*in = bytes_from(*in, end + 1);
	return line;
}

static struct bytes field(const struct heading *h, const char *name)
{
	struct bytes left = *(const struct bytes *)h->owner;

	while (left.len > 0) {
		struct bytes line = take_line(&left);
		size_t colon = bytes_find_byte(line, ':');
		if (bytes_equal_folded(bytes_slice(line, 0, colon), bytes_of(name)))
			return bytes_from(line, colon + 2);
	}
	return BYTES("");
}

static bool entry(const struct heading *h, size_t index, struct bytes *name, struct bytes *value)
{
	struct bytes left = *(const struct bytes *)h->owner, line = take_line(&left);

	while (index-- > 0)
		line = take_line(&left);
	size_t colon = bytes_find_byte(line, ':');
	*name = bytes_slice(line, 0, colon);
	*value = bytes_from(line, colon + 2);
	return line.len > 0;
}

/* ---- printing ---- */

static void show_piece(struct text *out, const struct piece *p)
{
	static const char *const kinds[] = {"text", "call", "definition", "opaque", "echo"};

	text_addf(out, "    %s %s trust %u at %llu", kinds[p->kind], channel_name(p->channel), p->trust, (unsigned long long)p->offset);
	if (p->name.len > 0) {
		text_add_string(out, " name ");
		text_add_printable(out, p->name, 200);
	}
	if (p->thread.len > 0) {
		text_add_string(out, " thread ");
		text_add_printable(out, p->thread, 200);
	}
	text_add_string(out, p->ends ? " ends" : "");
	text_add_string(out, p->repeats ? " repeats" : "");
	text_add_string(out, p->fixed ? " fixed" : "");
	text_add_string(out, p->provider ? " provider" : "");
	text_add_string(out, p->listed ? " listed" : "");
	text_add_string(out, p->unsound ? " unsound" : "");
	text_add_string(out, p->within ? " within" : "");
	text_add_string(out, ": ");
	text_add_printable(out, p->text, 400);
	text_add_byte(out, '\n');
}

static void show(struct text *out, const struct exchange *x)
{
	text_addf(out, " examined %s", examined_name(exchange_examined(x, x->body.len)));
	if (x->model.len > 0) {
		text_add_string(out, " model ");
		text_add_printable(out, x->model, 200);
	}
	if (x->operation.len > 0) {
		text_add_string(out, " operation ");
		text_add_printable(out, x->operation, 200);
	}
	if (x->revision.len > 0) {
		text_add_string(out, " revision ");
		text_add_printable(out, x->revision, 200);
	}
	text_add_string(out, x->stream ? " stream" : "");
	text_add_string(out, x->endless ? " endless" : "");
	text_add_string(out, x->ended ? " ended" : "");
	if (x->most_output)
		text_addf(out, " most-output %llu", (unsigned long long)x->most_output);
	if (x->choices)
		text_addf(out, " choices %llu", (unsigned long long)x->choices);
	if (x->finish.len > 0) {
		text_add_string(out, " finish ");
		text_add_printable(out, x->finish, 200);
	}
	if (x->usage.known)
		text_addf(out, " tokens %llu %llu", (unsigned long long)x->usage.input, (unsigned long long)x->usage.output);
	if (x->why)
		text_addf(out, " why: it %s%s%s", x->why, x->code ? "; code " : "", x->code ? x->code : "");
	text_add_byte(out, '\n');
	for (const struct piece *p = x->pieces; p; p = p->next)
		show_piece(out, p);
}

/* ---- one conversation ---- */

static void begin_exchange(struct talk *t, struct exchange *x)
{
	void *state = t->answer.state;

	exchange_init(x, &t->arena, t->dialect);
	x->route = t->route;
	x->asked = x == &t->request ? NULL : &t->request;
	x->state = state;
}

static void read_stream(struct talk *t, struct bytes body)
{
	struct framing framing;
	struct framed event;
	unsigned number = 0;

	framing_init(&framing, t->dialect->framing, SIZE_MAX);
	if (!framing_feed(&framing, body))
		text_add_string(&t->out, "an event is too long\n");
	while (framing_next(&framing, &t->arena, &event)) {
		struct exchange part;
		begin_exchange(t, &part);
		part.model = t->answer.model;
		part.finish = t->answer.finish;
		part.usage = t->answer.usage;
		if (event.data.len > 0)
			t->dialect->event(&part, event.name, event.data);
		if (event.why)
			exchange_fail(&part, event.why);
		text_addf(&t->out, "  event %u:", ++number);
		show(&t->out, &part);
		t->answer.model = part.model;
		t->answer.finish = part.finish;
		t->answer.usage = part.usage;
		t->answer.ended |= part.ended;
	}
	text_add_string(&t->out, "stopped here:\n");
	t->dialect->stop(&t->out, &t->answer, "denied", "The policy denies it.");
	text_add_string(&t->out, "cut here:\n");
	t->dialect->stop(&t->out, &t->answer, "upstream_cut", "It was cut off.");
	framing_finish(&framing);
}

static void read_part(struct talk *t, struct bytes title, struct bytes body)
{
	bool request = bytes_start_with(title, BYTES("--- request")), stream = bytes_start_with(title, BYTES("--- stream"));

	text_add(&t->out, bytes_from(title, 4));
	text_add_byte(&t->out, ':');
	if (!stream && body.len > 0)
		body.len--;             /* the line end before the next part */
	if (request) {
		t->dialect->request(&t->request, &t->heading, body);
		show(&t->out, &t->request);
		text_add_string(&t->out, "refused: ");
		t->dialect->refusal(&t->out, &t->request, t->request.why ? "not_examined" : "denied", t->request.why ? t->request.why : "The policy denies it.");
		text_add_byte(&t->out, '\n');
		return;
	}
	begin_exchange(t, &t->answer);
	t->heading.status = stream || bytes_find(title, BYTES(" 2")) < title.len ? 200 : 400;
	if (stream) {
		text_add_byte(&t->out, '\n');
		read_stream(t, body);
		return;
	}
	t->dialect->answer(&t->answer, &t->heading, body);
	show(&t->out, &t->answer);
}

static void read_talk(struct talk *t, struct bytes in)
{
	while (in.len > 0 && in.at[0] == '#')
		take_line(&in);
	struct bytes line = take_line(&in);
	size_t space = bytes_find_byte(line, ' ');
	t->heading = (struct heading){.method = bytes_slice(line, 0, space), .path = bytes_from(line, space + 1), .field = field, .entry = entry, .owner = &t->head};
	t->head = bytes_slice(in, 0, bytes_start_with(in, BYTES("--- ")) ? 0 : bytes_find(in, BYTES("\n--- ")) + 1);
	in = bytes_from(in, t->head.len);
	t->dialect = dialect_for(&t->heading, &t->route);
	if (!t->dialect || t->route->action == ROUTE_DENY) {
		text_add_string(&t->out, "denied\n");
		return;
	}
	text_addf(&t->out, "%s\n", t->dialect->name);
	begin_exchange(t, &t->request);
	if (t->dialect->state_size > 0)
		t->answer.state = arena_alloc(&t->arena, 1, t->dialect->state_size);
	while (in.len > 0) {
		struct bytes title = take_line(&in);
		size_t end = bytes_start_with(in, BYTES("--- ")) ? 0 : bytes_find(in, BYTES("\n--- ")) + 1;
		read_part(t, title, bytes_slice(in, 0, end));
		in = bytes_from(in, end);
	}
}

static int show_file(const char *path)
{
	struct talk t = {0};
	struct text in;

	arena_init(&t.arena, MEMORY);
	text_init(&in, NULL);
	text_init(&t.out, NULL);
	if (file_read(path, FILE_MOST, &in) != STATUS_OK) {
		perror(path);
		return 1;
	}
	read_talk(&t, text_bytes(&in));
	fwrite(t.out.at, 1, t.out.len, stdout);
	text_finish(&t.out);
	text_finish(&in);
	arena_finish(&t.arena);
	return 0;
}

int main(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc; i++) {
		if (argc > 2)
			printf("== %s\n", argv[i]);
		status |= show_file(argv[i]);
	}
	return status;
}
