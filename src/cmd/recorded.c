#include "cmd/recorded.h"

#include "base/file.h"
#include "base/log.h"
#include "ledger/ledger.h"

enum { FILE_MOST = 4 << 20, ROW_MEMORY = 16 << 20 };

const struct policy *load_policy(struct arena *arena, const char *path)
{
	struct yaml_error error = {0};
	struct text file;

	if (!path)
		return policies_default(arena);
	text_init(&file, arena);
	enum status status = file_read(path, FILE_MOST, &file);
	if (status != STATUS_OK) {
		log_error("%s: cannot be read: %s", path, file_trouble(status));
		return NULL;
	}
	const struct policy *p = policies_read(arena, text_bytes(&file), &error);
	if (!p)
		log_error("%s:%u:%u: %s", path, error.line, error.column, error.why);
	return p;
}

struct walk {
	exchange_row *row;
	void *context;
	struct bytes record;
	uint64_t number;
	struct arena arena;
	bool more;
};

static void read_row(void *arg)
{
	struct walk *w = arg;
	struct json_error error;
	const struct json *root = json_parse(&w->arena, w->record, &error), *body = json_member(root, "body");
	struct recorded_exchange x = {.number = w->number, .id = json_string(body, "id")};

	if (!bytes_same(json_string(root, "kind"), "exchange"))
		return;
	x.judged = recorded_read(&w->arena, body, &x.recorded);
	w->more = w->row(w->context, &x);
}

static bool take_row(void *context, uint64_t number, struct bytes record)
{
	struct walk *w = context;

	w->number = number;
	w->record = record;
	arena_init(&w->arena, ROW_MEMORY);
	if (!arena_run(&w->arena, read_row, w))
		log_error("record %llu: is too large to be read", (unsigned long long)number);
	arena_finish(&w->arena);
	return w->more;
}

bool each_exchange(const char *directory, exchange_row *row, void *context)
{
	struct walk w = {.row = row, .context = context, .more = true};
	char why[300];
	struct ledger *l = ledger_open(directory, LEDGER_READ, why, sizeof why);

	if (!l) {
		log_error("%s: %s", directory, why);
		return false;
	}
	bool good = store_each_record(ledger_store(l), 0, take_row, &w);
	if (!good)
		log_error("%s: cannot be read: %s", directory, store_error(ledger_store(l)));
	ledger_close(l);
	return good;
}
