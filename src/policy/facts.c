#include "policy/facts.h"

static struct bytes bounded(struct bytes b)
{
	return bytes_slice(b, 0, FACT_NAME_MOST);
}

/* What a name takes on record, escapes and all. */
static size_t weight(struct bytes name)
{
	size_t sum = 0;

	for (size_t i = 0; i < name.len; i++)
		sum += name.at[i] < 0x20 ? 6 : name.at[i] == '"' || name.at[i] == '\\' ? 2 : 1;
	return sum;
}

static bool has_room(const struct facts *f, size_t weight)
{
	return f->text + weight <= FACT_TEXT_MOST;
}

static bool same_tool(const struct fact_tool *a, const struct fact_tool *b)
{
	return bytes_equal(a->name, b->name) && a->called == b->called && a->provider == b->provider && a->listed == b->listed && a->outside == b->outside && a->unsound == b->unsound && a->typed == b->typed && a->fits == b->fits &&
	       memcmp(a->conditions, b->conditions, sizeof a->conditions) == 0 && bytes_equal(a->failed, b->failed);
}

bool facts_add_tool(struct facts *f, struct arena *arena, const struct fact_tool *tool)
{
	struct fact_tool t = *tool;

	/* A longer name could be told from its beginning only. */
	f->overload |= t.name.len > FACT_NAME_MOST;
	t.name = bounded(t.name);
	t.failed = bounded(t.failed);
	for (size_t i = f->agreed.tools; i < f->tool_count; i++)
		if (same_tool(&f->tools[i], &t))
			return false;
	size_t at = f->tool_count, needs = weight(t.name) + weight(t.failed);
	if (at == FACT_TOOLS_MOST || !has_room(f, needs)) {
		f->tools_more = true;
		for (at = f->agreed.tools; at < f->tool_count && (!t.matters || f->tools[at].matters); at++)
			;
		f->overload |= t.matters && at == f->tool_count;
		if (!t.matters || at == f->tool_count)
			return t.matters;
	} else {
		f->tool_count++;
	}
	if (!f->tools)
		f->tools = arena_alloc(arena, FACT_TOOLS_MOST, sizeof *f->tools);
	t.name = arena_copy(arena, t.name);
	t.failed = arena_copy(arena, t.failed);
	f->tools[at] = t;
	f->text += needs;
	return true;
}

bool facts_add_host(struct facts *f, struct arena *arena, const struct fact_host *host)
{
	struct fact_host h = *host;
	size_t at = f->host_count;

	for (size_t i = f->agreed.hosts; i < f->host_count; i++)
		if (bytes_equal(f->hosts[i].host, h.host) && f->hosts[i].fixed == h.fixed)
			return false;
	if (at == FACT_HOSTS_MOST || !has_room(f, weight(h.host))) {
		f->hosts_more = true;
		for (at = f->agreed.hosts; at < f->host_count && (!h.matters || f->hosts[at].matters); at++)
			;
		f->overload |= h.matters && at == f->host_count;
		if (!h.matters || at == f->host_count)
			return h.matters;
	} else {
		f->host_count++;
	}
	if (!f->hosts)
		f->hosts = arena_alloc(arena, FACT_HOSTS_MOST, sizeof *f->hosts);
	h.host = arena_copy(arena, h.host);
	f->hosts[at] = h;
	f->text += weight(h.host);
	return true;
}

bool facts_add_hit(struct facts *f, struct arena *arena, const struct fact_hit *hit)
{
	if (!f->hits)
		f->hits = arena_alloc(arena, FACT_HITS_MOST, sizeof *f->hits);
	for (size_t i = 0; i < f->hit_count; i++) {
		struct fact_hit *h = &f->hits[i];
		if (memcmp(h->find, hit->find, sizeof h->find) != 0 || h->channel != hit->channel || h->half != hit->half || h->fixed != hit->fixed)
			continue;
		h->count += hit->count;
		return false;
	}
	if (f->hit_count == FACT_HITS_MOST)
		f->overload = true;
	else
		f->hits[f->hit_count++] = *hit;
	return true;
}

void facts_agree(struct facts *f)
{
	f->agreed = (struct agreed){.request = true, .overload = f->overload, .tools = f->tool_count, .hosts = f->host_count};
	f->overload = false;
}

/* ---- writing: members in the order of their keys; what is empty, false or said elsewhere is left out ---- */

static void add_true(struct text *out, const char *key, bool value)
{
	if (!value)
		return;
	text_add_key(out, key);
	text_add_string(out, "true");
}

static void add_unsaid(struct text *out, const char *key, struct bytes value, struct bytes said)
{
	if (!bytes_equal(value, said))
		text_add_member(out, key, bytes_slice(value, 0, 255));
}

static void add_name(struct text *out, const char *key, struct bytes value)
{
	add_unsaid(out, key, value, BYTES(""));
}

