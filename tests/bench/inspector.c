/* inspector FINDS KB [SHAPES]: CPU time per KB of text of a stream in chunks of 12 bytes, with that many finds; and without any. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "inspector/inspector.h"
#include "policies/policies.h"

static const char words[] = "The patient was seen on Monday and asked whether the new plan costs more than the old one; nobody could say how much. ";

static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return 1e6 * (double)t.tv_sec + (double)t.tv_nsec / 1e3;
}

static const struct policy *make_policy(struct arena *arena, int finds, int shapes)
{
	struct yaml_error error;
	struct text t;

	text_init(&t, arena);
	text_add_string(&t, "policy: bench\nmodels: any\ntools: any\nhosts: [a.example]\n");
	text_add_string(&t, finds ? "finds:\n" : "");
	for (int i = 0; i < finds; i++)
		if (i < shapes)
			text_addf(&t, "  - {name: f%d, shapes: [\"%c[A-Za-z0-9._-]{3,40}@%c[a-z0-9]{10,40}\"]}\n", i, 'a' + i % 26, 'a' + i % 26);
		else
			text_addf(&t, "  - {name: f%d, texts: [\"%c%cproject-%d\", \"secret-%c%d\"]}\n", i, 'a' + i % 26, 'a' + i * 7 % 26, i, 'a' + i % 26, i);
	text_add_string(&t, finds ? "rules: [{name: r, finds: \"*\", measure: redact}]\n" : "");
	return policies_read(arena, text_bytes(&t), &error);
}

static void body(struct arena *arena, struct arena *one, int finds, long kb, int shapes)
{
	static const struct caller caller = {.name = {(const unsigned char *)"bench", 5}};
	const struct circumstances circumstances = {.caller = &caller};
	const struct dialect *d = dialect_named(BYTES("openai-chat"));
	struct inspection *i = inspection_begin(arena, make_policy(arena, finds, shapes), &circumstances);
	double reading = 0, inspecting = 0;
	struct bytes out;

	for (long n = 0; n * 12 < kb * 1024; n++) {
		struct arena_mark mark = arena_mark(one);
		struct exchange part;
		struct text raw;
		text_init(&raw, one);
		text_addf(&raw, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%.12s\"}}]}\n\n", words + n * 12 % (long)(sizeof words - 13));
		double begun = cpu_us();
		exchange_init(&part, one, d);
		d->event(&part, BYTES(""), bytes_slice(text_bytes(&raw), 6, raw.len - 8));
		double read = cpu_us();
		inspection_event(i, &part, text_bytes(&raw), bytes_slice(text_bytes(&raw), 6, raw.len - 8));
		while (inspection_next(i, &out))
			;
		inspecting += cpu_us() - read;
		reading += read - begun;
		arena_rewind(one, mark);
	}
	printf("%d finds, %d of them shapes: reading %.1f us/KB, inspecting %.1f us/KB\n", finds, shapes, reading / (double)kb, inspecting / (double)kb);
}

int main(int argc, char **argv)
{
	int finds = argc > 1 ? atoi(argv[1]) : 20;
	long kb = argc > 2 ? atol(argv[2]) : 1024;
	int shapes = argc > 3 ? atoi(argv[3]) : 0;
	struct arena arena, one;

	arena_init(&arena, 64 << 20);
	arena_init(&one, 64 << 20);
	body(&arena, &one, finds, kb, shapes);
	arena_finish(&one);
	arena_finish(&arena);
	return 0;
}
