#include "scan/examine.h"

#include <stdlib.h>
#include <string.h>

#include "codecs/unpack.h"
#include "formats/zip/archive.h"

const struct examine_limits examine_limits_default = {
	.memory = (size_t)1 << 30, .unpacked = (uint64_t)512 << 20, .depth = 8, .members = 1 << 20, .findings = 100,
};

struct job {
	const struct rules *rules;
	const struct examine_limits *limits;
	struct arena work;          /* what a parser makes; given back file by file */
	struct arena *results;      /* what is left at the end */
	struct examination *out;
	uint64_t unpacked;
	bool members_noted;
};

struct claims {
	const struct format *format[FORMATS_PER_ITEM];
	size_t count;
};

static void examine_source(struct job *job, struct source *source, bool guessed, struct claims *claims);

/* ---- who claims it ---- */

struct probing {
	const struct format *const *at;     /* the next to be asked */
	const struct source *source;
	struct arena *arena;
	struct arena_mark mark;
	struct claims *claims;
	const struct format *text;
};

static bool is_text(const struct format *format)
{
	return strcmp(format->name, "text") == 0;
}

static void take_claim(struct probing *p, const struct format *format)
{
	if (is_text(format))
		p->text = format;
	else if (p->claims->count < FORMATS_PER_ITEM)
		p->claims->format[p->claims->count++] = format;
}

#ifdef __SANITIZE_ADDRESS__
enum { ASKED_ALL_THE_SAME = true };     /* tests hold the answers against each other */
#else
enum { ASKED_ALL_THE_SAME = false };
#endif

static bool is_spared(const struct source *source, const struct format *format)
{
	return format->may_claim && !format->may_claim(source);
}

/* Weights are many and large, and mostly begin like nothing else: then they are not looked at any further. */
static void probe(void *arg)
{
	struct probing *p = arg;
	const struct source *source = p->source;

	for (; *p->at; p->at++) {
		if (source->reader == READER_RAW && !ASKED_ALL_THE_SAME && is_spared(source, *p->at))
			continue;
		bool claims = (*p->at)->probe(source, p->arena) > 0;
		if (claims && ASKED_ALL_THE_SAME && is_spared(source, *p->at))
			abort();
		if (claims)
			take_claim(p, *p->at);
		arena_rewind(p->arena, p->mark);
	}
}

/* Who runs out of memory while looking may well be right. Text is what is left when nothing else claims it. */
static void find_claims(struct job *job, const struct source *source, struct claims *out)
{
	struct probing p = {.at = formats, .source = source, .arena = &job->work, .mark = arena_mark(&job->work), .claims = out};

	*out = (struct claims){0};
	while (!arena_run(&job->work, probe, &p)) {
		arena_rewind(&job->work, p.mark);
		take_claim(&p, *p.at++);
	}
	if (out->count == 0 && p.text)
		out->format[out->count++] = p.text;
}

struct listing {
	struct source *source;
	struct arena *arena;
};

static void list(void *arg)
{
	struct listing *l = arg;
	struct zip_archive *z = arena_new(l->arena, struct zip_archive);

	*z = zip_list(l->source, l->arena);
	l->source->zip = z;
}

/* Many formats are archives, and each asks what is in it. It lives as long as what the formats make. */
static void list_members(struct job *job, struct source *source)
{
	struct listing l = {source, &job->work};
	struct arena_mark mark = arena_mark(&job->work);

	if (source_begins_as_zip(source) && !arena_run(&job->work, list, &l))
		arena_rewind(&job->work, mark);
}

/* ---- what stands inside ---- */

static struct source *make_child(struct job *job, const struct source *parent, const struct part *part, struct bytes content)
{
	struct source *child = arena_new(job->results, struct source);
	struct text name;

	text_init(&name, job->results);
	if (part->name.len > 0)
		text_add(&name, part->name);
	else
		text_addf(&name, "@%llu", (unsigned long long)part->offset);
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] == 0)
			name.at[i] = '?';
	*child = (struct source){.name = text_string(&name), .inside = parent, .offset = part->offset, .content = content,
				 .reader = part->reader, .depth = parent->depth + 1, .mapped = parent->mapped};
	return child;
}

