#include "identity/keys.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>
#include <sys/stat.h>

#include "base/date.h"
#include "base/file.h"
#include "base/sort.h"
#include "identity/inside.h"
#include "syntax/json.h"

enum { KEYS_MOST = 1 << 17, RANDOM_BYTES = 32, SECRET_LEAST = 16 };

/* ---- reading ---- */

static bool read_digest(struct reader *r, const struct yaml *value, struct digest *out)
{
	if (value && value->kind == YAML_IS_SCALAR && digest_read(value->text, out))
		return true;
	return reader_fail(r, value, "has something else where \"sha256:\" and 64 hexadecimal digits in small letters belong");
}

static bool read_entry(struct reader *r, const struct yaml *map, struct key_entry *out)
{
	const struct yaml *replaces = yaml_member(map, "replaces"), *name = yaml_member(map, "name");

	if (!reader_check(r, map, "name hash created revoked replaces " SCOPE_FIELDS))
		return false;
	if (!name || !reader_name(r, name, &out->caller.name) || !is_plain_name(out->caller.name))
		return reader_fail(r, map, "has a key without a name, or with one that holds a '/' or cannot be printed");
	out->caller.proof = "key";
	out->replacing = replaces != NULL;
	return read_digest(r, yaml_member(map, "hash"), &out->hash) && (!replaces || read_digest(r, replaces, &out->replaces)) &&
	       reader_time(r, yaml_member(map, "created"), &out->created_ms) && reader_time(r, yaml_member(map, "revoked"), &out->revoked_ms) &&
	       reader_scope(r, map, &out->caller);
}

struct sorted {
	const struct key_entry *entry;
	const struct yaml *at;
};

static int compare_hashes(const void *x, const void *y)
{
	const struct sorted *a = x, *b = y;

	return memcmp(a->entry->hash.sha256, b->entry->hash.sha256, 32);
}

static int compare_names(const void *x, const void *y)
{
	const struct sorted *a = x, *b = y;

	return bytes_compare(a->entry->caller.name, b->entry->caller.name);
}

/* Of one name, all keys but one have a follower of the same name. */
static bool check_group(struct reader *r, const struct sorted *group, size_t count)
{
	size_t last = 0;

	for (size_t i = 0; i < count; i++) {
		bool followed = false;
		for (size_t k = 0; k < count && !followed; k++)
			followed = k != i && group[k].entry->replacing && digest_equal(group[k].entry->replaces, group[i].entry->hash);
		last += !followed;
	}
	return last == 1 || reader_fail(r, group[count - 1].at, "has a name twice, where neither key replaces the other");
}

static bool check_unique(struct reader *r, const struct yaml *root, const struct key_file *file)
{
	struct sorted *all = arena_alloc(r->arena, file->count, sizeof *all);
	size_t n = 0;

	yaml_each(root, it) {
		all[n] = (struct sorted){&file->entries[n], it};
		n++;
	}
	sort(all, n, sizeof *all, compare_hashes);
	for (size_t i = 1; i < n; i++)
		if (compare_hashes(&all[i - 1], &all[i]) == 0)
			return reader_fail(r, all[i].at, "has a hash twice");
	sort(all, n, sizeof *all, compare_names);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && compare_names(&all[i], &all[end]) == 0;)
			end++;
		if (end - i > LIST_MOST)
			return reader_fail(r, all[i].at, "has more than %d keys of one name", LIST_MOST);
		if (end - i > 1 && !check_group(r, all + i, end - i))
			return false;
	}
	return true;
}

bool keys_read(struct arena *arena, struct bytes yaml, struct key_file *out, struct yaml_error *error)
{
	struct reader r = {.arena = arena, .error = error};
	const struct yaml *root = yaml_parse(arena, yaml, error);

	*out = (struct key_file){0};
	if (!root)
		return false;
	if (root->kind != YAML_IS_LIST || root->count > KEYS_MOST)
		return reader_fail(&r, root, "is no list of keys, or too long a one");
	out->entries = arena_alloc(arena, root->count, sizeof *out->entries);
	yaml_each(root, it)
		if (!read_entry(&r, it, &out->entries[out->count++]))
			return false;
	return check_unique(&r, root, out);
}

/* ---- writing ---- */

static void write_text(struct text *out, const char *field, struct bytes value)
{
	if (value.len == 0)
		return;
	text_addf(out, "  %s: ", field);
	text_add_json(out, value);
	text_add_byte(out, '\n');
}

static void write_names(struct text *out, const char *field, struct names names)
{
	if (names.count == 0)
		return;
	if (names.count == 1 && names.at[0].len == 0) {
		text_addf(out, "  %s: none\n", field);
		return;
	}
	text_addf(out, "  %s: [", field);
	for (size_t i = 0; i < names.count; i++) {
		text_add_string(out, i ? ", " : "");
		text_add_json(out, names.at[i]);
	}
	text_add_string(out, "]\n");
}

static void write_time(struct text *out, const char *field, int64_t at_ms)
{
	if (at_ms == 0)
		return;
	text_addf(out, "  %s: ", field);
	text_add_time(out, at_ms);
	text_add_byte(out, '\n');
}

