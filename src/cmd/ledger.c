#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "cmd/options.h"
#include "ledger/erasure.h"
#include "ledger/publish.h"
#include "ledger/verify.h"
#include "types/command.h"

extern const struct command command_ledger;

enum { WITNESSES_MOST = 16, FILE_MOST = 1 << 20, REASON_MOST = 1000, EXIT_BAD = 1, EXIT_UNREADABLE = 2 };

struct settings {
	const char *outside;        /* file of a checkpoint kept elsewhere */
	struct note_verifier witnesses[WITNESSES_MOST];
	size_t witness_count;
	const char *caller, *reason;    /* of an erasure */
	char **arguments;           /* action, directory, ... */
	size_t argument_count;
};

/* A verifier key, or a file that holds one. */
static bool take_witness(struct settings *s, const char *value)
{
	struct text file;

	text_init(&file, NULL);
	bool good = s->witness_count < WITNESSES_MOST;
	bool given = good && note_read_verifier(bytes_of(value), &s->witnesses[s->witness_count]);
	bool read = good && !given && file_read(value, FILE_MOST, &file) == STATUS_OK &&
		    note_read_verifier(text_bytes(&file), &s->witnesses[s->witness_count]);
	text_finish(&file);
	if (given || read) {
		s->witness_count++;
		return true;
	}
	log_error("--witness: \"%s\" is no verifier key, and no file that holds one", value);
	return false;
}

static bool read_arguments(int argc, char **argv, struct settings *s)
{
	struct options o;
	const char *value;

	options_begin(&o, &command_ledger, argc, argv);
	for (const char *name = options_next(&o, &value); name; name = options_next(&o, &value)) {
		if (strcmp(name, "--witness") == 0 && !take_witness(s, value))
			return false;
		if (strcmp(name, "--checkpoint") == 0)
			s->outside = value;
		if (strcmp(name, "--caller") == 0)
			s->caller = value;
		if (strcmp(name, "--reason") == 0)
			s->reason = value;
	}
	s->arguments = o.arguments;
	s->argument_count = o.argument_count;
	return !o.failed;
}

/* ---- verify ---- */

static void print_good(const char *directory, const struct ledger_outcome *out)
{
	struct text root;

	text_init(&root, NULL);
	text_add_base64(&root, digest_bytes(&out->root));
	printf("%s: %llu record%s, %llu signed checkpoint%s, all fit; root %s\n", directory, (unsigned long long)out->records,
	       out->records == 1 ? "" : "s", (unsigned long long)out->checkpoints, out->checkpoints == 1 ? "" : "s", text_string(&root));
	if (out->witnessed)
		printf("the checkpoint from outside fits: nothing it was signed over has been changed or cut off\n");
	else
		printf("no checkpoint from outside was given: the owner of the key could have rewritten all of this, and whoever may write it cut its end off\n"
		       "(keep one elsewhere: merlon ledger checkpoint %s; compare: --checkpoint FILE)\n", directory);
	if (out->beyond > 0)
		printf("behind the last record stand %llu bytes of a write that is under way or was never finished: they are no records\n", (unsigned long long)out->beyond);
	text_finish(&root);
}

static int verify(struct ledger *l, const struct settings *s)
{
	struct ledger_outcome out;
	struct text outside;
	const char *directory = s->arguments[1];
	int status = 0;

	text_init(&outside, NULL);
	enum status read = s->outside ? file_read(s->outside, FILE_MOST, &outside) : STATUS_OK;
	if (read != STATUS_OK) {
		log_error("%s: cannot be read: %s", s->outside, file_trouble(read));
		status = EXIT_UNREADABLE;
	} else if (!ledger_verify(l, text_bytes(&outside), s->witnesses, s->witness_count, &out)) {
		log_error("%s: the ledger cannot be read: %s", directory, store_error(ledger_store(l)));
		status = EXIT_UNREADABLE;
	} else if (out.fault.found) {
		printf("%s: BAD: record %llu %s\n", directory, (unsigned long long)out.fault.number, out.fault.what);
		status = EXIT_BAD;
	} else {
		print_good(directory, &out);
	}
	text_finish(&outside);
	return status;
}

