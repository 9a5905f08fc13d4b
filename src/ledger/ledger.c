#include "ledger/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/time.h"
#include "ledger/tiles.h"

enum { BATCH_RECORDS = 8192, BATCH_BYTES = 8 << 20, BATCH_MS = 250, KEY_FILE_MOST = 4096 };

struct ledger {
	struct store *store;
	struct note_signer signer;
	bool can_sign;
	struct tile_edge edge;
	bool edge_known;

	/* what was appended and not committed: kind, time and body, one after the other */
	struct text queue;
	size_t queued;
	int64_t queued_since_ms;

	struct text record, note;
	struct text time;           /* of the last record, as written: many are of one millisecond */
	int64_t time_ms;
	uint64_t first, end;
	char error[200];
};

/* ---- keys ---- */

static bool write_public_key(const struct ledger *l, const char *path)
{
	struct text text;

	text_init(&text, NULL);
	note_write_verifier(&l->signer.verifier, &text);
	text_add_byte(&text, '\n');
	bool good = file_write(path, 0644, text_bytes(&text)) == STATUS_OK;
	text_finish(&text);
	return good;
}

/* A new key under a random name; false with EEXIST when another process was faster. */
static bool make_key(struct ledger *l, const char *path)
{
	unsigned char random[8];
	char name[40] = "merlon/";
	struct text text;

	text_init(&text, NULL);
	bool good = RAND_bytes(random, sizeof random) == 1;
	for (size_t i = 0; i < sizeof random; i++)
		snprintf(name + strlen(name), 3, "%02x", random[i]);
	good = good && note_make_key(name, &l->signer);
	if (good) {
		note_write_signer(&l->signer, &text);
		text_add_byte(&text, '\n');
		good = file_create(path, 0600, text_bytes(&text)) == STATUS_OK;
		OPENSSL_cleanse(text.at, text.len);
	}
	text_finish(&text);
	return good;
}

static bool read_key(struct ledger *l, const char *path, bool private)
{
	struct text text;

	text_init(&text, NULL);
	bool good = file_read(path, KEY_FILE_MOST, &text) == STATUS_OK;
	int why = errno;
	good = good && (private ? note_read_signer(text_bytes(&text), &l->signer) : note_read_verifier(text_bytes(&text), &l->signer.verifier));
	if (text.at)
		OPENSSL_cleanse(text.at, text.len);
	text_finish(&text);
	errno = why;
	return good;
}

static bool load_keys(struct ledger *l, const char *directory, enum ledger_mode mode, char *why, size_t room)
{
	char path[4096], public_path[4096];

	snprintf(path, sizeof path, "%s/ledger.key", directory);
	snprintf(public_path, sizeof public_path, "%s/ledger.pub", directory);
	l->can_sign = mode == LEDGER_APPEND;
	if (mode == LEDGER_READ) {
		if (read_key(l, public_path, false))
			return true;
		snprintf(why, room, "has no readable ledger.pub, the key its checkpoints are verified with");
		return false;
	}
	bool have = read_key(l, path, true) || make_key(l, path) || (errno == EEXIST && read_key(l, path, true));
	if (!have && access(path, F_OK) == 0)
		snprintf(why, room, "has a ledger.key that cannot be read or is damaged");
	else if (!have || (access(public_path, F_OK) != 0 && !write_public_key(l, public_path)))
		snprintf(why, room, "cannot hold its keys: %s", strerror(errno));
	else
		return true;
	return false;
}

/* ---- opening ---- */

struct ledger *ledger_open(const char *directory, enum ledger_mode mode, char *why, size_t room)
{
	struct ledger *l = calloc(1, sizeof *l);
	char path[4096], store_why[160];

	if (!l)
		abort();
	text_init(&l->queue, NULL);
	text_init(&l->record, NULL);
	text_init(&l->note, NULL);
	text_init(&l->time, NULL);
	snprintf(path, sizeof path, "%s/ledger.sqlite", directory);
	bool fresh = mode == LEDGER_APPEND && access(path, F_OK) != 0;
	if (mode == LEDGER_APPEND && mkdir(directory, 0700) != 0 && errno != EEXIST) {
		snprintf(why, room, "cannot be made: %s", strerror(errno));
	} else if (mode == LEDGER_READ && access(path, F_OK) != 0) {
		snprintf(why, room, "holds no ledger");
	} else if (!(l->store = store_open(directory, mode == LEDGER_APPEND, store_why, sizeof store_why))) {
		snprintf(why, room, "cannot be opened as a ledger: %s", store_why);
	} else if (load_keys(l, directory, mode, why, room)) {
		if (!fresh || file_keep_folder(directory))
			return l;
		snprintf(why, room, "cannot be kept: %s", strerror(errno));
	}
	ledger_close(l);
	return NULL;
}

/* Of the folder it would be made in. */
static bool can_make(const char *directory)
{
	char parent[4096];
	size_t len = strlen(directory);
	struct stat about;

	/* A link that leads nowhere stands in its place. */
	if (lstat(directory, &about) == 0) {
		errno = EEXIST;
		return false;
	}
	while (len > 0 && directory[len - 1] == '/')
		len--;
	while (len > 0 && directory[len - 1] != '/')
		len--;
	snprintf(parent, sizeof parent, "%.*s.", (int)len, directory);
	return faccessat(AT_FDCWD, parent, W_OK | X_OK, AT_EACCESS) == 0;
}

bool ledger_can_use(const char *directory, const char *file, char *why, size_t room)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/%s", directory, file);
	bool odd = file_is_odd(path);
	if (!odd && (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0 || errno == ENOENT))
		return true;
	snprintf(why, room, "has a file %s that %s%s", file, odd ? "is no regular file" : "cannot be read and written: ", odd ? "" : strerror(errno));
	return false;
}

