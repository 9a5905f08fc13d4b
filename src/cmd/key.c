#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/time.h"
#include "cmd/options.h"
#include "identity/keys.h"

extern const struct command command_key;

enum { ARENA = 512 << 20, FILE_MOST = 32 << 20, EXIT_FAILED = 2, LIST_MOST = 256, PREFIX_LEAST = 8, KINDS = 5 };
#define DAY_MS 86400000ll

/* Options that may be given several times, and where they go. */
static const char *const list_options[KINDS] = {"--role", "--purpose", "--route", "--model", "--tool"};

struct settings {
	const char *keys, *team;
	int64_t expires_ms, overlap_ms;
	struct {
		struct bytes at[LIST_MOST];
		size_t count;
	} lists[KINDS];
	char **arguments;
	size_t argument_count;
};

/* ---- arguments ---- */

static bool take_list(struct settings *s, unsigned kind, const char *value)
{
	static const size_t most[KINDS] = {ROLES_MOST, PURPOSES_MOST, LIST_MOST, LIST_MOST, LIST_MOST};

	if (s->lists[kind].count == most[kind]) {
		log_error("%s: is given more than %zu times", list_options[kind], most[kind]);
		return false;
	}
	/* "none", as in the file: a name that nothing has. */
	s->lists[kind].at[s->lists[kind].count++] = strcmp(value, "none") == 0 ? BYTES("") : bytes_of(value);
	return true;
}

static bool take_overlap(struct settings *s, const char *value)
{
	struct bytes b = bytes_of(value);
	uint64_t days;

	if (!bytes_end_with(b, BYTES("d")) || !bytes_to_u64(bytes_slice(b, 0, b.len - 1), &days) || days > 366) {
		log_error("--overlap: \"%s\" is no number of days like 7d", value);
		return false;
	}
	s->overlap_ms = (int64_t)days * DAY_MS;
	return true;
}

static bool take_option(void *owner, const char *name, const char *value)
{
	struct settings *s = owner;

	for (unsigned k = 0; k < KINDS; k++)
		if (strcmp(name, list_options[k]) == 0)
			return take_list(s, k, value);
	if (strcmp(name, "--overlap") == 0)
		return take_overlap(s, value);
	if (strcmp(name, "--expires") == 0)
		return options_expiry(value, &s->expires_ms);
	if (strcmp(name, "--keys") == 0)
		s->keys = value;
	else if (strcmp(name, "--team") == 0)
		s->team = value;
	return true;
}

static bool read_arguments(int argc, char **argv, struct settings *s)
{
	struct options o;

	options_begin(&o, &command_key, argc, argv);
	bool good = options_read(&o, take_option, s);
	s->arguments = o.arguments;
	s->argument_count = o.argument_count;
	return good;
}

/* ---- the file ---- */

struct job {
	struct arena *arena;
	struct settings *settings;
	int (*act)(struct job *);
	struct key_file file;       /* with room for one more */
	int64_t now_ms;
	int status;
};

/* Two that change the file at once would lose what one of them did. */
static int lock_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[4096];

	snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX) != 0)
		log_error("%s: cannot be locked: %m", folder);
	return fd;
}

static bool read_file(struct job *job)
{
	struct text content;
	struct yaml_error error;
	const char *path = job->settings->keys;

	text_init(&content, job->arena);
	enum status status = file_read(path, FILE_MOST, &content);
	bool none = status == STATUS_IO && errno == ENOENT && job->settings->argument_count && strcmp(job->settings->arguments[0], "add") == 0;
	if (status != STATUS_OK && !none) {
		log_error("%s: cannot be read: %s", path, file_trouble(status));
		return false;
	}
	if (!none && !keys_read(job->arena, text_bytes(&content), &job->file, &error)) {
		log_error("%s:%u: %s", path, error.line, error.why);
		return false;
	}
	struct key_entry *more = arena_alloc(job->arena, job->file.count + 1, sizeof *more);
	if (job->file.count)
		memcpy(more, job->file.entries, job->file.count * sizeof *more);
	job->file.entries = more;
	return true;
}

/* What is written is read again first: a file that the gateway would refuse is not put in place. */
static bool write_file(struct job *job)
{
	struct text content;
	struct key_file again;
	struct yaml_error error;
	struct stat about;
	const char *path = job->settings->keys;

	text_init(&content, job->arena);
	keys_write(&job->file, &content);
	if (!keys_read(job->arena, text_bytes(&content), &again, &error)) {
		log_error("key: %s", error.why);
		return false;
	}
	unsigned mode = stat(path, &about) == 0 ? about.st_mode & 0777 : 0600;
	if (file_write(path, mode, text_bytes(&content)) == STATUS_OK)
		return true;
	log_error("%s: cannot be written: %m", path);
	return false;
}

