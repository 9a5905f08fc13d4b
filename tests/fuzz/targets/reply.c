/* What a worker in an attacker's hands may send back: it is refused, or every report can be made of it. */
#include "policy/judge.h"
#include "scan/wire.h"
#include "types/report.h"

struct job {
	struct arena arena;
	struct bytes wire;
};

static void body(void *arg)
{
	struct job *job = arg;
	struct item item = {.path = "fuzz"};
	struct assessment a = {.items = &item, .item_count = 1};
	struct report_style style = {.width = 80};

	if (!wire_read(job->wire, &job->arena, &item))
		return;
	judge_item(&item, 0);
	for (const struct report *const *r = reports; *r; r++) {
		struct text out;
		text_init(&out, &job->arena);
		if ((*r)->assessment)
			(*r)->assessment(&a, &style, &out);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
	struct job job = {.wire = {at, len}};

	arena_init(&job.arena, 64u << 20);
	arena_run(&job.arena, body, &job);
	arena_finish(&job.arena);
	return 0;
}