/* ---- the other actions ---- */

static int checkpoint(struct ledger *l, const struct settings *s)
{
	uint64_t size;
	struct bytes note;

	if (!ledger_checkpoint(l, &size, &note)) {
		log_error("%s: the ledger is empty", s->arguments[1]);
		return EXIT_UNREADABLE;
	}
	fwrite(note.at, 1, note.len, stdout);
	return 0;
}

static int prove(struct ledger *l, const struct settings *s)
{
	struct text proof;
	uint64_t number;

	if (s->argument_count != 3 || !bytes_to_u64(bytes_of(s->arguments[2]), &number)) {
		log_error("ledger prove: give the directory and the number of a record");
		return EXIT_USAGE_ERROR;
	}
	text_init(&proof, NULL);
	bool good = ledger_prove(l, number, &proof);
	if (good)
		fwrite(proof.at, 1, proof.len, stdout);
	else
		log_error("%s: there is no signed record %llu", s->arguments[1], (unsigned long long)number);
	text_finish(&proof);
	return good ? 0 : EXIT_UNREADABLE;
}

static int show(struct ledger *l, const struct settings *s)
{
	struct text record;
	uint64_t number;

	if (s->argument_count != 3 || !bytes_to_u64(bytes_of(s->arguments[2]), &number)) {
		log_error("ledger show: give the directory and the number of a record");
		return EXIT_USAGE_ERROR;
	}
	text_init(&record, NULL);
	bool found = store_get_record(ledger_store(l), number, &record);
	text_add_byte(&record, '\n');
	if (found)
		fwrite(record.at, 1, record.len, stdout);
	else
		log_error("%s: there is no record %llu", s->arguments[1], (unsigned long long)number);
	text_finish(&record);
	return found ? 0 : EXIT_UNREADABLE;
}

static int export(struct ledger *l, const struct settings *s)
{
	char why[300];

	if (s->argument_count != 3) {
		log_error("ledger export: give the directory of the ledger and the one to write to");
		return EXIT_USAGE_ERROR;
	}
	if (ledger_export(l, s->arguments[2], why, sizeof why))
		return 0;
	log_error("%s: %s", s->arguments[2], why);
	return EXIT_UNREADABLE;
}

static int erase(struct ledger *l, const struct settings *s)
{
	struct erasure e = {.directory = s->arguments[1], .caller = bytes_of(s->caller ? s->caller : ""), .ids = s->caller ? NULL : s->arguments + 2, .id_count = s->argument_count - 2, .uid = getuid()};
	const struct passwd *user = getpwuid(getuid());
	struct erasure_outcome out;
	char why[300];

	if ((e.id_count > 0) == (s->caller != NULL) || (s->caller && !*s->caller) || !s->reason || !*s->reason || strlen(s->reason) > REASON_MOST) {
		log_error("ledger erase: give the directory, a --reason of 1 to %d bytes, and the ids of exchanges or --caller", REASON_MOST);
		return EXIT_USAGE_ERROR;
	}
	e.reason = bytes_of(s->reason);
	e.user = bytes_of(user ? user->pw_name : "");
	if (!ledger_erase(l, &e, &out, why, sizeof why)) {
		log_error("%s: %s", e.directory, why);
		return EXIT_UNREADABLE;
	}
	printf("%zu exchange%s: the salt of their digests is overwritten in %s/salts, and that is on record\n", out.erased, out.erased == 1 ? "" : "s", e.directory);
	if (out.before > 0)
		printf("%zu more had been erased before\n", out.before);
	if (out.missing > 0)
		log_error("%s/salts: has no salt of %zu more, so of these nothing was overwritten, and nothing is on record; where a copy has them, their digests still tell", e.directory, out.missing);
	printf("the records still name their callers; copies and backups of %s/salts are yours to erase\n", e.directory);
	return out.missing > 0 ? EXIT_UNREADABLE : 0;
}

