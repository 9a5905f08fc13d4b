#include "ledger/publish.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "ledger/tiles.h"

enum { PATH_MOST = 4096 };

struct exporting {
	struct ledger *ledger;
	const char *directory;
	uint64_t size;              /* of the tree that is exported: the newest checkpoint's */
	struct text bundle;
	char *why;
	size_t room;
};

/* ---- paths ---- */

static bool make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		bool good = mkdir(path, 0755) == 0 || errno == EEXIST;
		*slash = '/';
		if (!good)
			return false;
	}
	return true;
}

/* 1234067 is x001/x234/067. */
static void add_number(struct text *t, uint64_t number)
{
	if (number >= 1000)
		for (uint64_t unit = 1000000000000000000u; unit >= 1000; unit /= 1000)
			if (number >= unit)
				text_addf(t, "x%03u/", (unsigned)(number / unit % 1000));
	text_addf(t, "%03u", (unsigned)(number % 1000));
}

static bool write_file(struct exporting *e, const char *path, struct bytes content)
{
	char whole[PATH_MOST];

	snprintf(whole, sizeof whole, "%s/%s", e->directory, path);
	if (make_folders(whole) && file_write(whole, 0644, content) == STATUS_OK)
		return true;
	snprintf(e->why, e->room, "cannot hold %s: %s", path, strerror(errno));
	return false;
}

/* tile/LEVEL/NUMBER, with ".p/WIDTH" when it is not full. */
static bool write_tile(struct exporting *e, const char *level, uint64_t number, unsigned width, struct bytes content)
{
	struct text path;

	text_init(&path, NULL);
	text_addf(&path, "tile/%s/", level);
	add_number(&path, number);
	if (width < TILE_WIDTH)
		text_addf(&path, ".p/%u", width);
	bool good = write_file(e, text_string(&path), content);
	text_finish(&path);
	return good;
}

/* ---- the tree ---- */

static bool export_level(struct exporting *e, unsigned level)
{
	uint64_t hashes = e->size >> (8 * level);
	char name[4];

	snprintf(name, sizeof name, "%u", level);
	for (uint64_t from = 0; from < hashes; from += TILE_WIDTH) {
		unsigned width = hashes - from < TILE_WIDTH ? (unsigned)(hashes - from) : TILE_WIDTH;
		struct bytes tile;
		if (!store_get_tile(ledger_store(e->ledger), level, from / TILE_WIDTH, &tile) || tile.len < width * sizeof(struct digest)) {
			snprintf(e->why, e->room, "cannot be filled: the ledger lacks a tile; verify it");
			return false;
		}
		if (!write_tile(e, name, from / TILE_WIDTH, width, bytes_slice(tile, 0, width * sizeof(struct digest))))
			return false;
	}
	return true;
}

static bool take_entry(void *context, uint64_t number, struct bytes record)
{
	struct exporting *e = context;

	if (number >= e->size)
		return false;
	text_add_byte(&e->bundle, (char)(record.len >> 8));
	text_add_byte(&e->bundle, (char)record.len);
	text_add(&e->bundle, record);
	unsigned width = (unsigned)(number % TILE_WIDTH) + 1;
	if (width < TILE_WIDTH && number + 1 < e->size)
		return true;
	bool good = write_tile(e, "entries", number / TILE_WIDTH, width, text_bytes(&e->bundle));
	text_clear(&e->bundle);
	return good;
}

static bool export_all(struct exporting *e, struct bytes checkpoint)
{
	struct text key;
	bool good = write_file(e, "checkpoint", checkpoint);

	text_init(&key, NULL);
	note_write_verifier(ledger_verifier(e->ledger), &key);
	text_add_byte(&key, '\n');
	good = good && write_file(e, "ledger.pub", text_bytes(&key));
	text_finish(&key);
	for (unsigned level = 0; good && level < TILE_LEVELS && e->size >> (8 * level) > 0; level++)
		good = export_level(e, level);
	return good && store_each_record(ledger_store(e->ledger), 0, take_entry, e) && e->why[0] == 0;
}

bool ledger_export(struct ledger *l, const char *directory, char *why, size_t room)
{
	struct exporting e = {.ledger = l, .directory = directory, .why = why, .room = room};
	struct bytes note;
	struct text checkpoint;

	why[0] = 0;
	text_init(&e.bundle, NULL);
	text_init(&checkpoint, NULL);
	store_begin_reading(ledger_store(l));
	bool good = ledger_checkpoint(l, &e.size, &note);
	if (good) {
		text_add(&checkpoint, note);
		good = export_all(&e, text_bytes(&checkpoint));
	} else {
		snprintf(why, room, "is not written: the ledger is empty");
	}
	store_rollback(ledger_store(l));
	text_finish(&checkpoint);
	text_finish(&e.bundle);
	return good;
}

/* ---- proofs ---- */

bool ledger_prove(struct ledger *l, uint64_t number, struct text *out)
{
	struct tile_reader reader = {.store = ledger_store(l)};
	struct merkle_proof proof;
	struct bytes note;
	uint64_t size;

	store_begin_reading(ledger_store(l));
	bool good = ledger_checkpoint(l, &size, &note) && number < size;
	struct text checkpoint;
	text_init(&checkpoint, NULL);
	text_add(&checkpoint, note);
	reader.size = size;
	good = good && merkle_prove_inclusion(tiles_subtree, &reader, number, size, &proof);
	store_rollback(ledger_store(l));
	if (good) {
		text_addf(out, "c2sp.org/tlog-proof@v1\nindex %llu\n", (unsigned long long)number);
		for (unsigned i = 0; i < proof.count; i++) {
			text_add_base64(out, digest_bytes(&proof.hashes[i]));
			text_add_byte(out, '\n');
		}
		text_add_byte(out, '\n');
		text_add(out, text_bytes(&checkpoint));
	}
	text_finish(&checkpoint);
	return good;
}