/* The secret is told once, after the file that knows its digest is in place. */
static int tell_new(struct job *job, struct key_entry *entry)
{
	struct text secret;
	int status = EXIT_FAILED;

	text_init(&secret, NULL);
	if (!keys_make(&secret)) {
		log_error("key: no randomness is to be had");
	} else {
		entry->hash = digest_of(text_bytes(&secret));
		entry->created_ms = job->now_ms;
		job->file.count++;
		if (write_file(job)) {
			printf("%s\n", text_string(&secret));
			status = 0;
		}
	}
	if (secret.at)
		OPENSSL_cleanse(secret.at, secret.room);
	text_finish(&secret);
	return status;
}

/* ---- actions ---- */

static int add_key(struct job *job)
{
	struct settings *s = job->settings;
	struct key_entry *entry = &job->file.entries[job->file.count];
	struct names *const to[KINDS] = {&entry->caller.roles, &entry->caller.purposes, &entry->caller.routes, &entry->caller.models, &entry->caller.tools};

	for (size_t i = 0; i < job->file.count; i++)
		if (bytes_same(job->file.entries[i].caller.name, s->arguments[1])) {
			log_error("key add: there is a key \"%s\" already; \"merlon key rotate\" makes it a new one", s->arguments[1]);
			return EXIT_FAILED;
		}
	*entry = (struct key_entry){.caller = {.name = bytes_of(s->arguments[1]), .team = s->team ? bytes_of(s->team) : BYTES(""), .expires_ms = s->expires_ms}};
	for (unsigned k = 0; k < KINDS; k++)
		*to[k] = (struct names){s->lists[k].at, s->lists[k].count};
	return tell_new(job, entry);
}

/* The key of that name that no other follows; revoked or not, the caller may have a new one. */
static struct key_entry *newest(struct job *job, const char *name)
{
	struct key_entry *found = NULL;

	for (size_t i = 0; i < job->file.count; i++) {
		struct key_entry *e = &job->file.entries[i];
		bool followed = false;
		for (size_t k = 0; k < job->file.count && !followed; k++)
			followed = job->file.entries[k].replacing && digest_equal(job->file.entries[k].replaces, e->hash);
		if (bytes_same(e->caller.name, name) && !followed)
			found = e;
	}
	return found;
}

static int rotate_key(struct job *job)
{
	struct settings *s = job->settings;
	struct key_entry *old = newest(job, s->arguments[1]), *entry = &job->file.entries[job->file.count];

	if (!old) {
		log_error("key rotate: there is no key \"%s\"", s->arguments[1]);
		return EXIT_FAILED;
	}
	*entry = (struct key_entry){.caller = old->caller, .replacing = true, .replaces = old->hash};
	entry->caller.expires_ms = s->expires_ms;
	if (!old->caller.expires_ms || old->caller.expires_ms > job->now_ms + s->overlap_ms)
		old->caller.expires_ms = job->now_ms + s->overlap_ms;
	return tell_new(job, entry);
}

