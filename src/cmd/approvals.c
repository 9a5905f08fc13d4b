#include "cmd/approvals.h"

#include <openssl/crypto.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/time.h"
#include "base/visible.h"
#include "gateway/approval.h"
#include "gateway/config.h"
#include "syntax/json.h"
#include "syntax/lines.h"
#include "types/command.h"

enum { ANSWER_MOST = WINDOW_MOST + (1 << 20), MEMORY_MOST = 256 << 20, KEY_MOST = 4096, PATIENCE_S = 10, ID_LEAST = 6, DIGEST_LEAST = 8, EXIT_FAILED = 2 };

bool approvals_know(const char *word)
{
	return strcmp(word, "holds") == 0 || strcmp(word, "approve") == 0 || strcmp(word, "refuse") == 0;
}

/* ---- the gateway's socket ---- */

static int call(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = PATIENCE_S};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (strlen(path) < sizeof address.sun_path && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	log_error("%s: no gateway that runs there can be reached: %m", path);
	close(fd);
	return -1;
}

/* The status of what it answered, and its body in `out`; 0 when nothing was to be had. */
static unsigned ask(const char *path, const char *method, const char *target, struct bytes body, struct text *out)
{
	struct text request;
	char part[8192];
	int fd = call(path);

	if (fd < 0)
		return 0;
	text_init(&request, NULL);
	text_addf(&request, "%s %s HTTP/1.1\r\nHost: gateway\r\nContent-Length: %zu\r\n\r\n", method, target, body.len);
	text_add(&request, body);
	bool good = send(fd, request.at, request.len, MSG_NOSIGNAL) == (ssize_t)request.len;
	text_finish(&request);
	for (ssize_t n = 1; good && n > 0 && out->len < ANSWER_MOST;) {
		n = recv(fd, part, sizeof part, 0);
		if (n > 0)
			text_add(out, (struct bytes){(const unsigned char *)part, (size_t)n});
	}
	close(fd);
	size_t end = bytes_find(text_bytes(out), BYTES("\r\n\r\n"));
	uint64_t status = 0;
	if (end + 4 > out->len || !bytes_to_u64(bytes_slice(text_bytes(out), 9, 3), &status)) {
		log_error("%s: the gateway did not answer", path);
		return 0;
	}
	memmove(out->at, out->at + end + 4, out->len - end - 4);
	out->len -= end + 4;
	return (unsigned)status;
}

/* ---- what waits ---- */

struct work {
	struct arena *arena;
	const struct approving *a;
	const char *socket;
	int status;
};

/* Where several have to agree. */
static void add_agreed(struct text *out, const struct json *hold)
{
	const struct json *agreed = json_member(hold, "agreed");
	uint64_t approvals = 0;

	if (!json_u64(json_member(hold, "approvals"), &approvals) || approvals < 2)
		return;
	text_addf(out, "\n  approvals %zu of %llu", agreed ? agreed->count : 0, (unsigned long long)approvals);
	json_each(agreed, by) {
		text_add_string(out, by == agreed->first ? ": " : ", ");
		text_add_printable(out, by->text, 30);
	}
}

static void add_hold(struct text *out, const struct json *hold)
{
	int64_t expires_ms = 0;

	time_parse(json_string(hold, "expires"), &expires_ms);
	int64_t left_ms = expires_ms - time_now_ms();
	text_add(out, json_string(hold, "id"));
	text_addf(out, "  %.*s, %lld s left\n  from ", (int)json_string(hold, "half").len, json_string(hold, "half").at, (long long)(left_ms > 0 ? left_ms / 1000 : 0));
	text_add_printable(out, json_string(hold, "caller"), 64);
	text_add_string(out, "\n  route ");
	text_add_printable(out, json_string(hold, "route"), 30);
	text_add_string(out, ", model ");
	text_add_printable(out, json_string(hold, "model"), 30);
	text_add_string(out, "\n  rule ");
	text_add_printable(out, json_string(hold, "rule"), 64);
	text_add_string(out, "\n  body ");
	text_add(out, json_string(hold, "digest"));
	if (json_string(hold, "tool").len > 0) {
		text_add_string(out, "\n  tool ");
		text_add_printable(out, json_string(hold, "tool"), 64);
		text_add_string(out, "\n  args ");
		text_add(out, json_string(hold, "arguments"));
	}
	add_agreed(out, hold);
	text_add_string(out, "\n  since ");
	text_add(out, json_string(hold, "since"));
	text_add_string(out, ", until ");
	text_add(out, json_string(hold, "expires"));
	text_add_byte(out, '\n');
}