/* What is left to say of a part once its content is given back. */
struct part_result {
	enum unpack_end end;
	size_t len, used;
	bool checksum_wrong;
	const char *holds;          /* title of the format that claims it, text apart; or NULL */
};

static void note_packing(struct artifact *art, const struct part *part, const struct part_result *r)
{
	int shown = (int)(part->name.len < 80 ? part->name.len : 80);
	const char *name = (const char *)part->name.at;

	if (r->end == UNPACK_UNKNOWN)
		artifact_note(art, "file.unexamined", part->offset, "has a member \"%.*s\" packed in a way that is not known here", shown, name);
	else if (r->end == UNPACK_LIMIT)
		artifact_note(art, "file.unexamined", part->offset, "has a member \"%.*s\" that unpacks to more than the budget", shown, name);
	else if (r->end == UNPACK_CORRUPT && !part->guessed)
		artifact_note(art, "file.malformed", part->offset, "has a member \"%.*s\" whose packed data is damaged", shown, name);
	else if (r->end == UNPACK_WHOLE && part->has_crc && part->unpacked != r->len)
		artifact_note(art, "archive.header", part->offset, "has a member \"%.*s\" that says it has %llu bytes and has %llu", shown, name,
			      (unsigned long long)part->unpacked, (unsigned long long)r->len);
	else if (r->checksum_wrong)
		artifact_note(art, "archive.header", part->offset, "has a member \"%.*s\" whose checksum is wrong", shown, name);
}

static bool is_over_budget(struct job *job, struct artifact *art, const struct part *part)
{
	if (art->source->depth + 1 > job->limits->depth) {
		artifact_note(art, "file.unexamined", part->offset, "holds files within files more than %u deep; what is below was not examined",
			      job->limits->depth);
		return true;
	}
	if (job->out->members < job->limits->members)
		return false;
	if (!job->members_noted)
		artifact_note(art, "file.unexamined", part->offset, "holds more than %llu files; the rest was not examined",
			      (unsigned long long)job->limits->members);
	job->members_noted = true;
	return true;
}

struct part_job {
	struct job *job;
	const struct source *parent;
	const struct part *part;
	struct part_result result;
};

static void examine_content(void *arg)
{
	struct part_job *p = arg;
	struct job *job = p->job;
	const struct part *part = p->part;
	struct claims claims;
	struct unpacked u = unpack(&job->work, part->packing, part->value, part->unpacked, job->limits->unpacked - job->unpacked);

	p->result = (struct part_result){.end = u.end, .len = u.content.len, .used = u.used};
	if (part->packing != PACKING_NONE)
		job->unpacked += u.content.len;
	if (u.end == UNPACK_WHOLE && part->has_crc && part->reader != READER_RAW)
		p->result.checksum_wrong = checksum_crc32(u.content) != part->crc;
	examine_source(job, make_child(job, p->parent, part, u.content), part->guessed, &claims);
	if (part->guessed && claims.count > 0 && !is_text(claims.format[0]))
		p->result.holds = claims.format[0]->title;
}

/* Readers stop where the packed data ends. What goes on behind it is looked at in case it is a file; zeros only fill. */
static void note_rest(struct artifact *art, const struct part *part, const struct part_result *r)
{
	struct bytes rest = bytes_from(part->value, r->used);
	size_t zeros = 0;

	if (r->end != UNPACK_WHOLE || part->guessed || part->packing == PACKING_NONE || part->packing >= PACKING_BASE64)
		return;
	while (zeros < rest.len && rest.at[zeros] == 0)
		zeros++;
	if (zeros == rest.len)
		return;
	uint64_t at = part->offset + r->used + zeros;
	artifact_add(art, PART_EMBEDDED, at, BYTES(""), bytes_from(rest, zeros))->guessed = true;
	artifact_note(art, "file.tail", at, "goes on behind the end of its packed data");
}

