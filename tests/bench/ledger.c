/* ledger DIR N: appends N records as a scan writes them, and says how many a second were acknowledged, each on the disk. */
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "ledger/ledger.h"

int main(int argc, char **argv)
{
	char why[300];
	struct ledger *l = argc == 3 ? ledger_open(argv[1], LEDGER_APPEND, why, sizeof why) : NULL;
	long count = argc == 3 ? atol(argv[2]) : 0;
	struct text body;

	if (!l)
		return fprintf(stderr, "ledger: %s\n", argc == 3 ? why : "give a directory and a number"), 1;
	text_init(&body, NULL);
	int64_t begun = time_monotonic_ms();
	for (long i = 0; i < count; i++) {
		text_clear(&body);
		text_addf(&body, "{\"bytes-read\":262,\"findings\":0,\"formats\":[\"pickle\"],\"path\":\"/srv/models/%07ld.pkl\",\"sha256\":"
			  "\"b25b885fe146ff47c8ae71df6d3cc0d06647ca99e96840f258c401ea04bcd2fe\",\"size\":262,\"verdict\":\"clean\",\"why\":\"was "
			  "examined whole, and everything in it is allowed\"}", i);
		if (!ledger_append(l, RECORD_COVERAGE, text_bytes(&body)))
			return fprintf(stderr, "ledger: %s\n", ledger_error(l)), 1;
	}
	if (!ledger_commit(l))
		return 1;
	int64_t ms = time_monotonic_ms() - begun;
	printf("%ld records in %lld ms: %.0f records/s\n", count, (long long)ms, 1000.0 * (double)count / (double)(ms ? ms : 1));
	ledger_close(l);
	return 0;
}
