/*
 * filter: prints the filters of system calls of src/sandbox/calls.h as programs for the kernel, by libseccomp.
 * Making them at every start cost as much as confining does.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/status.h"
#include "sandbox/calls.h"
#include "sandbox/filter.h"

static void must(bool good)
{
	if (good)
		return;
	fprintf(stderr, "filter: libseccomp cannot make it\n");
	exit(1);
}

static void add_calls(scmp_filter_ctx filter, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++)
		must(seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) == 0);
}

/* What examines bytes and asks for more is broken, and ends; what serves people is told no. */
static scmp_filter_ctx make(enum confinement to)
{
	enum { PROTECT_EXEC = 4 };
	scmp_filter_ctx filter = seccomp_init(to == CONFINE_TO_SOCKETS ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS);

	must(filter != NULL);
	add_calls(filter, allowed, COUNT_OF(allowed));
	if (to == CONFINE_TO_SOCKETS)
		add_calls(filter, allowed_to_sockets, COUNT_OF(allowed_to_sockets));
	for (size_t i = 0; i < COUNT_OF(allowed_without_exec); i++)
		must(seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_without_exec[i], 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROTECT_EXEC, 0)) == 0);
	return filter;
}

static void print(const char *name, enum confinement to)
{
	scmp_filter_ctx filter = make(to);
	FILE *exported = tmpfile();
	struct sock_filter f;

	must(exported && seccomp_export_bpf(filter, fileno(exported)) == 0);
	rewind(exported);
	printf("static const struct sock_filter %s[] = {\n", name);
	while (fread(&f, sizeof f, 1, exported) == 1)
		printf("\t{%u, %u, %u, %u},\n", f.code, f.jt, f.jf, f.k);
	printf("};\n");
	fclose(exported);
	seccomp_release(filter);
}

int main(void)
{
	printf("/* Made by tools/filter.c. */\n#include \"sandbox/filter.h\"\n\n");
	print("to_bytes", CONFINE_TO_BYTES);
	print("to_sockets", CONFINE_TO_SOCKETS);
	printf("const struct filter filters[] = {\n\t[CONFINE_TO_BYTES] = {to_bytes, sizeof to_bytes / sizeof *to_bytes},\n"
	       "\t[CONFINE_TO_SOCKETS] = {to_sockets, sizeof to_sockets / sizeof *to_sockets},\n};\n");
	return 0;
}
