#include "dialects/reading.h"

#include "base/sort.h"

enum { LABEL_MOST = 64 };

static const char other_case[] = "spells a key in letters of another case, which readers take differently";

/* Which words an object has for keys, if any: most of those it is asked for it has not. */
static inline uint64_t trace_of(enum word word)
{
	return UINT64_C(1) << word % 64;
}

void reading_mark(struct json *value)
{
	for (struct json *it = value->first; it; it = it->next) {
		it->mark = (uint16_t)word_of(it->key);
		value->marks |= trace_of(it->mark);
		reading_mark(it);
	}
}

const struct json *reading_member(const struct json *object, enum word name)
{
	if (!object || !(object->marks & trace_of(name)) || object->kind != JSON_IS_OBJECT)
		return NULL;
	json_each(object, it)
		if (it->mark == name)
			return it;
	return NULL;
}

struct bytes reading_member_text(const struct json *object, enum word name)
{
	const struct json *value = reading_member(object, name);

	return value && value->kind == JSON_IS_STRING ? value->text : BYTES("");
}

const struct json *reading_parse(struct exchange *x, struct bytes body)
{
	struct json_error error;
	struct json *root = json_parse(x->arena, body, &error);

	x->body = body;
	if (!root)
		exchange_fail(x, "is no JSON");
	else if (error.duplicate)
		exchange_fail(x, "has a key twice in one object, which readers take differently");
	else if (root->kind != JSON_IS_OBJECT)
		exchange_fail(x, "is no JSON object");
	else if (error.nul)
		exchange_fail(x, "has a NUL character, where some readers stop");
	else if (error.depth > READING_DEPTH_MOST)
		exchange_fail(x, "is nested too deep");
	if (x->why)
		return NULL;
	reading_mark(root);
	return root;
}

struct piece *reading_text(struct exchange *x, const struct json *value, enum channel channel, unsigned trust)
{
	if (!value || value->kind != JSON_IS_STRING || value->text.len == 0)
		return NULL;
	return exchange_add(x, PIECE_TEXT, channel, trust, value->at, value->text);
}

void reading_key(struct exchange *x, const struct json *member, enum channel channel, unsigned trust)
{
	if (member->key.len > 0 && member->mark == WORD_NONE)
		exchange_add(x, PIECE_TEXT, channel, trust, member->offset, member->key)->fixed = true;
}

void reading_all(struct exchange *x, const struct json *value, enum channel channel, unsigned trust)
{
	reading_text(x, value, channel, trust);
	if (!value || (value->kind != JSON_IS_ARRAY && value->kind != JSON_IS_OBJECT))
		return;
	json_each(value, it) {
		reading_key(x, it, channel, trust);
		reading_all(x, it, channel, trust);
	}
}

/* The word that readers who fold letters take its key for; WORD_NONE where it is that word. */
static enum word respelled(const struct json *member)
{
	return member->mark == WORD_NONE ? word_in_other_case(member->key) : WORD_NONE;
}

static bool is_plain_label(const struct json *value)
{
	enum { PLAIN = 1, NO_SLASH = 2, LETTER = PLAIN | NO_SLASH };
	static const unsigned char kinds[256] = {['a' ... 'z'] = LETTER, ['A' ... 'Z'] = LETTER, ['0' ... '9'] = LETTER, ['_'] = LETTER, ['-'] = LETTER, ['.'] = LETTER, [':'] = LETTER, ['/'] = PLAIN};
	unsigned all = LETTER;

	if (value->kind != JSON_IS_STRING || value->text.len > LABEL_MOST)
		return false;
	for (size_t i = 0; i < value->text.len; i++)
		all &= kinds[value->text.at[i]];
	return all == LETTER || (all == PLAIN && !bytes_contain(value->text, BYTES("//")));
}

/* What only says which kind of thing something is, and which one. */
static const struct words labels = WORDS(type, role, object, status, id, index, call_id, tool_call_id, item_id, file_id, model, finish_reason);

static bool is_label(const struct json *member)
{
	return words_have(&labels, member->mark) && is_plain_label(member);
}

/* Is it neither known nor a label? One that is spelt as if it were is neither read nor passed over alike by all. */
static bool is_rest(struct exchange *x, const struct json *member, const struct words *known)
{
	if (words_have(known, member->mark) || is_label(member))
		return false;
	enum word taken_for = respelled(member);
	if (words_have(known, taken_for) || words_have(&labels, taken_for))
		exchange_fail(x, other_case);
	return true;
}

