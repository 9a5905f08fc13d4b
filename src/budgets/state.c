#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "budgets/inside.h"
#include "syntax/json.h"

enum { FILE_MOST = 64 << 20, ARENA = 1 << 30, VERSION = 1, METRICS_MOST = 1000 };

size_t bucket_copy(const struct budgets *b, uint32_t bucket, struct counter out[BUCKET_SLOTS])
{
	size_t count = 0;

	board_lock(b->board);
	for (unsigned i = 0; i < BUCKET_SLOTS; i++)
		if (b->board->counters[bucket * BUCKET_SLOTS + i].name[0])
			out[count++] = b->board->counters[bucket * BUCKET_SLOTS + i];
	board_keep(b->board);
	return count;
}

/* ---- out ---- */

static void write_counter(const struct counter *c, bool first, struct text *out)
{
	text_add_string(out, first ? "\n{" : ",\n{");
	text_add_member(out, "budget", bytes_of(c->name));
	text_add_member(out, "subject", bytes_of(c->subject));
	text_add_member_hex(out, "key", (struct bytes){c->key, sizeof c->key});
	text_add_member_number(out, "window_ms", (uint64_t)c->window_ms);
	text_add_member_number(out, "window", (uint64_t)c->window);
	text_add_member_number(out, "requests", c->used.requests);
	text_add_member_number(out, "tokens", add_up(c->used.tokens, c->reserved.tokens));
	text_add_member_number(out, "cost", add_up(c->used.cost, c->reserved.cost));
	text_add_byte(out, '}');
}

bool budgets_save(const struct budgets *b, const char *path, int64_t now_ms, char why[160])
{
	struct counter copy[BUCKET_SLOTS];
	struct text out;
	bool first = true;

	text_init(&out, NULL);
	text_add_byte(&out, '{');
	text_add_member_number(&out, "version", VERSION);
	text_add_member_number(&out, "saved_ms", (uint64_t)now_ms);
	text_add_member_hex(&out, "salt", (struct bytes){b->board->salt, sizeof b->board->salt});
	text_add_key(&out, "counters");
	text_add_byte(&out, '[');
	for (uint32_t bucket = 0; bucket < BUCKETS; bucket++) {
		size_t count = bucket_copy(b, bucket, copy);
		for (size_t i = 0; i < count; i++, first = false)
			write_counter(&copy[i], first, &out);
	}
	text_add_string(&out, "]}\n");
	enum status status = file_write(path, 0600, text_bytes(&out));
	text_finish(&out);
	if (status != STATUS_OK)
		snprintf(why, 160, "cannot be written: %s", strerror(errno));
	return status == STATUS_OK;
}

/* ---- in ---- */

struct restoring {
	struct budgets *budgets;
	struct arena *arena;
	struct bytes in;
	const char *why;
};

static bool read_hex(struct bytes hex, unsigned char *out, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	if (hex.len != 2 * len)
		return false;
	for (size_t i = 0; i < hex.len; i++) {
		const char *digit = memchr(digits, hex.at[i], 16);
		if (!digit)
			return false;
		out[i / 2] = (unsigned char)(out[i / 2] << 4 | (digit - digits));
	}
	return true;
}

const struct limit *limit_named(const struct budgets *b, struct bytes name, int64_t window_ms)
{
	for (size_t i = 0; i < b->limit_count; i++)
		if (bytes_same(name, b->limits[i].name) && b->limits[i].window_ms == window_ms)
			return &b->limits[i];
	return NULL;
}

static bool restore_counter(struct restoring *r, const struct json *entry)
{
	struct budgets *b = r->budgets;
	struct counter new = {0};
	uint64_t window_ms, window;
	struct bytes subject = json_string(entry, "subject");

	if (!json_u64(json_member(entry, "window_ms"), &window_ms) || !json_u64(json_member(entry, "window"), &window) || window > INT64_MAX ||
	    !json_u64(json_member(entry, "requests"), &new.used.requests) || !json_u64(json_member(entry, "tokens"), &new.used.tokens) ||
	    !json_u64(json_member(entry, "cost"), &new.used.cost) || !read_hex(json_string(entry, "key"), new.key, sizeof new.key) || subject.len >= SUBJECT_MOST)
		return false;
	const struct limit *limit = window_ms > INT64_MAX ? NULL : limit_named(b, json_string(entry, "budget"), (int64_t)window_ms);
	if (!limit)
		return true;
	memcpy(new.name, limit->name, sizeof new.name);
	new.window_ms = limit->window_ms;
	new.window = (int64_t)window;
	if (subject.len)
		memcpy(new.subject, subject.at, subject.len);
	board_lock(b->board);
	uint32_t at = board_find(b->board, new.key, limit, 0);
	if (at < COUNTERS)
		*board_change_counter(b->board, at) = new;
	board_keep(b->board);
	return at < COUNTERS;
}