struct action {
	const char *name;
	int (*run)(struct ledger *, const struct settings *);
	enum ledger_mode mode;
};

static const struct action actions[] = {
	{"verify", verify, LEDGER_READ}, {"checkpoint", checkpoint, LEDGER_READ}, {"prove", prove, LEDGER_READ},
	{"show", show, LEDGER_READ}, {"export", export, LEDGER_READ}, {"erase", erase, LEDGER_APPEND},
};

static int run_action(const struct action *a, const struct settings *s)
{
	char why[300];
	struct ledger *l = ledger_open(s->arguments[1], LEDGER_READ, why, sizeof why);

	/* Only where there is one: appending would make it. */
	if (l && a->mode == LEDGER_APPEND) {
		ledger_close(l);
		l = ledger_open(s->arguments[1], LEDGER_APPEND, why, sizeof why);
	}
	if (!l) {
		log_error("%s: %s", s->arguments[1], why);
		return EXIT_UNREADABLE;
	}
	int status = a->run(l, s);
	ledger_close(l);
	return status;
}

static int run(int argc, char **argv)
{
	struct settings s = {0};

	if (!read_arguments(argc, argv, &s))
		return EXIT_USAGE_ERROR;
	for (size_t i = 0; s.argument_count >= 2 && i < COUNT_OF(actions); i++)
		if (strcmp(s.arguments[0], actions[i].name) == 0)
			return run_action(&actions[i], &s);
	log_error("ledger: give an action (verify, checkpoint, prove, show, export or erase) and the directory of the ledger");
	return EXIT_USAGE_ERROR;
}

static const struct command_option options[] = {
	{"--checkpoint", "FILE", "verify: a checkpoint kept elsewhere, which the ledger has to fit"},
	{"--witness", "KEY", "verify: the verifier key of a witness that may have signed it, or a file that holds the key; may be given several times"},
	{"--caller", "NAME", "erase: every exchange of this caller that is on record"},
	{"--reason", "TEXT", "erase: why, for the record"},
	{0},
};

static const struct command_example examples[] = {
	{"merlon ledger verify evidence", "read everything again, and name the first record that is wrong"},
	{"merlon ledger checkpoint evidence > checkpoint.txt", "a signed line to keep elsewhere: with it, cutting off the end shows"},
	{"merlon ledger verify --checkpoint checkpoint.txt evidence", "... like this"},
	{"merlon ledger prove evidence 17", "a proof that record 17 is in it, for somebody else's tool"},
	{"merlon ledger export evidence public/", "the whole tree as files (C2SP tlog-tiles), for somebody else's tool"},
	{"merlon ledger erase --reason 'asked for by letter' evidence 5f0c81d2a7e94b06b1c3d4e5f6a7b8c9", "the digests of this exchange say nothing any more"},
	{0},
};

const struct command command_ledger = {
	.name = "ledger",
	.summary = "verify, prove, export and erase evidence",
	.synopsis = "verify|checkpoint|prove|show|export|erase [OPTION]... DIR [ARGUMENT]",
	.description =
		"The ledger in DIR is a list of records, hashed into a Merkle tree (RFC 6962) whose root is signed with every write.\n\n"
		"\"verify\" names the first record that was changed, removed, added or moved. \"checkpoint\" prints the newest signed root. "
		"\"show\" prints a record, \"prove\" the proof that it is in the tree. \"export\" writes the tree as files.\n\n"
		"\"erase\" overwrites the salts of a gateway's exchanges: without them nobody can tell whether some text was theirs. "
		"The records stay as they are and go on verifying; who erased what, when and why is a record of its own.\n\n"
		"Who holds the key can write a new history. Only a checkpoint kept by somebody else shows that this was not done.",
	.options = options,
	.examples = examples,
	.exit_status = "0 all is well\n1 verify found a bad record\n2 the ledger cannot be read\n64 the command line is wrong",
	.run = run,
};