/* Everything the child needs is given back at its end, and what it needed in the results unless something was found. */
static void examine_part(struct job *job, struct artifact *art, const struct part *part)
{
	struct part_job p = {.job = job, .parent = art->source, .part = part};
	struct arena_mark work = arena_mark(&job->work), results = arena_mark(job->results);
	size_t found = job->out->findings.count;

	if (is_over_budget(job, art, part))
		return;
	job->out->members += !part->guessed;
	bool whole = arena_run(&job->work, examine_content, &p);
	arena_rewind(&job->work, work);
	if (job->out->findings.count == found)
		arena_rewind(job->results, results);
	if (!whole)
		artifact_note(art, "file.unexamined", part->offset, "has a member \"%.*s\" that needs more memory than the budget",
			      (int)(part->name.len < 80 ? part->name.len : 80), (const char *)part->name.at);
	note_packing(art, part, &p.result);
	note_rest(art, part, &p.result);
	if (p.result.holds)
		artifact_note(art, "program.nested", part->offset, "carries a file in a value: %s", p.result.holds);
}

/* ---- one format's view ---- */

struct reading {
	struct job *job;
	struct artifact art;
	struct claims *claims;
};

static void parse(void *arg)
{
	struct reading *r = arg;

	r->art.format->parse(r->art.source, &r->art);
}

static void follow(void *arg)
{
	struct reading *r = arg;

	for (struct part *p = r->art.parts; p; p = p->next)
		if (p->kind == PART_EMBEDDED)
			examine_part(r->job, &r->art, p);
}

static void check(void *arg)
{
	struct reading *r = arg;
	struct subject subject = {.kind = SUBJECT_ARTIFACT, .artifact = &r->art, .rules = r->job->rules};

	for (const struct check *const *c = checks; *c; c++)
		check_run(*c, &subject, &r->job->out->findings);
}

/* Something said without the memory to say it in: it always fits. */
static void add_finding(struct job *job, const char *id, const struct source *source, const char *message)
{
	findings_add(&job->out->findings, check_with_id(id), source, 0, bytes_of(message));
}

static void run_step(struct reading *r, void (*step)(void *))
{
	if (!arena_run(&r->job->work, step, r))
		add_finding(r->job, "file.unexamined", r->art.source, "needs more memory to examine than the budget allows");
}

/* Bytes the format looked at. */
static uint64_t examine_as(struct job *job, const struct source *source, const struct format *format)
{
	struct reading r = {.job = job};

	artifact_init(&r.art, &job->work, source, format);
	r.art.unpack_most = job->limits->unpacked - job->unpacked;
	run_step(&r, parse);
	job->unpacked += r.art.unpacked;
	run_step(&r, follow);
	run_step(&r, check);
	return r.art.bytes_read;
}

/* ---- the file as a whole ---- */

/* Model archives are ZIPs by design; what stands behind a compressor has no say about the outside. */
static bool is_zip_by_design(const struct format *format)
{
	static const char *const names[] = {"pytorch", "torch-package", "keras", "skops", "mar"};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(format->name, names[i]) == 0)
			return true;
	return false;
}

static bool belong_together(const struct format *a, const struct format *b)
{
	return (is_zip_by_design(a) && strcmp(b->name, "zip") == 0) || (strcmp(a->name, "zip") == 0 && is_zip_by_design(b));
}

static bool is_expected(const struct claims *claims, struct bytes extension)
{
	for (size_t i = 0; i < claims->count; i++)
		if (format_expects(claims->format[i], extension))
			return true;
	return false;
}

/* The format for which the extension is most usual. */
static const struct format *who_expects(struct bytes extension)
{
	const struct format *best = NULL;
	unsigned best_place = 0;

	for (const struct format *const *f = formats; *f; f++) {
		unsigned place = format_expects(*f, extension);
		if (place == 0 || (best && place >= best_place))
			continue;
		best = *f;
		best_place = place;
	}
	return best;
}

/*
 * Text under the name of a model is no danger, but what its name promises is
 * missing: a pointer to a file kept elsewhere, or a download that went wrong.
 */
