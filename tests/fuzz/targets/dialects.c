/* What callers and upstreams send, to every dialect there is: as a request, an answer, and events of a stream. */
#include "syntax/json.h"
#include "types/dialect.h"

struct job {
	struct arena arena;
	const struct dialect *dialect;
	struct bytes in;
};

static struct bytes no_field(const struct heading *heading, const char *name)
{
	(void)heading;
	(void)name;
	return BYTES("");
}

/* A redactor rewrites the string at a piece's offset: it has to be that text which stands there. */
static void check_place(struct arena *arena, const struct exchange *x, const struct piece *p)
{
	struct json_reader r;

	if (p->fixed || p->text.len == 0 || p->kind == PIECE_OPAQUE || p->kind == PIECE_ECHO)
		return;
	json_begin(&r, bytes_from(x->body, p->offset));
	if (json_next(&r) != JSON_STRING || r.offset != 0 || !bytes_equal(json_text(arena, r.text, NULL), p->text))
		__builtin_trap();
}

static bool is_plain(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++) {
		unsigned char c = b.at[i];
		if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') && (c == 0 || !memchr("_-.:/+=", c, 7)))
			return false;
	}
	return true;
}

/* 2: all of the value and what is below it; 1: the value itself. */
static int covered(const struct exchange *x, const struct json *value)
{
	int most = 0;

	for (const struct piece *p = x->pieces; p && most < 2; p = p->next)
		if (p->offset == value->at && !p->ends)
			most = (p->fixed && p->text.len > 0) || p->kind == PIECE_OPAQUE || p->kind == PIECE_ECHO ? 2 : 1;
	return most;
}

/* In what counts as examined, every text that is more than a word is somewhere in a piece. */
static void check_cover(const struct exchange *x, const struct json *value)
{
	int how = value->kind == JSON_IS_STRING && is_plain(value->text) ? 2 : covered(x, value);

	if (value->kind == JSON_IS_STRING && how == 0)
		__builtin_trap();
	if (how == 2)
		return;
	json_each(value, it)
		if (!bytes_same(it->key, "model"))
			check_cover(x, it);
}

static void check(struct arena *arena, const struct exchange *x)
{
	struct json_error error;
	bool openai = bytes_start_with(bytes_of(x->dialect->name), BYTES("openai")) || bytes_same(bytes_of(x->dialect->name), "vllm");

	for (const struct piece *p = x->pieces; p; p = p->next)
		if (!x->why && !p->ends)
			check_place(arena, x, p);
	const struct json *root = openai && !x->why && x->body.len > 0 && x->body.len < 4096 ? json_parse(arena, x->body, &error) : NULL;
	if (root)
		check_cover(x, root);
}

static void begin(struct job *job, struct exchange *x, const struct exchange *asked, void *state)
{
	exchange_init(x, &job->arena, job->dialect);
	x->route = job->dialect->routes;
	x->asked = asked;
	x->state = state;
}

static bool is_even(const struct list_reader *reader, struct bytes model)
{
	(void)reader;
	return model.len % 2 == 0;
}

/* What is left of a list is one, of which nothing more is left out. */
static void check_list(struct job *job, struct bytes line)
{
	const struct list_reader reader = {.may_see = is_even};
	struct exchange x;
	struct text out, rest;

	text_init(&out, &job->arena);
	text_init(&rest, &job->arena);
	begin(job, &x, NULL, NULL);
	job->dialect->list(&x, line, &reader, &out);
	if (x.why ? out.len > 0 : out.len > 0 && (job->dialect->list(&x, text_bytes(&out), &reader, &rest) > 0 || rest.len > 0 || x.why))
		__builtin_trap();
}

/* A line of a conversation: whatever it is, it may be sent as anything. */
static void send(struct job *job, struct bytes line, void *state)
{
	const struct dialect *d = job->dialect;
	struct heading heading = {.method = BYTES("POST"), .path = d->routes->path, .field = no_field};
	struct exchange request, x;
	struct text out;

	text_init(&out, &job->arena);
	begin(job, &request, NULL, NULL);
	d->request(&request, &heading, line);
	check(&job->arena, &request);
	d->refusal(&out, &request, "denied", "The policy denies it.");
	begin(job, &x, &request, state);
	heading.status = 200;
	d->answer(&x, &heading, line);
	check(&job->arena, &x);
	begin(job, &x, &request, state);
	d->event(&x, BYTES(""), line);
	check(&job->arena, &x);
	if (d->list)
		check_list(job, line);
	d->stop(&out, &x, "denied", "The policy denies it.");
	d->stop(&out, &x, "upstream_cut", "It was cut off.");
	if (!bytes_are_utf8(text_bytes(&out)))
		__builtin_trap();
}

static void body(void *arg)
{
	struct job *job = arg;
	void *state = arena_alloc(&job->arena, 1, job->dialect->state_size + 1);
	struct bytes left = job->in;

	while (left.len > 0) {
		size_t end = bytes_find_byte(left, '\n');
		struct bytes line = bytes_slice(left, 0, end);
		send(job, bytes_from(line, bytes_start_with(line, BYTES("data: ")) ? 6 : 0), state);
		left = bytes_from(left, end + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
	for (const struct dialect *const *d = dialects; *d; d++) {
		struct job job = {.dialect = *d, .in = {at, len}};
		arena_init(&job.arena, 64u << 20);
		arena_run(&job.arena, body, &job);
		arena_finish(&job.arena);
	}
	return 0;
}
