#include "scan/scan.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sort.h"
#include "base/time.h"
#include "ledger/ledger.h"
#include "policy/judge.h"
#include "rules/rules.h"
#include "scan/dispatch.h"
#include "scan/evidence.h"
#include "scan/examine.h"
#include "scan/wire.h"
#include "scan/worker.h"

enum { HASH_STEP = 256 << 10, LARGE = 64 << 10, PROGRESS_AFTER_MS = 1000, PROGRESS_EVERY_MS = 200 };

struct scanning {
	const struct scan_options *options;
	struct assessment *out;
	struct sandbox *sandbox;
	bool ledger_failed;
	int64_t progress_ms;
};

/* ---- items ---- */

static struct item *add_item(struct assessment *a)
{
	if (a->item_count == a->item_room) {
		a->item_room = a->item_room ? a->item_room * 2 : 256;
		a->items = realloc(a->items, a->item_room * sizeof *a->items);
		if (!a->items)
			abort();
	}
	a->items[a->item_count] = (struct item){0};
	return &a->items[a->item_count++];
}

/* Over what the defect is and where in the file, not over where the file lies. */
static struct digest fingerprint(const struct item_finding *f, struct bytes inner_path)
{
	struct text t;

	text_init(&t, NULL);
	text_addf(&t, "%s\n", f->check->id);
	text_add(&t, inner_path);
	text_addf(&t, "\n%s", f->message);
	struct digest d = digest_of(text_bytes(&t));
	text_finish(&t);
	return d;
}

/* Inner paths become whole ones: "!/data.pkl" is "model.pt!/data.pkl". */
static void complete_findings(struct assessment *a, struct item *item)
{
	struct item_finding *list = (struct item_finding *)item->findings;

	for (size_t i = 0; i < item->finding_count; i++) {
		struct text path;
		list[i].fingerprint = fingerprint(&list[i], bytes_of(list[i].path));
		text_init(&path, &a->arena);
		text_add_string(&path, item->path);
		text_add_string(&path, list[i].path);
		list[i].path = text_string(&path);
	}
}

static void count_item(struct assessment *a, const struct item *item)
{
	a->verdicts[item->verdict]++;
	a->bytes += item->size;
	a->bytes_read += item->bytes_read;
	for (size_t i = 0; i < item->finding_count; i++)
		a->severities[item->findings[i].severity]++;
}

static void lose_ledger(struct scanning *s)
{
	s->ledger_failed = true;
	log_error("%s; the scan goes on, but what follows leaves no evidence", ledger_error(s->options->ledger));
}

static void finish_item(struct scanning *s, struct item *item)
{
	judge_item(item, s->out->loaders);
	count_item(s->out, item);
	if (s->options->ledger && !s->ledger_failed && !evidence_item(s->options->ledger, item))
		lose_ledger(s);
}

/* ---- what was not examined ---- */

/* One finding more: something kept the file from being examined. */
static void add_trouble(struct scanning *s, struct item *item, const char *what)
{
	struct arena *arena = &s->out->arena;
	struct item_finding *list = arena_alloc(arena, item->finding_count + 1, sizeof *list);
	struct item_finding *f = &list[item->finding_count];
	const struct check *check = check_with_id("file.unexamined");

	if (item->finding_count)
		memcpy(list, item->findings, item->finding_count * sizeof *list);
	*f = (struct item_finding){.check = check, .severity = check->severity, .verdict = check->verdict, .path = item->path,
				   .message = arena_string(arena, bytes_of(what))};
	f->fingerprint = fingerprint(f, BYTES(""));
	item->findings = list;
	item->finding_count++;
}

static void add_unreadable(struct scanning *s, const struct input *input)
{
	struct item *item = add_item(s->out);

	item->path = arena_string(&s->out->arena, bytes_of(input->path));
	add_trouble(s, item, input->trouble);
	finish_item(s, item);
}

/* ---- answers ---- */

static void show_progress(struct scanning *s, bool last)
{
	int64_t now = time_monotonic_ms();

	if (!s->options->show_progress || (!last && now < s->progress_ms))
		return;
	if (last) {
		if (s->progress_ms > 0 && now >= s->progress_ms - PROGRESS_EVERY_MS)
			fputs("\r\033[K", stderr);
		return;
	}
	s->progress_ms = now + PROGRESS_EVERY_MS;
	fprintf(stderr, "\rexamined %zu files, %zu of them dangerous\033[K", s->out->item_count, s->out->verdicts[VERDICT_DANGEROUS]);
	fflush(stderr);
}

static bool hash_descriptor(int fd, struct digest *out)
{
	unsigned char *buffer = malloc(HASH_STEP);
	struct hasher h;
	ssize_t n = 0;

	if (!buffer)
		abort();
	hasher_begin(&h);
	for (off_t at = 0; (n = pread(fd, buffer, HASH_STEP, at)) > 0; at += n)
		hasher_add(&h, (struct bytes){buffer, (size_t)n});
	*out = hasher_end(&h);
	free(buffer);
	return n == 0;
}

