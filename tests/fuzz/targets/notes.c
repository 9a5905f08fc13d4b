/* What strangers hand in as text: JSON records, signed notes, keys, checkpoints. */
#include "ledger/note.h"
#include "syntax/json.h"

struct job {
	struct arena arena;
	struct bytes in;
};

/* What the tree says of a document, the tokenizer says too, however the bytes arrive. */
static void read_json(struct job *job)
{
	struct json_error error;
	bool whole = json_parse(&job->arena, job->in, &error) != NULL;
	struct json_reader r;
	enum json_token t;

	json_begin(&r, job->in);
	do
		t = json_next(&r);
	while (t > JSON_ERROR);
	if (whole && t != JSON_END)
		__builtin_trap();
	if (json_is_canonical(job->in) && !whole)
		__builtin_trap();
}

static void read_note(struct job *job)
{
	static const struct note_verifier nobody = {.name = "nobody", .type = NOTE_ED25519};
	struct note_verifier v;
	struct note_signer s;
	struct checkpoint c;
	struct text again;
	int64_t time_s;

	text_init(&again, &job->arena);
	if (note_read_verifier(job->in, &v))
		note_write_verifier(&v, &again);
	if (note_read_signer(job->in, &s))
		note_forget(&s);
	if (note_verify(&nobody, job->in, &time_s) == NOTE_GOOD)
		__builtin_trap();
	if (checkpoint_read(note_text(job->in), &c))
		checkpoint_write(&c, &again);
}

static void body(void *arg)
{
	read_json(arg);
	read_note(arg);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
	struct job job = {.in = {at, len}};

	arena_init(&job.arena, 64u << 20);
	arena_run(&job.arena, body, &job);
	arena_finish(&job.arena);
	return 0;
}