static void print_all(const struct json *holds)
{
	struct text out;

	text_init(&out, NULL);
	json_each(holds, hold)
		add_hold(&out, hold);
	if (holds->count == 0)
		text_add_string(&out, "Nothing waits for a person.\n");
	fwrite(out.at, 1, out.len, stdout);
	text_finish(&out);
}

/* The one whose id begins so. */
static const struct json *find(const struct json *holds, const char *id)
{
	const struct json *found = NULL;

	json_each(holds, hold) {
		if (!bytes_start_with(json_string(hold, "id"), bytes_of(id)))
			continue;
		if (found) {
			log_error("gateway: several exchanges that wait begin with \"%s\"", id);
			return NULL;
		}
		found = hold;
	}
	if (!found)
		log_error("gateway: no exchange that begins with \"%s\" waits", id);
	return found;
}

/* ---- deciding ---- */

static bool read_hex(struct bytes hex, struct digest *out)
{
	struct text t;

	text_init(&t, NULL);
	text_add_string(&t, "sha256:");
	text_add(&t, hex);
	bool good = digest_read(text_bytes(&t), out);
	text_finish(&t);
	return good;
}

static bool read_question(const struct json *hold, struct hold_question *q)
{
	struct bytes id = json_string(hold, "id");

	*q = (struct hold_question){.answer = bytes_same(json_string(hold, "half"), "answer"), .caller = hold_text(json_string(hold, "caller"))};
	if (id.len == HOLD_ID)
		memcpy(q->id, id.at, HOLD_ID);
	return id.len == HOLD_ID && read_hex(json_string(hold, "digest"), &q->digest) && time_parse(json_string(hold, "expires"), &q->expires_ms);
}

static bool sign(const char *path, struct text *text)
{
	struct note_signer signer;
	struct text key;

	text_init(&key, NULL);
	bool good = file_read(path, KEY_MOST, &key) == STATUS_OK && note_read_signer(text_bytes(&key), &signer);
	if (key.at)
		OPENSSL_cleanse(key.at, key.room);
	text_finish(&key);
	if (!good) {
		log_error("%s: is no readable key (merlon attest make-key makes one)", path);
		return false;
	}
	note_sign(&signer, text);
	note_forget(&signer);
	return true;
}

static const char *own_name(void)
{
	const struct passwd *p = getpwuid(getuid());

	return p ? p->pw_name : "nobody known";
}

/* Sends what that person says, in the form of gateway/approval.h; the status of what came back, 0 for none. */
static unsigned tell(struct work *w, const struct hold_question *q, enum approval_word says, struct bytes shown, struct text *out)
{
	const struct approving *a = w->a;
	struct approval said = {.says = says, .shown = shown, .by = bytes_of(a->as ? a->as : own_name()), .reason = bytes_of(a->reason ? a->reason : "-"), .at_ms = time_now_ms()};
	struct text text;

	text_init(&text, w->arena);
	approval_write(q, &said, &text);
	if (a->key && !sign(a->key, &text))
		return 0;
	unsigned status = ask(w->socket, "POST", says < APPROVAL_SHOWS ? "/decisions" : "/shows", text_bytes(&text), out);
	if (status && status != 200)
		log_error("gateway: %s: %.*s", q->id, (int)(out->len ? out->len - 1 : 0), out->at);
	return status;
}

/* What they approve is named by the digest of what they were shown; all of it is sent, whatever part of it was typed. */
static bool find_shown(const struct work *w, const struct json *hold, struct bytes *shown)
{
	const char *typed = w->a->digest;

	*shown = json_string(hold, "shown");
	if (!typed || strlen(typed) < DIGEST_LEAST)
		log_error("gateway: --digest is missing, with %d letters or more of it: \"merlon gateway holds --show ID --whole\" shows what waits, and its digest", DIGEST_LEAST);
	else if (shown->len == 0)
		log_error("gateway: nobody was shown what waits: \"merlon gateway holds --show ID --whole\" does");
	else if (!bytes_start_with(*shown, bytes_of(typed)))
		log_error("gateway: what waits has another digest than that");
	else
		return true;
	return false;
}

static int decide(struct work *w, const struct json *holds)
{
	bool agrees = strcmp(w->a->word, "approve") == 0;
	const struct json *hold = find(holds, w->a->id);
	struct bytes shown = BYTES("-");
	struct hold_question q;
	struct text out;

	if (!hold || !read_question(hold, &q) || (agrees && !find_shown(w, hold, &shown)))
		return EXIT_FAILED;
	text_init(&out, w->arena);
	if (tell(w, &q, agrees ? APPROVAL_APPROVES : APPROVAL_REFUSES, shown, &out) != 200)
		return EXIT_FAILED;
	printf("%s: %s", q.id, text_string(&out));
	return 0;
}