/* The worker that should have told is gone: the digest at least is known. */
static void add_unexamined(struct scanning *s, struct item *item, const struct answer *a, const char *cause)
{
	char what[200];

	*item = (struct item){.path = a->path, .size = a->size, .hashed = true};
	if (a->fd >= 0)
		item->hashed = hash_descriptor(a->fd, &item->digest);
	else
		item->digest = digest_of(a->content);
	snprintf(what, sizeof what, "was not examined: %s", cause);
	add_trouble(s, item, what);
}

static void take_answer(const struct answer *a, void *context)
{
	struct scanning *s = context;
	struct item *item = add_item(s->out);

	item->path = a->path;
	if (a->cause) {
		add_unexamined(s, item, a, a->cause);
	} else if (!wire_read(a->wire, &s->out->arena, item)) {
		add_unexamined(s, item, a, "the worker gave no answer that makes sense");
	} else {
		complete_findings(s->out, item);
		if (a->changed)
			add_trouble(s, item, "changed while it was examined");
	}
	finish_item(s, item);
	show_progress(s, false);
}

/* ---- the whole ---- */

static int compare_items(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->path, ((const struct item *)b)->path);
}

/* Those this process may run on; what lists all of the machine's is a file. */
static unsigned core_count(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) == 0)
		return (unsigned)CPU_COUNT(&set);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	return cores < 1 ? 1 : (unsigned)cores;
}

static bool begin(struct scanning *s, struct worker_context *context)
{
	const struct scan_options *o = s->options;
	struct sandbox_settings settings = {
		.workers = o->workers ? o->workers : core_count(),
		.memory = examine_limits_default.memory * 2 + ((size_t)64 << 20),
		.patience_ms = o->patience_s * 1000,
		.work = worker_examine,
		.context = context,
	};

	s->sandbox = sandbox_create(&settings);
	if (!s->sandbox)
		return false;
	s->out->sandbox_gap = sandbox_gap(s->sandbox) ? arena_string(&s->out->arena, bytes_of(sandbox_gap(s->sandbox))) : NULL;
	if (s->out->sandbox_gap)
		log_warning("SANDBOX INCOMPLETE: this system gives the workers %s; files are examined all the same, and it is on record",
			    s->out->sandbox_gap);
	s->progress_ms = time_monotonic_ms() + PROGRESS_AFTER_MS;
	if (o->ledger && !evidence_begin(o->ledger, s->out, o->paths, o->path_count))
		lose_ledger(s);
	return true;
}

static void end(struct scanning *s)
{
	struct assessment *a = s->out;

	show_progress(s, true);
	sandbox_destroy(s->sandbox);
	sort(a->items, a->item_count, sizeof *a->items, compare_items);
	a->ended_ms = time_now_ms();
	if (!s->options->ledger)
		return;
	if (!s->ledger_failed && !evidence_end(s->options->ledger, a))
		lose_ledger(s);
	a->ledger_failed = s->ledger_failed;
	ledger_span(s->options->ledger, &a->ledger_first, &a->ledger_end);
}

/* Where no digest asks for the whole file, what lies around the bytes asked for is not read ahead either. */
static void give(struct scanning *s, struct dispatch *dispatch, const struct input *input)
{
	if (s->options->skip_digest && input->stat.st_size > LARGE)
		posix_fadvise(input->fd, 0, 0, POSIX_FADV_RANDOM);
	dispatch_give(dispatch, input, arena_string(&s->out->arena, bytes_of(input->path)));
}

struct run {
	struct scanning *scanning;
	bool good;
};

static void run(void *arg)
{
	struct run *r = arg;
	struct scanning *s = r->scanning;
	struct worker_context context = {.rules = s->options->rules, .skip_digest = s->options->skip_digest};
	struct input input;

	r->good = begin(s, &context);
	if (!r->good)
		return;
	struct dispatch *dispatch = dispatch_create(s->sandbox, take_answer, s);
	struct inputs *in = inputs_create(s->options->paths, s->options->path_count);
	while (inputs_next(in, &input)) {
		if (input.trouble)
			add_unreadable(s, &input);
		else
			give(s, dispatch, &input);
	}
	inputs_destroy(in);
	dispatch_finish(dispatch);
	dispatch_destroy(dispatch);
	end(s);
}

bool scan_run(const struct scan_options *options, struct assessment *out)
{
	struct scanning *s = calloc(1, sizeof *s);

	if (!s)
		abort();
	*out = (struct assessment){.rules_note = options->rules_note, .ledger = options->ledger_path, .command = options->command,
				   .started_ms = time_now_ms(), .rules = options->rules->digest, .loaders = options->loaders};
	arena_init(&out->arena, SIZE_MAX / 4);
	s->options = options;
	s->out = out;
	struct run r = {.scanning = s};
	bool whole = arena_run(&out->arena, run, &r);
	free(s);
	return whole && r.good;
}

void assessment_finish(struct assessment *a)
{
	free(a->items);
	arena_finish(&a->arena);
	a->items = NULL;
}

void scan_source(const struct source *source, const struct rules *rules, struct arena *results, struct examination *out)
{
	examine(source, rules, &examine_limits_default, results, out);
}