void reading_rest(struct exchange *x, const struct json *object, struct words known, enum channel channel, unsigned trust)
{
	if (!object || object->kind != JSON_IS_OBJECT) {
		reading_all(x, object, channel, trust);
		return;
	}
	json_each(object, it) {
		if (!is_rest(x, it, &known))
			continue;
		reading_key(x, it, channel, trust);
		reading_all(x, it, channel, trust);
	}
}

void reading_deep(struct exchange *x, const struct json *value, enum channel channel, unsigned trust)
{
	reading_text(x, value, channel, trust);
	if (!value || (value->kind != JSON_IS_ARRAY && value->kind != JSON_IS_OBJECT))
		return;
	json_each(value, it) {
		if (is_label(it))
			continue;
		reading_key(x, it, channel, trust);
		reading_deep(x, it, channel, trust);
	}
}

enum { PATH_MOST = 128 };

/* Of a member, told by length so that no key spells another path; what is longer shares a name: names never outgrow what they name. */
static struct bytes thread_below(struct exchange *x, struct bytes above, struct bytes key)
{
	struct text t;

	if (above.len >= PATH_MOST)
		return above;
	text_init(&t, x->arena);
	text_add(&t, above);
	text_add_byte(&t, '/');
	text_add_number(&t, key.len);
	text_add_byte(&t, ':');
	text_add(&t, bytes_slice(key, 0, PATH_MOST));
	return text_bytes(&t);
}

/* What clients show of a list of parts is their "text". */
static void read_in_parts(struct exchange *x, const struct json *value, enum channel channel, unsigned trust, struct bytes thread, bool aside)
{
	struct piece *p = reading_text(x, value, channel, trust);

	if (p)
		p->aside = aside;
	reading_carries_on(p, thread);
	if (!value || (value->kind != JSON_IS_ARRAY && value->kind != JSON_IS_OBJECT))
		return;
	bool list = value->kind == JSON_IS_ARRAY;
	json_each(value, it) {
		if (is_label(it))
			continue;
		reading_key(x, it, channel, trust);
		read_in_parts(x, it, channel, trust, list ? thread : thread_below(x, thread, it->key), aside || (!list && it->mark != WORD_text));
	}
}

void reading_value_in_parts(struct exchange *x, const struct json *value, enum channel channel, unsigned trust, uint64_t index, const char *what)
{
	read_in_parts(x, value, channel, trust, reading_thread(x, index, what), false);
}

void reading_rest_in_parts(struct exchange *x, const struct json *object, struct words known, enum channel channel, unsigned trust, uint64_t index)
{
	struct text number;

	if (!object || object->kind != JSON_IS_OBJECT) {
		reading_all(x, object, channel, trust);
		return;
	}
	text_init(&number, x->arena);
	text_add_number(&number, index);
	struct bytes choice = text_bytes(&number);
	json_each(object, it) {
		if (!is_rest(x, it, &known))
			continue;
		reading_key(x, it, channel, trust);
		read_in_parts(x, it, channel, trust, thread_below(x, choice, it->key), true);
	}
}

bool reading_is_set(const struct json *value)
{
	if (!value || value->kind == JSON_IS_NULL)
		return false;
	return value->kind == JSON_IS_BOOL ? value->truth : value->kind == JSON_IS_STRING ? value->text.len > 0 : value->kind == JSON_IS_NUMBER || value->count > 0;
}

void reading_detours(struct exchange *x, const struct json *root)
{
	static const char others[] = "names models to fall back on, which nothing here would judge", elsewhere[] = "says where it is to be sent, or what is to be sent in its place",
			  inside[] = "reaches into the engine that runs the model";
	static const struct {
		struct bytes key;
		const char *why;
	} detours[] = {
		{BYTES("models"), others}, {BYTES("fallbacks"), others}, {BYTES("context_window_fallbacks"), others}, {BYTES("content_policy_fallbacks"), others}, {BYTES("lora_path"), "names an adapter that goes over the model"},
		{BYTES("extra_body"), elsewhere}, {BYTES("api_base"), elsewhere}, {BYTES("base_url"), elsewhere},
		{BYTES("kv_transfer_params"), inside}, {BYTES("bootstrap_host"), inside}, {BYTES("bootstrap_port"), inside}, {BYTES("bootstrap_room"), inside}, {BYTES("logits_processors"), inside}, {BYTES("custom_logit_processor"), inside},
	};

	json_each(root, it)
		for (size_t i = 0; i < COUNT_OF(detours); i++)
			if (bytes_equal_folded(it->key, detours[i].key) && reading_is_set(it))
				exchange_fail(x, detours[i].why);
}

