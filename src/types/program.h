#ifndef TYPES_PROGRAM_H
#define TYPES_PROGRAM_H

#include "base/arena.h"
#include "base/text.h"

/*
 * What a file makes its loader do: values, and the events that touch them, in
 * words no format owns.  A pickle, a Keras configuration and a skops schema
 * all become this; checks judge only this.
 */

enum value_kind {
	VALUE_UNKNOWN,      /* a result nobody can tell without running it */
	VALUE_NONE,
	VALUE_BOOL,
	VALUE_INT,
	VALUE_FLOAT,
	VALUE_TEXT,
	VALUE_BYTES,
	VALUE_TUPLE,        /* the containers: `node`; a tuple without one holds only plain data, `len` items */
	VALUE_LIST,
	VALUE_DICT,
	VALUE_SET,
	VALUE_CALL,         /* result of a call; items: callee, arguments[, keyword arguments] */
	VALUE_PERSISTENT,   /* what the loader puts for a persistent id; items: the id */
	VALUE_IMPORT,       /* something named in a module: `import` */
	VALUE_EXTENSION,    /* a code of Python's extension registry: `integer` */
};

/* What a value holds, itself or deeper: a set of these. */
enum {
	HOLDS_IMPORT = 1,
	HOLDS_CALL = 2,
	HOLDS_PERSISTENT = 4,
	HOLDS_UNKNOWN = 8,
	HOLDS_SPECIAL_KEY = 16,     /* a dict key like "__setstate__" */
	HOLDS_BIG_INT = 32,         /* an integer past 64 bits: `at` and `len`, little-endian, signed */
	HOLDS_DEFINITION = 64,      /* the name of an operator that the file itself defines */
};

struct value {
	uint8_t kind;               /* enum value_kind */
	uint8_t holds;
	uint32_t len;               /* of text, bytes and big integers; of a tuple without node, see below */
	union {
		int64_t integer;
		double real;
		const unsigned char *at;
		struct node *node;
		struct import *import;
	};
};

/*
 * A container or a result.  `kept` items are there to look at; `count` is how
 * many it holds, as far as 32 bits go: long plain containers are not kept
 * whole, `holds` still tells what is in them.
 */
struct node {
	struct value *items;        /* a dict's stand as key, value, key, value */
	uint32_t count;             /* items, or pairs of a dict */
	uint16_t kept;              /* values in `items` */
	uint8_t holds;
	uint8_t offset_high;
	uint32_t offset_low;
	float size;                 /* values reached by walking it, shared ones counted each time */
};

/* A name taken from a module. */
struct import {
	struct bytes module, name;  /* as the loader resolves it: Python 2 names translated */
	struct bytes written_module, written_name;
	uint64_t offset;
	bool computed;              /* its name is not a constant of the file */
	struct import *next;
};

/* Who would get that far: a set of these. */
enum {
	LOADER_PICKLE = 1,          /* pickle.load, the C unpickler, ASCII */
	LOADER_PYTHON = 2,          /* pickle._Unpickler in Python: joblib.load */
	LOADER_TORCH = 4,           /* torch.load(weights_only=False): C, UTF-8 */
	LOADER_TORCH_WEIGHTS = 8,   /* torch.load(weights_only=True) */
	LOADER_NUMPY = 16,          /* numpy.load(allow_pickle=True), encoding latin1 or bytes */
	LOADER_CUSTOM = 32,         /* an Unpickler of the program's own, which understands persistent ids: C ... */
	LOADER_KERAS = 64,          /* keras.saving.load_model in safe mode, of one version or another */
	LOADER_KERAS_UNSAFE = 128,  /* the same with safe_mode=False, or after enable_unsafe_deserialization() */
	LOADER_SKOPS = 256,         /* skops.io.load, with the types it asks for trusted */
	LOADER_CUSTOM_PYTHON = 512, /* ... and Python */
	LOADER_HUB_CODE = 1024,     /* from_pretrained(trust_remote_code=True) of transformers and its kin ... */
	LOADER_HUB = 2048,          /* ... and without it */
	LOADER_ALL = 63 | 512,      /* of pickles */
	LOADER_C = LOADER_PICKLE | LOADER_TORCH | LOADER_NUMPY | LOADER_CUSTOM,
	LOADER_IN_PYTHON = LOADER_PYTHON | LOADER_CUSTOM_PYTHON,
	LOADER_CUSTOMS = LOADER_CUSTOM | LOADER_CUSTOM_PYTHON,
};

enum event_kind {
	EVENT_IMPORT,       /* subject: the import */
	EVENT_CALL,         /* subject: the callee; argument: its arguments */
	EVENT_STATE,        /* attributes set; subject: the object; argument: the state */
	EVENT_ITEMS,        /* items added to what is no plain container; argument: the items, when few */
	EVENT_PERSISTENT,   /* subject: the id */
	EVENT_EXTENSION,    /* subject: the code */
	EVENT_COMPONENT,    /* a configuration takes a class from a module; how: "component", "module", "function", "adapter" or "flavor"; subject: the module; argument: what for */
	EVENT_OPERATOR,     /* a graph uses one; how: whose ("tensorflow"); subject: its name; argument: a dict of its constants, by input or attribute */
};

/* Something that happens at the moment it is read, whatever follows it. */
struct event {
	enum event_kind kind;
	uint32_t loaders;
	uint64_t offset;
	const char *how;            /* the instruction: "REDUCE" */
	struct value subject, argument;
	struct event *next;
};

uint64_t node_offset(const struct node *n);
static inline bool value_is_container(struct value v)
{
	return v.kind >= VALUE_TUPLE && v.kind <= VALUE_SET;
}

struct bytes value_bytes(struct value v);               /* of text and bytes; else empty */
struct value value_item(struct value v, size_t index);  /* VALUE_UNKNOWN when not kept */
size_t value_count(struct value v);

/* The import behind a value, through results too: what was imported, or called, to make it; or NULL. */
const struct import *value_origin(struct value v);

/* For people: "posix.system", "('true', 1)", "[512 items]"; at most about `most` bytes. */
void text_add_value(struct text *t, struct value v, size_t most);
void text_add_import(struct text *t, const struct import *import);

/* As they are told apart in reports and chosen by people: "torch-weights-only", "torch.load(weights_only)". */
struct loader {
	const char *id, *title;
	uint32_t set, kin;          /* kin: those that read the same files in other ways, itself too */
	uint32_t careless;          /* the same loader with less care, if this is the careful one */
};

extern const struct loader known_loaders[];       /* ends with an empty one */

/*
 * Does what `reached` says concern somebody who loads with `asked`?  What is
 * said of all does; so does what only others than its kin were followed
 * through, since nobody asked there how `asked` would go.
 */
bool loader_concerned(uint32_t reached, uint32_t asked);

/* "pickle.load, torch.load", or what all have in common */
void text_add_loaders(struct text *t, uint32_t set);

#endif