static void add_names(struct text *out, const char *key, const struct bytes *at, size_t count)
{
	if (count == 0)
		return;
	text_add_key(out, key);
	text_add_byte(out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			text_add_byte(out, ',');
		text_add_json(out, bytes_slice(at[i], 0, 255));
	}
	text_add_byte(out, ']');
}

static void add_hits(struct text *out, const struct facts *f)
{
	if (f->hit_count == 0)
		return;
	text_add_key(out, "found");
	text_add_byte(out, '[');
	for (size_t i = 0; i < f->hit_count; i++) {
		const struct fact_hit *h = &f->hits[i];
		text_add_string(out, i ? ",{" : "{");
		text_add_member_word(out, "channel", channel_name(h->channel));
		text_add_member_number(out, "count", h->count);
		text_add_member_hex(out, "find", (struct bytes){h->find, sizeof h->find});
		add_true(out, "fixed", h->fixed);
		text_add_member_word(out, "in", h->half == HALF_REQUEST ? "request" : "answer");
		text_add_byte(out, '}');
	}
	text_add_byte(out, ']');
}

static void add_hosts(struct text *out, const struct facts *f)
{
	if (f->host_count == 0)
		return;
	text_add_key(out, "hosts");
	text_add_byte(out, '[');
	for (size_t i = 0; i < f->host_count; i++) {
		text_add_string(out, i ? ",{" : "{");
		add_true(out, "fixed", f->hosts[i].fixed);
		add_name(out, "host", f->hosts[i].host);
		text_add_byte(out, '}');
	}
	text_add_byte(out, ']');
}

static void add_looked(struct text *out, const struct facts *f)
{
	if (f->looked_count == 0)
		return;
	text_add_key(out, "looked-for");
	text_add_byte(out, '[');
	for (size_t i = 0; i < f->looked_count; i++) {
		text_add_string(out, i ? ",\"" : "\"");
		text_add_hex(out, (struct bytes){f->looked_for[i], sizeof f->looked_for[i]});
		text_add_byte(out, '"');
	}
	text_add_byte(out, ']');
}

static void add_tools(struct text *out, const struct facts *f)
{
	if (f->tool_count == 0)
		return;
	text_add_key(out, "tools");
	text_add_byte(out, '[');
	for (size_t i = 0; i < f->tool_count; i++) {
		const struct fact_tool *t = &f->tools[i];
		text_add_string(out, i ? ",{" : "{");
		add_true(out, "called", t->called);
		if (t->typed) {
			text_add_member_hex(out, "conditions", (struct bytes){t->conditions, sizeof t->conditions});
			if (!t->fits)
				add_name(out, "failed", t->failed);
			add_true(out, "fits", t->fits);
		}
		add_true(out, "listed", t->listed);
		add_name(out, "name", t->name);
		add_true(out, "outside", t->outside);
		add_true(out, "provider", t->provider);
		add_true(out, "unsound", t->unsound);
		text_add_byte(out, '}');
	}
	text_add_byte(out, ']');
}

void facts_write(const struct facts *f, const struct said *said, struct text *out)
{
	text_add_byte(out, '{');
	if (f->answers)
		text_add_member_word(out, "answer", examined_name(f->answer));
	add_unsaid(out, "answered", f->answered, said->answered);
	text_add_member_number(out, "at-ms", f->at_ms < 0 ? 0 : (uint64_t)f->at_ms);
	add_unsaid(out, "caller", f->caller, said->caller);
	add_unsaid(out, "dialect", f->dialect, said->dialect);
	add_hits(out, f);
	add_hosts(out, f);
	add_true(out, "hosts-more", f->hosts_more);
	add_looked(out, f);
	add_unsaid(out, "model", f->model, said->model);
	add_true(out, "model-outside", f->model_outside);
	add_true(out, "overload", f->overload);
	add_names(out, "purposes", f->purposes.at, f->purposes.count);
	if (f->request != said->request)
		text_add_member_word(out, "request", examined_name(f->request));
	add_names(out, "roles", f->roles.at, f->roles.count);
	add_name(out, "route", f->route);
	add_true(out, "route-outside", f->route_outside);
	add_unsaid(out, "team", f->team, said->team);
	add_true(out, "tool-outside", f->tool_outside);
	add_tools(out, f);
	add_true(out, "tools-more", f->tools_more);
	add_unsaid(out, "upstream", f->upstream, said->upstream);
	text_add_byte(out, '}');
}

/* ---- reading ---- */

static bool read_bool(const struct json *object, const char *key)
{
	const struct json *v = json_member(object, key);

	return v && v->kind == JSON_IS_BOOL && v->truth;
}

static bool read_hex(struct bytes text, unsigned char out[8])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 16 && text.len == 16; i++) {
		const char *d = text.at[i] ? strchr(digits, text.at[i]) : NULL;
		if (!d)
			return false;
		out[i / 2] = (unsigned char)(out[i / 2] << 4 | (d - digits));
	}
	return text.len == 16;
}

bool examined_read(const struct json *object, const char *key, enum examined *out)
{
	struct bytes name = json_string(object, key);

	for (unsigned e = EXAMINED_NOT; e <= EXAMINED_NOTHING; e++)
		if (bytes_same(name, examined_name(e))) {
			*out = e;
			return true;
		}
	return false;
}