static void write_digest(struct text *out, const char *field, const struct digest *digest)
{
	text_addf(out, "  %s: \"sha256:", field);
	text_add_hex(out, digest_bytes(digest));
	text_add_string(out, "\"\n");
}

void keys_write(const struct key_file *file, struct text *out)
{
	text_add_string(out, "# Keys of callers, as digests. \"merlon key\" writes this file anew and keeps no comments.\n");
	if (file->count == 0)
		text_add_string(out, "[]\n");
	for (size_t i = 0; i < file->count; i++) {
		const struct key_entry *e = &file->entries[i];
		text_add_string(out, "- name: ");
		text_add_json(out, e->caller.name);
		text_add_byte(out, '\n');
		write_digest(out, "hash", &e->hash);
		write_text(out, "team", e->caller.team);
		write_names(out, "roles", e->caller.roles);
		write_names(out, "purposes", e->caller.purposes);
		write_names(out, "routes", e->caller.routes);
		write_names(out, "models", e->caller.models);
		write_names(out, "tools", e->caller.tools);
		write_time(out, "created", e->created_ms);
		write_time(out, "expires", e->caller.expires_ms);
		write_time(out, "revoked", e->revoked_ms);
		if (e->replacing)
			write_digest(out, "replaces", &e->replaces);
	}
}

bool keys_make(struct text *secret)
{
	unsigned char raw[RANDOM_BYTES];

	if (RAND_bytes(raw, sizeof raw) != 1)
		return false;
	text_add_string(secret, "merlon-");
	text_add_hex(secret, (struct bytes){raw, sizeof raw});
	OPENSSL_cleanse(raw, sizeof raw);
	return true;
}

/* ---- lookup ---- */

struct key_tag {
	uint64_t tag;
	const struct key_entry *entry;
};

static uint64_t tag_of(const struct key_index *index, const struct digest *hash)
{
	struct digest d = digest_of_two((struct bytes){index->salt, sizeof index->salt}, digest_bytes(hash));
	uint64_t tag;

	memcpy(&tag, d.sha256, sizeof tag);
	return tag;
}

static int compare_tags(const void *x, const void *y)
{
	const struct key_tag *a = x, *b = y;

	return a->tag < b->tag ? -1 : a->tag > b->tag;
}

bool keys_index(struct arena *arena, const struct key_file *file, struct key_index *out)
{
	*out = (struct key_index){.count = file->count};
	if (RAND_bytes(out->salt, sizeof out->salt) != 1)
		return false;
	out->tags = arena_alloc(arena, file->count, sizeof *out->tags);
	for (size_t i = 0; i < file->count; i++)
		out->tags[i] = (struct key_tag){tag_of(out, &file->entries[i].hash), &file->entries[i]};
	sort(out->tags, out->count, sizeof *out->tags, compare_tags);
	return true;
}

const struct key_entry *keys_find(const struct key_index *index, const struct digest *hash)
{
	uint64_t tag = tag_of(index, hash);
	size_t from = 0, to = index->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (index->tags[middle].tag < tag)
			from = middle + 1;
		else
			to = middle;
	}
	for (; from < index->count && index->tags[from].tag == tag; from++)
		if (CRYPTO_memcmp(index->tags[from].entry->hash.sha256, hash->sha256, sizeof hash->sha256) == 0)
			return index->tags[from].entry;
	return NULL;
}

const struct key_entry *keys_lookup(const struct key_index *index, struct bytes secret)
{
	struct digest hash = digest_of(bytes_slice(secret, 0, SECRET_MOST));

	return secret.len > 0 && secret.len <= SECRET_MOST ? keys_find(index, &hash) : NULL;
}

const struct key_entry *keys_at(const struct key_index *index, size_t number)
{
	return index->tags[number].entry;
}

/* ---- the first key ---- */

static const char *make_first(const char *path)
{
	struct text t;

	text_init(&t, NULL);
	if (!keys_make(&t)) {
		text_finish(&t);
		return "no randomness is to be had";
	}
	text_add_byte(&t, '\n');
	enum status status = file_create(path, 0600, text_bytes(&t));
	int error = errno;
	OPENSSL_cleanse(t.at, t.room);
	text_finish(&t);
	return status == STATUS_OK || error == EEXIST ? NULL : "the first key cannot be written";
}

const char *keys_read_first(const char *path, struct digest *out, bool *made)
{
	struct stat about;
	struct text t;

	*made = stat(path, &about) != 0;
	const char *why = *made ? make_first(path) : about.st_mode & 077 ? "its file can be read by others: chmod 600" : NULL;
	if (why)
		return why;
	text_init(&t, NULL);
	if (file_read(path, SECRET_MOST, &t) != STATUS_OK)
		why = "it cannot be read";
	struct bytes secret = text_bytes(&t);
	while (secret.len > 0 && secret.at[secret.len - 1] <= ' ')
		secret.len--;
	if (!why && secret.len < SECRET_LEAST)
		why = "it is shorter than 16 characters";
	if (!why)
		*out = digest_of(secret);
	if (t.at)
		OPENSSL_cleanse(t.at, t.room);
	text_finish(&t);
	return why;
}
