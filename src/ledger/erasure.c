#include "ledger/erasure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sort.h"
#include "ledger/salts.h"
#include "syntax/json.h"

enum { ID_DIGITS = 2 * EXCHANGE_ID, ROW_MEMORY = 16 << 20 };

/* Ids as records have them: small hexadecimal digits. */
struct ids {
	char (*at)[ID_DIGITS + 1];
	size_t count, room;
};

struct walk {
	const struct erasure *e;
	struct ids wanted, found, erased;       /* asked for; on record; erased already, as is on record */
	bool *lies_there;           /* of each that was found: its salt */
	struct arena arena;
	struct bytes record;
	bool unread;                /* one was too large, or could not be understood */
};

/* ---- ids ---- */

static void add_id(struct ids *s, struct bytes id)
{
	if (id.len != ID_DIGITS)
		return;
	if (s->count == s->room) {
		s->room = s->room ? 2 * s->room : 64;
		s->at = realloc(s->at, s->room * sizeof *s->at);
		if (!s->at)
			abort();
	}
	memcpy(s->at[s->count], id.at, ID_DIGITS);
	s->at[s->count++][ID_DIGITS] = 0;
}

static int by_text(const void *a, const void *b)
{
	return memcmp(a, b, ID_DIGITS);
}

static void put_in_order(struct ids *s)
{
	size_t kept = 0;

	sort(s->at, s->count, sizeof *s->at, by_text);
	for (size_t i = 0; i < s->count; i++)
		if (kept == 0 || by_text(s->at[i], s->at[kept - 1]) != 0)
			memmove(s->at[kept++], s->at[i], sizeof *s->at);
	s->count = kept;
}

/* Where it stands among them; or `count`. */
static size_t place_of(const struct ids *s, struct bytes id)
{
	const char (*at)[ID_DIGITS + 1] = id.len == ID_DIGITS && s->count > 0 ? bsearch(id.at, s->at, s->count, sizeof *s->at, by_text) : NULL;

	return at ? (size_t)(at - (const char (*)[ID_DIGITS + 1])s->at) : s->count;
}

static bool has(const struct ids *s, struct bytes id)
{
	return place_of(s, id) < s->count;
}

/* ---- which ones ---- */

static void read_row(void *arg)
{
	struct walk *w = arg;
	struct json_error error;
	const struct json *root = json_parse(&w->arena, w->record, &error), *body = json_member(root, "body");
	struct bytes kind = json_string(root, "kind"), id = json_string(body, "id");

	w->unread |= !root;
	if (bytes_same(kind, "erasure"))
		add_id(&w->erased, json_string(body, "exchange"));
	if (bytes_same(kind, "exchange") && (w->e->ids ? has(&w->wanted, id) : bytes_equal(json_string(body, "caller"), w->e->caller)))
		add_id(&w->found, id);
}

static bool take_row(void *context, uint64_t number, struct bytes record)
{
	struct walk *w = context;

	(void)number;
	w->record = record;
	arena_init(&w->arena, ROW_MEMORY);
	w->unread |= !arena_run(&w->arena, read_row, w);
	arena_finish(&w->arena);
	return true;
}

static bool find(struct ledger *l, struct walk *w, char *why, size_t room)
{
	for (size_t i = 0; i < w->e->id_count; i++)
		add_id(&w->wanted, bytes_of(w->e->ids[i]));
	put_in_order(&w->wanted);
	if (!store_each_record(ledger_store(l), 0, take_row, w)) {
		snprintf(why, room, "cannot be read: %s", store_error(ledger_store(l)));
		return false;
	}
	if (w->unread) {
		snprintf(why, room, "has a record that cannot be read: merlon ledger verify names it");
		return false;
	}
	put_in_order(&w->found);
	put_in_order(&w->erased);
	if (w->found.count == 0 && !w->e->ids) {
		snprintf(why, room, "has no exchange of a caller of that name on record; nothing was erased");
		return false;
	}
	for (size_t i = 0; i < w->e->id_count; i++)
		if (!has(&w->found, bytes_of(w->e->ids[i]))) {
			snprintf(why, room, "has no exchange \"%.40s\" on record; nothing was erased", w->e->ids[i]);
			return false;
		}
	return true;
}

/* ---- erasing ---- */

static bool is_meant(void *context, const unsigned char id[EXCHANGE_ID])
{
	const struct walk *w = context;
	struct text digits;

	text_init(&digits, NULL);
	text_add_hex(&digits, (struct bytes){id, EXCHANGE_ID});
	size_t place = place_of(&w->found, text_bytes(&digits));
	text_finish(&digits);
	if (place == w->found.count)
		return false;
	w->lies_there[place] = true;
	return true;
}

static bool record(struct ledger *l, const struct erasure *e, const char *id)
{
	struct text body;

	text_init(&body, NULL);
	text_add_byte(&body, '{');
	text_add_member(&body, "exchange", bytes_of(id));
	text_add_member(&body, "reason", e->reason);
	text_add_member_number(&body, "uid", e->uid);
	text_add_member(&body, "user", e->user);
	text_add_byte(&body, '}');
	bool good = ledger_append(l, RECORD_ERASURE, text_bytes(&body));
	text_finish(&body);
	return good;
}

/* What of it goes on record: that a salt was overwritten, once, and only where there was one. */
static bool record_all(struct ledger *l, const struct walk *w, struct erasure_outcome *out)
{
	bool good = true;

	for (size_t i = 0; good && i < w->found.count; i++) {
		bool before = has(&w->erased, bytes_of(w->found.at[i])), meant = !before && w->lies_there[i];
		good = !meant || record(l, w->e, w->found.at[i]);
		out->before += before;
		out->erased += meant;
		out->missing += !before && !meant;
	}
	return good && ledger_commit(l);
}

/* First it is done, then it is said: whoever is killed in between does both again. */
static bool erase(struct ledger *l, struct walk *w, int salts, struct erasure_outcome *out, char *why, size_t room)
{
	w->lies_there = calloc(w->found.count, sizeof *w->lies_there);
	if (!w->lies_there)
		abort();
	if (!salts_erase(salts, is_meant, w)) {
		snprintf(why, room, "has salts that cannot be overwritten: %s", strerror(errno));
		return false;
	}
	if (!record_all(l, w, out)) {
		snprintf(why, room, "cannot be written, so what was erased is not on record: %s", ledger_error(l));
		return false;
	}
	return true;
}

/* One after the other: what one erases, the next finds on record. */
bool ledger_erase(struct ledger *l, const struct erasure *e, struct erasure_outcome *out, char *why, size_t room)
{
	struct walk w = {.e = e};
	int salts = salts_open_to_erase(e->directory);

	*out = (struct erasure_outcome){0};
	if (salts < 0) {
		snprintf(why, room, "has salts that cannot be overwritten: %s", strerror(errno));
		return false;
	}
	bool good = find(l, &w, why, room) && erase(l, &w, salts, out, why, room);
	close(salts);
	free(w.lies_there);
	free(w.wanted.at);
	free(w.found.at);
	free(w.erased.at);
	return good;
}
