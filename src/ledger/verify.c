#include "ledger/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ledger/tiles.h"
#include "syntax/json.h"

struct verifying {
	struct ledger *ledger;
	struct ledger_outcome *out;
	struct tile_edge edge;                  /* as the records have it */
	struct text note;                       /* the next checkpoint to come */
	uint64_t note_size, note_end;
	bool has_note;
	uint64_t end;                           /* of the records so far, in bytes */
	struct checkpoint outside;
	bool has_outside;
};

PRINTF_LIKE(3, 4) static bool fault(struct verifying *v, uint64_t number, const char *format, ...)
{
	struct ledger_fault *f = &v->out->fault;
	va_list args;

	if (f->found)
		return false;
	f->found = true;
	f->number = number;
	va_start(args, format);
	vsnprintf(f->what, sizeof f->what, format, args);
	va_end(args);
	return false;
}

/* ---- tiles ---- */

/* The stored tile may hold more: what came after. A bad record is named by its number, a bad hash above by the first record under it. */
static bool compare_tile(void *context, unsigned level, uint64_t number, const struct digest *hashes, unsigned width)
{
	struct verifying *v = context;
	struct bytes stored;

	store_get_tile(ledger_store(v->ledger), level, number, &stored);
	size_t held = stored.len / sizeof *hashes, good = 0;
	while (good < width && good < held && memcmp(stored.at + good * sizeof *hashes, hashes[good].sha256, sizeof *hashes) == 0)
		good++;
	if (good == width)
		return true;
	uint64_t first = (number * TILE_WIDTH + good) << (8 * level);
	if (level > 0)
		return fault(v, first, good < held ? "and others have a tree whose upper levels do not fit the lower" : "and others have a tree with a tile missing");
	return fault(v, first, good < held ? "is not the one that was hashed into the tree: it was changed, or another stands in its place"
					   : "has no place in the stored tree: it was added, or the tree was cut");
}

/* ---- checkpoints on the way ---- */

static void next_checkpoint(struct verifying *v, uint64_t from)
{
	struct stored_checkpoint c;

	v->has_note = store_next_checkpoint(ledger_store(v->ledger), from, &c);
	text_clear(&v->note);
	text_add(&v->note, c.note);
	v->note_size = c.size;
	v->note_end = c.end;
}

static bool compare_checkpoint(struct verifying *v)
{
	struct checkpoint c;
	int64_t time_s;
	struct bytes note = text_bytes(&v->note);

	if (note_verify(ledger_verifier(v->ledger), note, &time_s) != NOTE_GOOD || !checkpoint_read(note_text(note), &c) || c.size != v->note_size)
		return fault(v, v->note_size, "is where a checkpoint stands whose signature does not fit ledger.pub");
	if (!tiles_each_of_edge(&v->edge, compare_tile, v))
		return false;
	struct digest root = tiles_root(&v->edge);
	if (!digest_equal(root, c.root))
		return fault(v, v->out->signed_size, "or one after it, before %llu, is not what was signed at %llu records",
			     (unsigned long long)v->note_size, (unsigned long long)v->note_size);
	if (v->note_end != v->end)
		return fault(v, v->note_size, "does not begin where the database says: readers would not find it");
	v->out->checkpoints++;
	v->out->signed_size = c.size;
	return true;
}

static bool compare_outside(struct verifying *v)
{
	struct digest root = tiles_root(&v->edge);

	if (!digest_equal(root, v->outside.root))
		return fault(v, 0, "or one before %llu is not what the checkpoint from outside was signed over", (unsigned long long)v->outside.size);
	v->out->witnessed = true;
	return true;
}

/* At each size for which somebody signed a root. */
static bool compare_signed(struct verifying *v)
{
	bool good = true;

	if (v->has_outside && v->outside.size == v->edge.size)
		good = compare_outside(v);
	while (good && v->has_note && v->note_size == v->edge.size) {
		good = compare_checkpoint(v);
		next_checkpoint(v, v->note_size + 1);
	}
	return good;
}

/* ---- records ---- */

/* The record's number as its own text has it: the last member. */
static bool number_of(struct bytes record, uint64_t *number)
{
	static const char key[] = ",\"number\":";
	size_t digits = 0;

	if (!bytes_end_with(record, BYTES("}")))
		return false;
	record.len--;
	while (digits < record.len && record.at[record.len - digits - 1] >= '0' && record.at[record.len - digits - 1] <= '9')
		digits++;
	return bytes_end_with(bytes_slice(record, 0, record.len - digits), BYTES(key)) && bytes_to_u64(bytes_from(record, record.len - digits), number);
}

static bool take_record(void *context, uint64_t number, struct bytes record)
{
	struct verifying *v = context;
	uint64_t said;
	bool says = number_of(record, &said);

	v->out->records++;
	v->end += record.len + 1;
	if (says && said != number)
		return fault(v, number, "is not in its place: there stands %llu", (unsigned long long)said);
	if (!tiles_add(&v->edge, merkle_leaf(record), compare_tile, v))
		return false;
	if (record.len > RECORD_MOST || !json_is_canonical(record))
		return fault(v, number, "is not canonical JSON");
	if (!says)
		return fault(v, number, "does not say which it is");
	return compare_signed(v);
}

static bool finish(struct verifying *v)
{
	uint64_t size = v->edge.size;

	if (!tiles_each_of_edge(&v->edge, compare_tile, v))
		return false;
	if (v->has_note)
		return fault(v, size, "and all after it are missing: a checkpoint was signed over %llu records", (unsigned long long)v->note_size);
	if (v->has_outside && !v->out->witnessed)
		return fault(v, size, "and all after it are missing: the checkpoint from outside was signed over %llu records", (unsigned long long)v->outside.size);
	if (size > 0 && v->out->signed_size != size)
		return fault(v, v->out->signed_size, "and those after it were never signed");
	return true;
}

/* ---- the whole ---- */

static bool read_outside(struct verifying *v, struct bytes outside, const struct note_verifier *witnesses, size_t count)
{
	int64_t time_s;
	bool good = note_verify(ledger_verifier(v->ledger), outside, &time_s) == NOTE_GOOD;

	for (size_t i = 0; i < count && !good; i++)
		good = note_verify(&witnesses[i], outside, &time_s) == NOTE_GOOD;
	v->has_outside = good && checkpoint_read(note_text(outside), &v->outside);
	return v->has_outside || fault(v, 0, "cannot be held against the checkpoint from outside: no signature on it is known");
}

bool ledger_verify(struct ledger *l, struct bytes outside, const struct note_verifier *witnesses, size_t witness_count,
		   struct ledger_outcome *out)
{
	struct verifying v = {.ledger = l, .out = out};
	struct store *store = ledger_store(l);
	bool readable = true;

	*out = (struct ledger_outcome){0};
	text_init(&v.note, NULL);
	if (outside.len == 0 || read_outside(&v, outside, witnesses, witness_count)) {
		store_begin_reading(store);
		next_checkpoint(&v, 1);
		readable = store_each_record(store, 0, take_record, &v);
		if (readable && !out->fault.found)
			finish(&v);
		out->beyond = store_beyond(store);
		store_rollback(store);
	}
	out->root = tiles_root(&v.edge);
	text_finish(&v.note);
	return readable;
}