static bool is_meant(const struct key_entry *e, struct bytes word)
{
	struct bytes prefix = BYTES("sha256:");
	char hex[65];

	if (!bytes_start_with(word, prefix))
		return bytes_equal(e->caller.name, word);
	for (size_t i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", e->hash.sha256[i]);
	return word.len >= prefix.len + PREFIX_LEAST && bytes_start_with(bytes_of(hex), bytes_from(word, prefix.len));
}

static int revoke_keys(struct job *job)
{
	const char *word = job->settings->arguments[1];
	unsigned count = 0;

	for (size_t i = 0; i < job->file.count; i++) {
		struct key_entry *e = &job->file.entries[i];
		if (e->revoked_ms || !is_meant(e, bytes_of(word)))
			continue;
		e->revoked_ms = job->now_ms;
		count++;
	}
	if (count == 0) {
		log_error("key revoke: there is no key \"%s\" that is not revoked", word);
		return EXIT_FAILED;
	}
	if (!write_file(job))
		return EXIT_FAILED;
	printf("%u key%s revoked\n", count, count == 1 ? "" : "s");
	return 0;
}

static const char *state_of(const struct key_entry *e, int64_t now_ms)
{
	if (e->revoked_ms && now_ms >= e->revoked_ms)
		return "revoked";
	return e->caller.expires_ms && now_ms >= e->caller.expires_ms ? "expired" : "valid";
}

static void add_names(struct text *out, const char *label, struct names names)
{
	for (size_t i = 0; i < names.count; i++) {
		text_add_string(out, i ? "," : label);
		text_add_printable(out, names.at[i].len ? names.at[i] : BYTES("none"), 80);
	}
}

static int list_keys(struct job *job)
{
	struct text out;

	text_init(&out, NULL);
	for (size_t i = 0; i < job->file.count; i++) {
		const struct key_entry *e = &job->file.entries[i];
		text_addf(&out, "%-8s sha256:", state_of(e, job->now_ms));
		text_add_hex(&out, bytes_slice(digest_bytes(&e->hash), 0, 6));
		text_add_string(&out, "  ");
		text_add_printable(&out, e->caller.name, 80);
		if (e->caller.expires_ms) {
			text_add_string(&out, "  expires=");
			text_add_time(&out, e->caller.expires_ms);
		}
		if (e->caller.team.len)
			add_names(&out, "  team=", (struct names){(struct bytes *)&e->caller.team, 1});
		add_names(&out, "  roles=", e->caller.roles);
		add_names(&out, "  purposes=", e->caller.purposes);
		add_names(&out, "  routes=", e->caller.routes);
		add_names(&out, "  models=", e->caller.models);
		add_names(&out, "  tools=", e->caller.tools);
		text_add_byte(&out, '\n');
	}
	fputs(text_string(&out), stdout);
	text_finish(&out);
	return 0;
}

/* ---- the whole ---- */

static void do_job(void *arg)
{
	struct job *job = arg;

	job->status = read_file(job) ? job->act(job) : EXIT_FAILED;
}

static int run_job(struct settings *s, int (*act)(struct job *))
{
	struct arena arena;
	struct job job = {.arena = &arena, .settings = s, .act = act, .now_ms = time_now_ms(), .status = EXIT_FAILED};
	char real[PATH_MAX];

	/* What a link leads to is written anew, and not in its place: there it is that a gateway may read it. */
	if (realpath(s->keys, real))
		s->keys = real;
	int folder = lock_folder(s->keys);
	if (folder < 0)
		return EXIT_FAILED;
	arena_init(&arena, ARENA);
	if (!arena_run(&arena, do_job, &job))
		log_error("%s: is too large", s->keys);
	arena_finish(&arena);
	close(folder);
	return job.status;
}

static const struct {
	const char *name;
	size_t arguments;
	int (*act)(struct job *);
} actions[] = {{"add", 2, add_key}, {"list", 1, list_keys}, {"revoke", 2, revoke_keys}, {"rotate", 2, rotate_key}};

static int run(int argc, char **argv)
{
	static struct settings s;

	s = (struct settings){.overlap_ms = 7 * DAY_MS};
	if (!read_arguments(argc, argv, &s))
		return EXIT_USAGE_ERROR;
	for (size_t i = 0; i < COUNT_OF(actions) && s.argument_count; i++) {
		if (strcmp(s.arguments[0], actions[i].name) != 0)
			continue;
		if (s.keys && s.argument_count == actions[i].arguments)
			return run_job(&s, actions[i].act);
		log_error("key %s: needs --keys FILE%s", actions[i].name, actions[i].arguments == 2 ? " and one name" : " alone");
		return EXIT_USAGE_ERROR;
	}
	log_error("key: give add, list, revoke or rotate; \"merlon help key\" shows how");
	return EXIT_USAGE_ERROR;
}

static const struct command_option options[] = {
	{"--keys", "FILE", "the file of keys, as the gateway's configuration names it"},
	{"--team", "NAME", "add: whose team"},
	{"--role", "NAME", "add: a role; may be given several times"},
	{"--purpose", "NAME", "add: what its data may be used for; may be given several times"},
	{"--route", "NAME", "add: a route it may use; without any: all; may be given several times"},
	{"--model", "NAME", "add: a model it may use; without any: all; none: no model; may be given several times"},
	{"--tool", "NAME", "add: a tool it may use; without any: all; none: no tool; may be given several times"},
	{"--expires", "DATE", "add, rotate: until when the new key is valid"},
	{"--overlap", "DAYS", "rotate: how long the old key stays valid (default 7d)"},
	{0},
};

static const struct command_example examples[] = {
	{"merlon key add ward-robot --keys keys.yaml --team ward --role reader --model small --expires 2027-06-30", "prints the key, which is kept nowhere"},
	{"merlon key rotate ward-robot --keys keys.yaml --overlap 2d", "a new key for the same caller; the old one ends in two days"},
	{"merlon key revoke ward-robot --keys keys.yaml", "every key of that caller"},
	{"merlon key revoke sha256:5a96e36c --keys keys.yaml", "one key, as \"list\" shows it"},
	{0},
};

const struct command command_key = {
	.name = "key",
	.summary = "add, list, revoke and rotate the keys of callers",
	.synopsis = "add|list|revoke|rotate [NAME] --keys FILE [OPTION]...",
	.description =
		"Callers of a gateway show a key. The file holds digests of keys, whom they belong to, what they may reach and how long; a key "
		"itself is printed once, when it is made, and kept nowhere.\n\n"
		"The file is written whole, beside the old one, and put in its place; comments in it are not kept. A running gateway takes it up "
		"when it reloads its configuration.",
	.options = options,
	.examples = examples,
	.exit_status = "0 done\n2 there is no such key, or the file cannot be read or written\n64 the command line is wrong",
	.run = run,
};
