#ifndef TYPES_RECORD_H
#define TYPES_RECORD_H

#include "base/bytes.h"

/*
 * One entry of the ledger: canonical JSON (RFC 8785) of the form
 *
 *   {"at":"2026-11-21T10:00:00.000Z","body":{...},"kind":"coverage","number":17}
 *
 * `body` depends on the kind; docs/LEDGER.md describes each.
 */
enum record_kind {
	RECORD_SCAN,            /* a scan began: who reads what under which rules */
	RECORD_COVERAGE,        /* one item was examined, or why not, and the verdict */
	RECORD_FINDING,         /* one finding in it */
	RECORD_SCAN_END,
	RECORD_ATTESTATION,     /* a named person says so */
	RECORD_GATEWAY,         /* a gateway began, ended, was halted */
	RECORD_EXCHANGE,        /* one exchange through it */
	RECORD_APPROVAL,        /* a person let one go on that was held, or refused it */
	RECORD_ERASURE,         /* the salt of an exchange's digests was overwritten */
	RECORD_KIND_COUNT
};

enum { RECORD_MOST = 65535 };   /* an entry of a tlog-tiles bundle holds no more */

const char *record_kind_name(enum record_kind kind);
int record_kind_from_name(struct bytes name);   /* or -1 */

#endif