/* ---- showing ---- */

/* False when it is not what its digest says, or not fit for a terminal. */
static bool read_shown(struct bytes in, struct bytes *text, struct bytes *digest, uint64_t *left_out)
{
	struct cursor c = cursor_over(in);
	unsigned char salt[16];
	struct digest d;

	if (!bytes_same(cursor_until(&c, '\n'), "merlon shown v1"))
		return false;
	struct bytes hex = lines_take(&c, "salt");
	*digest = lines_take(&c, "digest");
	bool good = bytes_to_u64(lines_take(&c, "left-out"), left_out) && cursor_until(&c, '\n').len == 0 && cursor_ok(&c);
	*text = bytes_from(in, in.len - cursor_left(&c));
	for (size_t i = 0; i < sizeof salt && hex.len == 2 * sizeof salt; i++) {
		char two[3] = {(char)hex.at[2 * i], (char)hex.at[2 * i + 1], 0};
		salt[i] = (unsigned char)strtoul(two, NULL, 16);
	}
	return good && hex.len == 2 * sizeof salt && read_hex(*digest, &d) && digest_equal(d, digest_of_two((struct bytes){salt, sizeof salt}, *text)) && visible_is_clean(*text);
}

static int show(struct work *w, const struct json *holds)
{
	const struct json *hold = find(holds, w->a->show);
	struct bytes text, digest;
	struct hold_question q;
	uint64_t left_out;
	struct text out, head;

	text_init(&out, w->arena);
	text_init(&head, w->arena);
	if (!hold || !read_question(hold, &q) || tell(w, &q, w->a->whole ? APPROVAL_SHOWS_WHOLE : APPROVAL_SHOWS, BYTES("-"), &out) != 200)
		return EXIT_FAILED;
	if (!read_shown(text_bytes(&out), &text, &digest, &left_out)) {
		log_error("gateway: %s: what came is not what its digest says, or not fit to be shown", q.id);
		return EXIT_FAILED;
	}
	add_hold(&head, hold);
	fwrite(head.at, 1, head.len, stdout);
	putchar('\n');
	fwrite(text.at, 1, text.len, stdout);
	if (left_out > 0)
		printf("\n%llu bytes more%s\n", (unsigned long long)left_out, w->a->whole ? ": too many to be shown, so it cannot be approved" : ": --whole shows them; who was not shown all cannot approve it");
	else
		printf("\nThat is all of it. Its digest is\n%.*s\n", (int)digest.len, digest.at);
	return 0;
}

static void work(void *arg)
{
	struct work *w = arg;
	struct json_error error;
	struct text out;

	text_init(&out, w->arena);
	if (ask(w->socket, "GET", "/holds", BYTES(""), &out) != 200)
		return;
	const struct json *root = json_parse(w->arena, text_bytes(&out), &error), *holds = json_member(root, "holds");
	if (!holds)
		return;
	w->status = 0;
	if (strcmp(w->a->word, "holds") != 0)
		w->status = decide(w, holds);
	else if (w->a->show)
		w->status = show(w, holds);
	else if (w->a->json)
		fwrite(out.at, 1, out.len, stdout);
	else
		print_all(holds);
}

int approvals_run(const struct approving *a)
{
	char ledger[4000], socket[4096];
	struct arena arena;
	struct work w = {.arena = &arena, .a = a, .socket = socket, .status = EXIT_FAILED};
	bool lists = strcmp(a->word, "holds") == 0;

	if (!a->config == !a->ledger || lists != !a->id || (!lists && strlen(a->id) < ID_LEAST) || (a->show && (!lists || strlen(a->show) < ID_LEAST)) || (a->whole && !a->show)) {
		log_error("gateway %s: give --config or --ledger%s; \"merlon help gateway\" shows how", a->word, lists ? "" : ", and six letters or more of an id");
		return EXIT_USAGE_ERROR;
	}
	if (a->config && !config_ledger(a->config, ledger, sizeof ledger))
		return EXIT_USAGE_ERROR;
	snprintf(socket, sizeof socket, "%s/control", a->config ? ledger : a->ledger);
	arena_init(&arena, MEMORY_MOST);
	arena_run(&arena, work, &w);
	arena_finish(&arena);
	return w.status;
}