struct piece *reading_opaque(struct exchange *x, const struct json *value, const char *what)
{
	if (!value || value->kind == JSON_IS_NULL)
		return NULL;
	struct piece *p = exchange_add(x, PIECE_OPAQUE, CHANNEL_DOCUMENT, TRUST_ANYBODY, value->at, BYTES(""));
	p->name = bytes_of(what);
	return p;
}

void reading_padding(struct exchange *x, const struct json *value)
{
	if (value && is_plain_label(value))
		reading_echo(x, value);
	else
		reading_all(x, value, CHANNEL_META, TRUST_MODEL);
}

void reading_written(struct exchange *x, const struct json *value, const char *name, enum channel channel, unsigned trust)
{
	if (!value || value->kind == JSON_IS_NULL)
		return;
	struct piece *p = exchange_add(x, PIECE_TEXT, channel, trust, value->at, bytes_slice(x->body, value->at, value->end - value->at));
	p->name = bytes_of(name);
	p->fixed = true;
}

static struct bytes text_of(const struct json *value)
{
	return value && value->kind == JSON_IS_STRING ? value->text : BYTES("");
}

/* It may say what no other piece says: its strings are looked at too, and count for nothing. */
void reading_echo(struct exchange *x, const struct json *value)
{
	uint64_t text_bytes = x->text_bytes;

	if (!value || value->kind == JSON_IS_NULL)
		return;
	exchange_add(x, PIECE_ECHO, CHANNEL_META, TRUST_MODEL, value->at, BYTES(""));
	reading_all(x, value, CHANNEL_META, TRUST_MODEL);
	x->text_bytes = text_bytes;
}

struct piece *reading_call(struct exchange *x, const struct json *name, const struct json *arguments)
{
	uint64_t offset = arguments ? arguments->at : name ? name->at : 0;
	bool whole = arguments && arguments->kind != JSON_IS_STRING;
	struct bytes text = whole ? bytes_slice(x->body, arguments->at, arguments->end - arguments->at) : text_of(arguments);
	struct piece *p = exchange_add(x, PIECE_TOOL_CALL, CHANNEL_ARGUMENTS, TRUST_MODEL, offset, text);

	p->name = text_of(name);
	p->fixed = whole;
	if (name && name->kind != JSON_IS_STRING)
		reading_all(x, name, CHANNEL_ARGUMENTS, TRUST_MODEL);
	return p;
}

static void add_fixed(struct exchange *x, uint64_t offset, unsigned trust, struct bytes text)
{
	if (text.len > 0)
		exchange_add(x, PIECE_TEXT, CHANNEL_ARGUMENTS, trust, offset, text)->fixed = true;
}

static void read_arguments(struct exchange *x, const struct json *value, unsigned trust)
{
	reading_text(x, value, CHANNEL_ARGUMENTS, trust);
	if (value->kind == JSON_IS_NUMBER)
		add_fixed(x, value->at, trust, value->text);
	if (value->kind != JSON_IS_ARRAY && value->kind != JSON_IS_OBJECT)
		return;
	json_each(value, it) {
		if (value->kind == JSON_IS_OBJECT)
			add_fixed(x, it->offset, trust, it->key);
		read_arguments(x, it, trust);
	}
}

struct piece *reading_call_of_value(struct exchange *x, unsigned trust, const struct json *name, const struct json *arguments)
{
	struct piece *p = reading_call(x, name, arguments);

	p->trust = trust;
	if (p->fixed)
		read_arguments(x, arguments, trust);
	return p;
}

struct piece *reading_offer(struct exchange *x, struct bytes name, const struct json *tool, struct words known)
{
	const struct json *description = reading_member(tool, WORD_description);
	const struct json *holder = description && description->kind == JSON_IS_STRING ? description : tool;
	struct piece *p = exchange_add(x, PIECE_TOOL_DEFINITION, CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY, holder ? holder->at : 0, reading_member_text(tool, WORD_description));

	p->name = name;
	p->fixed = holder == tool;
	reading_rest(x, tool, known, CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY);
	return p;
}

