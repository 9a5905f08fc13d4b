#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/time.h"
#include "cmd/options.h"
#include "controls/attestation.h"
#include "controls/catalog.h"
#include "ledger/ledger.h"
#include "syntax/json.h"

extern const struct command command_attest;

enum { ARENA = 64 << 20, KEY_MOST = 4096, EXIT_FAILED = 2, STATEMENT_MOST = 4000 };

struct settings {
	const char *ledger, *key, *control, *by, *statement;
	int64_t expires_ms;
	bool not_applicable, make_key;
	char **arguments;
	size_t argument_count;
};

static bool take_option(void *owner, const char *name, const char *value)
{
	struct settings *s = owner;

	if (strcmp(name, "--expires") == 0)
		return options_expiry(value, &s->expires_ms);
	if (strcmp(name, "--ledger") == 0)
		s->ledger = value;
	else if (strcmp(name, "--key") == 0)
		s->key = value;
	else if (strcmp(name, "--control") == 0)
		s->control = value;
	else if (strcmp(name, "--by") == 0)
		s->by = value;
	else if (strcmp(name, "--statement") == 0)
		s->statement = value;
	else if (strcmp(name, "--not-applicable") == 0)
		s->not_applicable = true;
	return true;
}

static bool read_arguments(int argc, char **argv, struct settings *s)
{
	struct options o;

	options_begin(&o, &command_attest, argc, argv);
	bool good = options_read(&o, take_option, s);
	s->arguments = o.arguments;
	s->argument_count = o.argument_count;
	return good;
}

/* ---- make-key ---- */

static int make_key(const struct settings *s)
{
	struct note_signer signer;
	struct text text;
	int status = EXIT_FAILED;

	if (s->argument_count != 3) {
		log_error("attest make-key: give a name without blanks, and the file to write the key to");
		return EXIT_USAGE_ERROR;
	}
	if (!note_make_key(s->arguments[1], &signer)) {
		log_error("attest make-key: \"%s\" is no name for a key: no blanks, no '+', ASCII, at most 127 letters", s->arguments[1]);
		return EXIT_USAGE_ERROR;
	}
	text_init(&text, NULL);
	note_write_signer(&signer, &text);
	text_add_byte(&text, '\n');
	if (file_create(s->arguments[2], 0600, text_bytes(&text)) == STATUS_OK)
		status = 0;
	else
		log_error("%s: cannot be written: %m", s->arguments[2]);
	OPENSSL_cleanse(text.at, text.len);
	text_clear(&text);
	note_write_verifier(&signer.verifier, &text);
	if (status == 0)
		printf("%s\n", text_string(&text));
	note_forget(&signer);
	text_finish(&text);
	return status;
}

/* ---- sign ---- */

static bool read_signer(const char *path, struct note_signer *out)
{
	struct text text;

	text_init(&text, NULL);
	bool good = file_read(path, KEY_MOST, &text) == STATUS_OK && note_read_signer(text_bytes(&text), out);
	if (text.at)
		OPENSSL_cleanse(text.at, text.len);
	text_finish(&text);
	if (!good)
		log_error("%s: is no readable key (merlon attest make-key makes one)", path);
	return good;
}

static bool append(struct ledger *l, struct bytes note)
{
	struct text body;

	text_init(&body, NULL);
	text_add_byte(&body, '{');
	text_add_member(&body, "note", note);
	text_add_byte(&body, '}');
	bool good = ledger_append(l, RECORD_ATTESTATION, text_bytes(&body)) && ledger_commit(l);
	text_finish(&body);
	return good;
}

static int sign_into(struct ledger *l, const struct settings *s, const struct note_signer *signer)
{
	struct attestation a = {.control = bytes_of(s->control), .says = s->not_applicable ? BYTES("not-applicable") : BYTES("attested"),
				.by = bytes_of(s->by), .statement = bytes_slice(bytes_of(s->statement), 0, STATEMENT_MOST),
				.signed_ms = time_now_ms(), .expires_ms = s->expires_ms};
	struct text note;
	uint64_t first, end;
	int status = 0;

	text_init(&note, NULL);
	attestation_write(&a, &note);
	note_sign(signer, &note);
	if (append(l, text_bytes(&note))) {
		ledger_span(l, &first, &end);
		printf("%srecorded as record %llu\n", text_string(&note), (unsigned long long)first);
	} else {
		log_error("%s", ledger_error(l));
		status = EXIT_FAILED;
	}
	text_finish(&note);
	return status;
}

