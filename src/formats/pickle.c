/*
 * Pickle: Python's object streams, which are programs.
 *
 *   a file holds one pickle or several, each a run of opcodes up to STOP;
 *   protocol 2 and later begin with 80 NN, older ones with any opcode.
 */
#include "formats/pickle/streams.h"
#include "formats/pickle/torch.h"
#include "types/format.h"

extern const struct format format_pickle;

static bool is_meant_to_be(const struct source *source)
{
	bool other = source->reader == READER_ANY || source->reader == READER_RAW || source->reader == READER_TORCHSCRIPT;

	return !other || format_expects(&format_pickle, source_extension(source));
}

/* Text files can begin like a pickle; a name that no module can have tells. */
static int probe(const struct source *source, struct arena *arena)
{
	enum { HEADER = 90, LIKELY = 60 };
	struct bytes in = source->content;
	bool expected = is_meant_to_be(source);

	if (in.len < 2 || torch_legacy_claims(arena, in))
		return 0;
	if (in.at[0] == 0x80 && in.at[1] <= 5 && (expected || pickle_goes_on(arena, in)))
		return HEADER;
	return pickle_probe(arena, in, expected) ? LIKELY : 0;
}

static void parse(const struct source *source, struct artifact *art)
{
	enum reader reader = source->reader;
	bool member = reader == READER_TORCH_STORAGES || reader == READER_TORCH_TENSORS;
	uint64_t end = member ? torch_walk_members(art, source->content, reader == READER_TORCH_STORAGES)
			      : pickle_walk(art, source->content, 0);

	if (end < source->content.len)
		pickle_walk_tail(art, source->content, end);
}

const struct format format_pickle = {
	.name = "pickle",
	.title = "Python pickle",
	.spec = "CPython Lib/pickle.py, Lib/pickletools.py, Modules/_pickle.c",
	.extensions = "pkl pickle joblib jbl p dill dat data pk",
	.may_claim = pickle_may_claim,
	.probe = probe,
	.parse = parse,
};