bool ledger_can_append(const char *directory, char *why, size_t room)
{
	static const char *const files[] = {"records.jsonl", "ledger.sqlite", "ledger.key"};
	char path[4096];

	if (access(directory, F_OK) != 0) {
		bool can = errno == ENOENT && can_make(directory);
		snprintf(why, room, "cannot be made: %s", can ? "" : strerror(errno));
		return can;
	}
	snprintf(path, sizeof path, "%s/.", directory);
	if (faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) != 0) {
		snprintf(why, room, "cannot be written to: %s", strerror(errno));
		return false;
	}
	bool good = true;
	for (size_t i = 0; good && i < COUNT_OF(files); i++)
		good = ledger_can_use(directory, files[i], why, room);
	return good;
}

void ledger_close(struct ledger *l)
{
	if (!l)
		return;
	if (l->queued > 0)
		ledger_commit(l);
	store_close(l->store);
	note_forget(&l->signer);
	text_finish(&l->queue);
	text_finish(&l->record);
	text_finish(&l->note);
	text_finish(&l->time);
	free(l);
}

/* ---- appending ---- */

struct queued_head {
	int64_t at_ms;
	uint32_t kind, len;
};

bool ledger_append(struct ledger *l, enum record_kind kind, struct bytes body)
{
	struct queued_head head = {.at_ms = time_now_ms(), .kind = kind, .len = (uint32_t)body.len};

	if (l->queued == 0)
		l->queued_since_ms = head.at_ms;
	text_add(&l->queue, (struct bytes){(const unsigned char *)&head, sizeof head});
	text_add(&l->queue, body);
	l->queued++;
	if (l->queued < BATCH_RECORDS && l->queue.len < BATCH_BYTES && head.at_ms - l->queued_since_ms < BATCH_MS)
		return true;
	return ledger_commit(l);
}

static bool fail(struct ledger *l, const char *what)
{
	snprintf(l->error, sizeof l->error, "%s: %s", what, store_error(l->store));
	store_rollback(l->store);
	l->edge_known = false;
	return false;
}

/* Another process may have appended since we last looked. */
static bool load_edge(struct ledger *l)
{
	uint64_t size;

	if (!store_size(l->store, &size))
		return false;
	if (l->edge_known && l->edge.size == size)
		return true;
	l->edge_known = tiles_load(l->store, size, &l->edge);
	return l->edge_known;
}

static struct bytes time_of(struct ledger *l, int64_t at_ms)
{
	if (l->time.len == 0 || l->time_ms != at_ms) {
		text_clear(&l->time);
		text_add_time(&l->time, at_ms);
		l->time_ms = at_ms;
	}
	return text_bytes(&l->time);
}

static void write_record(struct ledger *l, const struct queued_head *head, struct bytes body)
{
	struct text *t = &l->record;

	text_clear(t);
	text_add_string(t, "{\"at\":\"");
	text_add(t, time_of(l, head->at_ms));
	text_add_string(t, "\",\"body\":");
	text_add(t, body);
	text_add_string(t, ",\"kind\":\"");
	text_add_string(t, record_kind_name((enum record_kind)head->kind));
	text_add_string(t, "\",\"number\":");
	text_add_number(t, l->edge.size);
	text_add_byte(t, '}');
}

static bool write_queue(struct ledger *l)
{
	struct bytes left = text_bytes(&l->queue);

	while (left.len > 0) {
		struct queued_head head;
		memcpy(&head, left.at, sizeof head);
		write_record(l, &head, bytes_slice(left, sizeof head, head.len));
		left = bytes_from(left, sizeof head + head.len);
		struct bytes record = text_bytes(&l->record);
		store_put_record(l->store, record);
		if (!tiles_add(&l->edge, merkle_leaf(record), tiles_write, l->store))
			return false;
	}
	return tiles_each_of_edge(&l->edge, tiles_write, l->store);
}

static bool write_checkpoint(struct ledger *l)
{
	struct checkpoint c = {.origin = bytes_of(l->signer.verifier.name), .size = l->edge.size, .root = tiles_root(&l->edge)};

	text_clear(&l->note);
	checkpoint_write(&c, &l->note);
	note_sign(&l->signer, &l->note);
	return store_put_checkpoint(l->store, c.size, text_bytes(&l->note));
}

bool ledger_commit(struct ledger *l)
{
	if (l->queued == 0)
		return true;
	if (!store_begin(l->store))
		return fail(l, "the ledger cannot be written");
	if (!load_edge(l))
		return fail(l, "the ledger's tree cannot be read");
	uint64_t first = l->edge.size;
	if (!write_queue(l) || !write_checkpoint(l))
		return fail(l, "the ledger cannot be written");
	if (!store_commit(l->store))
		return fail(l, "the ledger cannot be written");
	if (l->end == 0)
		l->first = first;
	l->end = l->edge.size;
	text_clear(&l->queue);
	l->queued = 0;
	return true;
}

/* ---- looking ---- */

const char *ledger_error(const struct ledger *l)
{
	return l->error;
}

void ledger_span(const struct ledger *l, uint64_t *first, uint64_t *end)
{
	*first = l->first;
	*end = l->end;
}

struct store *ledger_store(struct ledger *l)
{
	return l->store;
}

const struct note_verifier *ledger_verifier(const struct ledger *l)
{
	return &l->signer.verifier;
}

bool ledger_checkpoint(struct ledger *l, uint64_t *size, struct bytes *note)
{
	struct stored_checkpoint newest;
	bool found = store_get_checkpoint(l->store, UINT64_MAX, &newest);

	*size = newest.size;
	*note = newest.note;
	return found;
}