static size_t read_names(struct arena *arena, const struct json *list, struct bytes **out)
{
	size_t count = 0;

	*out = arena_alloc(arena, list ? list->count + 1 : 1, sizeof **out);
	json_each(list, it)
		(*out)[count++] = it->text;
	return count;
}

static bool read_hits(struct facts *f, const struct json *list)
{
	json_each(list, it) {
		struct fact_hit h = {.channel = CHANNEL_COUNT, .fixed = read_bool(it, "fixed")};
		for (unsigned c = 0; c < CHANNEL_COUNT; c++)
			if (bytes_same(json_string(it, "channel"), channel_name(c)))
				h.channel = c;
		h.half = bytes_same(json_string(it, "in"), "request") ? HALF_REQUEST : HALF_ANSWER;
		if (f->hit_count == FACT_HITS_MOST || h.channel == CHANNEL_COUNT || !json_u64(json_member(it, "count"), &h.count) || !read_hex(json_string(it, "find"), h.find))
			return false;
		f->hits[f->hit_count++] = h;
	}
	return true;
}

static bool read_hosts(struct facts *f, const struct json *list)
{
	json_each(list, it) {
		if (f->host_count == FACT_HOSTS_MOST)
			return false;
		f->hosts[f->host_count++] = (struct fact_host){.host = json_string(it, "host"), .fixed = read_bool(it, "fixed")};
	}
	return true;
}

static bool read_looked(struct facts *f, const struct json *list)
{
	json_each(list, it)
		if (f->looked_count == FINDS_MOST || !read_hex(it->text, f->looked_for[f->looked_count++]))
			return false;
	return true;
}

static bool read_tools(struct facts *f, const struct json *list)
{
	json_each(list, it) {
		struct fact_tool t = {.name = json_string(it, "name"), .called = read_bool(it, "called"), .fits = read_bool(it, "fits"), .failed = json_string(it, "failed")};
		t.typed = json_member(it, "conditions") != NULL;
		t.provider = read_bool(it, "provider");
		t.listed = read_bool(it, "listed");
		t.unsound = read_bool(it, "unsound");
		t.outside = read_bool(it, "outside");
		if (f->tool_count == FACT_TOOLS_MOST || (t.typed && !read_hex(json_string(it, "conditions"), t.conditions)))
			return false;
		f->tools[f->tool_count++] = t;
	}
	return true;
}

static struct bytes read_unsaid(const struct json *o, const char *key, struct bytes said)
{
	return json_member(o, key) ? json_string(o, key) : said;
}

static void read_words(struct facts *f, const struct json *o, const struct said *said)
{
	f->answered = read_unsaid(o, "answered", said->answered);
	f->caller = read_unsaid(o, "caller", said->caller);
	f->dialect = read_unsaid(o, "dialect", said->dialect);
	f->model = read_unsaid(o, "model", said->model);
	f->route = json_string(o, "route");
	f->team = read_unsaid(o, "team", said->team);
	f->upstream = read_unsaid(o, "upstream", said->upstream);
	f->model_outside = read_bool(o, "model-outside");
	f->route_outside = read_bool(o, "route-outside");
	f->tool_outside = read_bool(o, "tool-outside");
	f->overload = read_bool(o, "overload");
	f->hosts_more = read_bool(o, "hosts-more");
	f->tools_more = read_bool(o, "tools-more");
}

struct facts *facts_read(struct arena *arena, const struct json *o, const struct said *said)
{
	struct facts *f = arena_new(arena, struct facts);
	uint64_t at = 0;

	if (!o || o->kind != JSON_IS_OBJECT || !json_u64(json_member(o, "at-ms"), &at))
		return NULL;
	f->request = said->request;
	if (json_member(o, "request") && !examined_read(o, "request", &f->request))
		return NULL;
	f->tools = arena_alloc(arena, FACT_TOOLS_MOST, sizeof *f->tools);
	f->hosts = arena_alloc(arena, FACT_HOSTS_MOST, sizeof *f->hosts);
	f->hits = arena_alloc(arena, FACT_HITS_MOST, sizeof *f->hits);
	f->looked_for = arena_alloc(arena, FINDS_MOST, sizeof *f->looked_for);
	f->at_ms = (int64_t)(at & INT64_MAX);
	f->answers = json_member(o, "answer") != NULL;
	if (f->answers && !examined_read(o, "answer", &f->answer))
		return NULL;
	read_words(f, o, said);
	f->roles.count = read_names(arena, json_member(o, "roles"), &f->roles.at);
	f->purposes.count = read_names(arena, json_member(o, "purposes"), &f->purposes.at);
	bool good = read_hosts(f, json_member(o, "hosts")) && read_hits(f, json_member(o, "found")) && read_looked(f, json_member(o, "looked-for")) && read_tools(f, json_member(o, "tools"));
	return good ? f : NULL;
}
