#ifndef TYPES_SOURCE_H
#define TYPES_SOURCE_H

#include "base/bytes.h"

/* Who will read these bytes, as far as their container tells. */
enum reader {
	READER_ANY,             /* nobody in particular */
	READER_TORCH,           /* torch.load reads it as the program of a checkpoint */
	READER_TORCH_TAR,       /* the same in the tar of torch 0.1, which versions up to 2.5 read without a look at weights_only */
	READER_TORCH_STORAGES,  /* torch.load reads pickles with raw arrays between them (tar of torch 0.1) ... */
	READER_TORCH_TENSORS,   /* ... and with the shapes of tensors between them */
	READER_RAW,             /* numbers, which nobody runs */
	READER_NUMPY,           /* numpy.load reads it as an array of objects */
	READER_TORCHSCRIPT,     /* torch.jit.load compiles it */
	READER_JOBLIB,          /* joblib.load reads it: arrays stand between the opcodes */
};

struct zip_archive;

/* Bytes that somebody looked at to find out what it is: as many from the start, and as many before the end. */
struct looked {
	uint64_t head, tail;
};

/*
 * A large file that comes into memory page by page, as it is touched.  That is
 * dear where only a few bytes of many places are asked for: they can be copied.
 */
struct mapped {
	struct bytes content;
	int fd;
	bool (*read)(const struct mapped *file, uint64_t at, unsigned char *out, size_t len);   /* all of `len` bytes, or false */
};

enum { SOURCE_FIRST = 512, SOURCE_LAST = 64 };

/* Bytes to examine, and where they came from. Borrows everything. */
struct source {
	const char *name;             /* "models/a.gguf"; "data.pkl" when inside a zip */
	const struct source *inside;  /* its container, or NULL */
	uint64_t offset;              /* where in that container */
	struct bytes content;
	enum reader reader;
	unsigned depth;               /* containers around it */
	const struct mapped *mapped;  /* the file its content is, or lies in; or NULL */
	struct bytes first, last;     /* of the content, while it is asked what it is: SOURCE_FIRST and SOURCE_LAST bytes, or all there are */
	struct looked *looked;        /* kept by source_looked(), or NULL */
	const struct zip_archive *zip;  /* its directory, read once for all who look for members; or NULL: read it */
};

/* What a probe looks at beyond its first bytes: the first `head` bytes of the source, the last `tail`. */
void source_looked(const struct source *source, uint64_t head, uint64_t tail);

/* The first `room` bytes of a slice of its content: in `buffer`, where copying is cheaper than touching them. */
struct bytes source_copy(const struct source *source, struct bytes part, unsigned char *buffer, size_t room);

/* May it be a text, by its first byte? Blanks and byte order marks count as well. */
bool source_may_be_text(const struct source *source);

/* The local header that ZIP archives begin with. */
bool source_begins_as_zip(const struct source *source);

/* What stands after the last '.' of the last path part; empty when there is none. */
struct bytes source_extension(const struct source *source);

#endif