static void compare_name(struct job *job, const struct source *source, const struct claims *claims)
{
	enum { ITS_OWN = 3 };       /* the first extensions of a format are used for nothing else */
	struct bytes extension = source_extension(source);
	struct text t;

	/* What is known only by sight says itself what it is. */
	if (extension.len == 0 || claims->count == 0 || is_expected(claims, extension) || strcmp(claims->format[0]->name, "recognised") == 0)
		return;
	const struct format *promised = who_expects(extension);
	if (!promised)
		return;
	bool missing = is_text(claims->format[0]);
	if (missing && format_expects(promised, extension) > ITS_OWN)
		return;
	text_init(&t, job->results);
	text_addf(&t, "is named .%.*s, which promises %s, and holds %s", (int)extension.len, (const char *)extension.at, promised->title,
		  source->content.len ? claims->format[0]->title : "nothing");
	struct finding *f = findings_add(&job->out->findings, check_with_id("file.extension"), source, 0, text_bytes(&t));
	if (f && missing)
		f->verdict = VERDICT_INCONCLUSIVE;
}

static void compare_claims(struct job *job, const struct source *source, const struct claims *claims)
{
	struct text t;

	for (size_t i = 1; i < claims->count; i++) {
		if (belong_together(claims->format[0], claims->format[i]))
			continue;
		text_init(&t, job->results);
		text_addf(&t, "is a %s and a %s at once", claims->format[0]->title, claims->format[i]->title);
		findings_add(&job->out->findings, check_with_id("file.two-formats"), source, 0, text_bytes(&t));
		return;
	}
}

/* To find out what it is takes a look at its beginning, whoever asks; who reads it then mostly reads that again. */
static void count_read(struct job *job, const struct source *source, uint64_t parsed)
{
	enum { FIRST_LOOK = 512 };
	uint64_t looked = (source->looked->head > FIRST_LOOK ? source->looked->head : FIRST_LOOK) + source->looked->tail;

	looked = looked < source->content.len ? looked : source->content.len;
	job->out->bytes_read += looked > parsed ? looked : parsed;
}

static void examine_listed(struct job *job, const struct source *source, bool guessed, struct claims *claims)
{
	uint64_t parsed = 0;

	find_claims(job, source, claims);
	bool taken = !guessed || (claims->count > 0 && !is_text(claims->format[0]));
	for (size_t i = 0; i < claims->count && taken; i++)
		parsed += examine_as(job, source, claims->format[i]);
	count_read(job, source, parsed);
	if (guessed)
		return;
	if (claims->count == 0 && source->reader != READER_RAW)
		add_finding(job, "file.unknown", source, "is of no format that is examined here");
	compare_name(job, source, claims);
	compare_claims(job, source, claims);
}

static void examine_source(struct job *job, struct source *source, bool guessed, struct claims *claims)
{
	unsigned char first[SOURCE_FIRST], last[SOURCE_LAST];
	struct bytes all = source->content;
	struct looked looked = {0};

	source->looked = &looked;
	source->first = source_copy(source, all, first, sizeof first);
	source->last = source_copy(source, bytes_from(all, all.len > sizeof last ? all.len - sizeof last : 0), last, sizeof last);
	list_members(job, source);
	examine_listed(job, source, guessed, claims);
	source->first = source->last = BYTES("");
	source->zip = NULL;
	source->looked = NULL;
}

/* A large archive has many members, and each needs a little. */
enum { LARGE = 1 << 20 };

void examine(const struct source *source, const struct rules *rules, const struct examine_limits *limits,
	     struct arena *results, struct examination *out)
{
	struct job job = {.rules = rules, .limits = limits, .results = results, .out = out};
	struct source *whole = arena_new(results, struct source);
	struct claims claims;

	*whole = *source;
	*out = (struct examination){.size = source->content.len};
	findings_init(&out->findings, results, limits->findings);
	if (source->content.len > LARGE && bytes_start_with(source->content, BYTES("PK\3\4")))
		arena_init_large(&job.work, limits->memory);
	else
		arena_init(&job.work, limits->memory);
	examine_source(&job, whole, false, &claims);
	arena_finish(&job.work);
	out->format_count = claims.count;
	memcpy(out->formats, claims.format, sizeof claims.format);
}