static int sign(const struct settings *s)
{
	struct note_signer signer;
	char why[300];

	if (!s->ledger || !s->key || !s->control || !s->by || !s->statement || !s->expires_ms) {
		log_error("attest sign: needs --ledger, --key, --control, --by, --statement and --expires");
		return EXIT_USAGE_ERROR;
	}
	if (!read_signer(s->key, &signer))
		return EXIT_FAILED;
	struct ledger *l = ledger_open(s->ledger, LEDGER_APPEND, why, sizeof why);
	if (!l)
		log_error("%s: %s", s->ledger, why);
	int status = l ? sign_into(l, s, &signer) : EXIT_FAILED;
	ledger_close(l);
	note_forget(&signer);
	return status;
}

/* ---- the whole ---- */

struct lookup {
	struct arena *arena;
	const char *id;
	bool known;
};

static void find_control(void *arg)
{
	struct lookup *l = arg;
	struct catalog catalog;
	struct catalog_error error;

	l->known = catalog_load(l->arena, &catalog, &error) && catalog_control(&catalog, l->id);
}

static bool control_exists(const char *id)
{
	struct arena arena;
	struct lookup l = {.arena = &arena, .id = id};

	arena_init(&arena, ARENA);
	arena_run(&arena, find_control, &l);
	arena_finish(&arena);
	if (!l.known)
		log_error("--control: there is no control \"%s\"; \"merlon catalog list\" lists them", id);
	return l.known;
}

static int run(int argc, char **argv)
{
	struct settings s = {0};

	if (!read_arguments(argc, argv, &s) || (s.control && !control_exists(s.control)))
		return EXIT_USAGE_ERROR;
	if (s.argument_count >= 1 && strcmp(s.arguments[0], "make-key") == 0)
		return make_key(&s);
	if (s.argument_count == 1 && strcmp(s.arguments[0], "sign") == 0)
		return sign(&s);
	log_error("attest: give make-key or sign; \"merlon help attest\" shows how");
	return EXIT_USAGE_ERROR;
}

static const struct command_option options[] = {
	{"--ledger", "DIR", "sign: the ledger to record it in"},
	{"--key", "FILE", "sign: your key, made with make-key"},
	{"--control", "ID", "sign: the control it is about"},
	{"--by", "NAME", "sign: your name, for the reader"},
	{"--statement", "TEXT", "sign: what you attest, in a sentence you can be held to"},
	{"--expires", "DATE", "sign: until when it counts"},
	{"--not-applicable", NULL, "sign: the control does not apply to this system; the statement says why"},
	{0},
};

static const struct command_example examples[] = {
	{"merlon attest make-key security-lead security-lead.key", "makes a key, and prints the line to put into the profile"},
	{"merlon attest sign --ledger evidence --key security-lead.key --control G1.1 --by \"NAME\" --statement \"The AI policy of 3 March is in force.\" --expires 2027-03-03",
	 "signs, and records it"},
	{0},
};

const struct command command_attest = {
	.name = "attest",
	.summary = "sign what no software can check",
	.synopsis = "make-key NAME FILE | sign OPTION...",
	.description =
		"Some controls only a person can answer for. \"sign\" puts a statement, signed with that person's own key, into the ledger. It counts "
		"when the profile names the key and gives the person one of the control's roles, and until it expires. Software checks form, "
		"signature, role and freshness; whether it is true is up to the person, and the grade A says so.",
	.options = options,
	.examples = examples,
	.exit_status = "0 done\n2 the key or the ledger cannot be used\n64 the command line is wrong",
	.run = run,
};