static void restore(void *arg)
{
	struct restoring *r = arg;
	struct json_error error;
	const struct json *root = json_parse(r->arena, r->in, &error), *counters = json_member(root, "counters");
	unsigned char salt[32] = {0};
	uint64_t version;

	r->why = "is no record of budgets";
	if (!root || error.duplicate || !json_u64(json_member(root, "version"), &version) || version != VERSION ||
	    !read_hex(json_string(root, "salt"), salt, sizeof salt) || !counters || counters->kind != JSON_IS_ARRAY)
		return;
	memcpy(r->budgets->board->salt, salt, sizeof salt);
	json_each(counters, it)
		if (!restore_counter(r, it))
			return;
	r->why = NULL;
}

bool budgets_restore(struct budgets *b, const char *path, char why[160])
{
	struct arena arena;
	struct text in;
	struct restoring r = {.budgets = b, .arena = &arena};

	text_init(&in, NULL);
	enum status status = file_read(path, FILE_MOST, &in);
	bool none = status == STATUS_IO && errno == ENOENT;
	if (status == STATUS_OK) {
		arena_init(&arena, ARENA);
		r.in = text_bytes(&in);
		if (!arena_run(&arena, restore, &r))
			r.why = "is too large";
		arena_finish(&arena);
	} else if (!none) {
		r.why = file_trouble(status);
	}
	text_finish(&in);
	if (r.why)
		snprintf(why, 160, "%s", r.why);
	return !r.why;
}

/* ---- metrics ---- */

static void write_label(struct text *out, const char *name, struct bytes value)
{
	text_addf(out, "%s=\"", name);
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] == '"' || value.at[i] == '\\')
			text_add_byte(out, '\\');
		text_add_byte(out, (char)value.at[i]);
	}
	text_add_byte(out, '"');
}

static void write_sample(struct text *out, const char *metric, const struct limit *limit, const struct counter *c, const char *unit, uint64_t value)
{
	text_addf(out, "%s{", metric);
	write_label(out, "budget", bytes_of(limit->name));
	text_add_byte(out, ',');
	write_label(out, "subject", bytes_of(c->subject));
	text_addf(out, ",unit=\"%s\"} ", unit);
	text_add_number(out, value);
	text_add_byte(out, '\n');
}

struct column {
	const char *unit;
	uint64_t used, reserved, most;
};

static void write_columns(const struct limit *limit, const struct counter *c, struct text *used, struct text *reserved, struct text *most)
{
	const struct column columns[] = {
		{"requests", c->used.requests, 0, limit->most.requests}, {"tokens", c->used.tokens, c->reserved.tokens, limit->most.tokens},
		{"micro_cost", c->used.cost, c->reserved.cost, limit->most.cost}, {"exchanges", c->live, 0, limit->concurrent},
	};

	for (size_t i = 0; i < COUNT_OF(columns); i++) {
		if (columns[i].most == UINT64_MAX)
			continue;
		write_sample(used, "merlon_budget_used", limit, c, columns[i].unit, columns[i].used);
		if (columns[i].reserved)
			write_sample(reserved, "merlon_budget_reserved", limit, c, columns[i].unit, columns[i].reserved);
		write_sample(most, "merlon_budget_limit", limit, c, columns[i].unit, columns[i].most);
	}
}

static void write_family(struct text *out, const char *name, const char *kind, const char *help, struct text *samples)
{
	text_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
	text_add(out, text_bytes(samples));
	text_finish(samples);
}

void budgets_write_metrics(const struct budgets *b, struct text *out, int64_t now_ms)
{
	struct counter copy[BUCKET_SLOTS];
	struct text used, reserved, most;
	size_t total = 0;

	text_init(&used, NULL);
	text_init(&reserved, NULL);
	text_init(&most, NULL);
	for (uint32_t bucket = 0; bucket < BUCKETS; bucket++) {
		size_t count = bucket_copy(b, bucket, copy);
		for (size_t i = 0; i < count; i++) {
			const struct limit *limit = limit_named(b, bytes_of(copy[i].name), copy[i].window_ms);
			counter_roll(&copy[i], now_ms);
			if (total++ < METRICS_MOST && limit)
				write_columns(limit, &copy[i], &used, &reserved, &most);
		}
	}
	write_family(out, "merlon_budget_used", "gauge", "What was used in the present window; cost in millionths.", &used);
	write_family(out, "merlon_budget_reserved", "gauge", "What exchanges under way may use at most.", &reserved);
	write_family(out, "merlon_budget_limit", "gauge", "What may be used in a window.", &most);
	text_addf(out, "# HELP merlon_budget_counters Counters in use, of %d.\n# TYPE merlon_budget_counters gauge\nmerlon_budget_counters %zu\n", COUNTERS, total);
	text_addf(out, "# HELP merlon_budget_no_room_total Refused because there was no room to count.\n# TYPE merlon_budget_no_room_total counter\nmerlon_budget_no_room_total %llu\n",
		  (unsigned long long)b->board->refused_full);
}