void reading_sealed(struct exchange *x, const struct json *value, enum channel channel, unsigned trust, const char *what)
{
	if (!value || value->kind == JSON_IS_NULL || (value->kind == JSON_IS_STRING && value->text.len == 0))
		return;
	struct piece *p = exchange_add(x, PIECE_OPAQUE, channel, trust, value->at, BYTES(""));
	p->name = bytes_of(what);
	p->fixed = true;
}

void reading_spelling(struct exchange *x, const struct json *object, struct words known)
{
	if (!object || object->kind != JSON_IS_OBJECT)
		return;
	json_each(object, it)
		if (words_have(&known, respelled(it)))
			exchange_fail(x, other_case);
}

bool reading_label(struct exchange *x, const struct json *value, unsigned trust)
{
	bool plain = value && value->kind == JSON_IS_STRING && value->text.len <= 64;

	for (size_t i = 0; plain && i < value->text.len; i++) {
		unsigned char c = value->text.at[i];
		plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c != 0 && strchr("_-.:/+", c));
	}
	if (!plain)
		reading_all(x, value, CHANNEL_META, trust);
	return plain;
}

/* Of two lists in order, the older one first where they are level. */
static struct piece *merge(struct piece *older, struct piece *newer)
{
	struct piece *merged = NULL, **last = &merged;

	while (older && newer) {
		struct piece **least = newer->offset < older->offset ? &newer : &older;
		*last = *least;
		last = &(*least)->next;
		*least = *last;
	}
	*last = older ? older : newer;
	return merged;
}

static bool are_in_order(const struct piece *p)
{
	while (p && p->next && p->offset <= p->next->offset)
		p = p->next;
	return !p || !p->next;
}

static void put_in_order(struct exchange *x)
{
	struct piece *lists[64] = {NULL};      /* each of 2^i pieces, or none */

	while (x->pieces) {
		struct piece *list = x->pieces;
		size_t i = 0;
		x->pieces = list->next;
		list->next = NULL;
		for (; lists[i]; i++) {
			list = merge(lists[i], list);
			lists[i] = NULL;
		}
		lists[i] = list;
	}
	for (size_t i = 0; i < COUNT_OF(lists); i++)
		x->pieces = merge(lists[i], x->pieces);
	for (x->last = &x->pieces; *x->last; x->last = &(*x->last)->next)
		;
}

void reading_in_order(struct exchange *x)
{
	if (!are_in_order(x->pieces))
		put_in_order(x);
}

void reading_within(struct exchange *x, struct piece *whole)
{
	uint64_t twice = 0;

	for (struct piece *p = whole->next; p; p = p->next) {
		p->within = true;
		twice += p->text.len;
	}
	x->text_bytes -= twice < whole->text.len ? twice : whole->text.len;
}

static void begin_thread(struct text *t, struct exchange *x, uint64_t index, const char *what)
{
	text_init(t, x->arena);
	text_add_number(t, index);
	text_add_byte(t, '/');
	text_add_string(t, what);
}

struct bytes reading_thread(struct exchange *x, uint64_t index, const char *what)
{
	struct text t;

	begin_thread(&t, x, index, what);
	return text_bytes(&t);
}

struct bytes reading_thread_part(struct exchange *x, uint64_t index, const char *what, uint64_t part)
{
	struct text t;

	begin_thread(&t, x, index, what);
	text_add_byte(&t, '/');
	text_add_number(&t, part);
	return text_bytes(&t);
}

void reading_carries_on(struct piece *piece, struct bytes thread)
{
	if (piece)
		piece->thread = thread;
}

void reading_ends(struct exchange *x, enum channel channel, unsigned trust, struct bytes thread)
{
	struct piece *p = exchange_add(x, PIECE_TEXT, channel, trust, 0, BYTES(""));

	p->thread = thread;
	p->ends = true;
}

void reading_definition(struct exchange *x, struct bytes name, const struct json *tool)
{
	const struct json *description = reading_member(tool, WORD_description);
	bool told = description && description->kind == JSON_IS_STRING, named = bytes_equal(reading_member_text(tool, WORD_name), name);

	reading_offer(x, name, tool, told && named ? KNOWN(name, description) : told ? KNOWN(description) : named ? KNOWN(name) : NO_WORDS);
}

/* ---- what was missed ---- */

