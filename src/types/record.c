#include "types/record.h"

static const char *const names[RECORD_KIND_COUNT] = {"scan", "coverage", "finding", "scan-end", "attestation", "gateway", "exchange", "approval", "erasure"};

const char *record_kind_name(enum record_kind kind)
{
	return names[kind];
}

int record_kind_from_name(struct bytes name)
{
	for (int i = 0; i < RECORD_KIND_COUNT; i++)
		if (bytes_same(name, names[i]))
			return i;
	return -1;
}