struct seen {
	uint64_t offset;
	bool whole;                 /* with all that is below it */
};

struct sweep {
	struct exchange *x;
	struct seen *seen;          /* in the order of the text, with one behind them that is nowhere */
	size_t count;
	const struct seen *next;    /* the first that the sweep has not come to */
};

static int compare_seen(const void *a, const void *b)
{
	const struct seen *s = a, *t = b;

	return s->offset < t->offset ? -1 : s->offset > t->offset ? 1 : (int)t->whole - (int)s->whole;
}

/* At that offset, or NULL: one that is whole stands before others. Values come in the order of the text. */
static const struct seen *seen_at(struct sweep *w, uint64_t offset)
{
	while (w->next->offset < offset)
		w->next++;
	return w->next->offset == offset ? w->next : NULL;
}

/* The same of a key, which stands before what the sweep has come to. */
static bool key_is_seen(const struct sweep *w, uint64_t offset)
{
	size_t low = 0, high = w->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (w->seen[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return w->seen[low].offset == offset;
}

/* Names of tools stand beside the piece that has them, not in its text; the others are labels of one dialect. */
static bool says_nothing(const struct json *value)
{
	static const struct words told = WORDS(name, tool_use_id, stop_reason, done_reason, media_type, created_at);

	return value->kind != JSON_IS_STRING || ((words_have(&labels, value->mark) || words_have(&told, value->mark)) && is_plain_label(value));
}

static void sweep(struct sweep *w, const struct json *value)
{
	const struct seen *seen = seen_at(w, value->at);

	if (seen && seen->whole)
		return;
	if (value->key.len > 0 && value->mark == WORD_NONE && !key_is_seen(w, value->offset))
		reading_key(w->x, value, CHANNEL_META, TRUST_ANYBODY);
	if (!seen && !says_nothing(value))
		reading_text(w->x, value, CHANNEL_META, TRUST_ANYBODY);
	json_each(value, it)
		sweep(w, it);
}

void reading_sweep(struct exchange *x, const struct json *root)
{
	struct sweep w = {.x = x};

	if (!root || x->why)
		return;
	w.seen = arena_alloc_raw(x->arena, (x->piece_count + 1) * sizeof *w.seen);
	for (const struct piece *p = x->pieces; p; p = p->next)
		if (!p->ends)
			w.seen[w.count++] = (struct seen){p->offset, p->kind == PIECE_OPAQUE || p->kind == PIECE_ECHO || (p->fixed && p->text.len > 0 && x->body.at[p->offset] != '"')};
	sort(w.seen, w.count, sizeof *w.seen, compare_seen);
	w.seen[w.count] = (struct seen){.offset = UINT64_MAX};
	w.next = w.seen;
	sweep(&w, root);
}

uint64_t reading_number(const struct json *object, enum word name)
{
	uint64_t n = 0;

	return json_u64(reading_member(object, name), &n) ? n : 0;
}

uint64_t reading_limit(struct exchange *x, const struct json *object, enum word name)
{
	const struct json *limit = reading_member(object, name);
	uint64_t n;

	if (!limit || limit->kind == JSON_IS_NULL)
		return 0;
	bool below = limit->kind == JSON_IS_NUMBER && limit->text.at[0] == '-';
	if (!json_u64(below ? NULL : limit, &n)) {
		if (!below || !bytes_to_u64(bytes_from(limit->text, 1), &n))
			exchange_fail(x, "limits its answer by something that is no plain number");
		return 0;
	}
	return n;
}

uint64_t reading_amount(struct exchange *x, const struct json *object, enum word name)
{
	const struct json *value = reading_member(object, name);
	uint64_t n = 0;

	if (value && value->kind != JSON_IS_NULL && !json_u64(value, &n))
		exchange_fail(x, "counts with something that is no whole number");
	return n;
}

bool reading_flag(struct exchange *x, const struct json *object, enum word name)
{
	const struct json *value = reading_member(object, name);

	if (value && value->kind != JSON_IS_NULL && value->kind != JSON_IS_BOOL)
		exchange_fail(x, "says neither true nor false where it has to");
	return value && value->kind == JSON_IS_BOOL && value->truth;
}

bool reading_is_denied(const char *code)
{
	return !strcmp(code, "denied") || !strcmp(code, "held");
}

void reading_add_string(struct text *out, const char *key, const char *value)
{
	text_add_member(out, key, bytes_of(value));
}
