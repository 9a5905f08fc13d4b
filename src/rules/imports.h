#ifndef RULES_IMPORTS_H
#define RULES_IMPORTS_H

#include "base/hash.h"
#include "types/program.h"

/*
 * What a file may import, and how it may use it.  A name that is not listed
 * is unknown, not bad; a name on the list of dangerous ones has no honest use
 * in a model file, and the list says why.
 */

/* How a listed name may be used: a set of these. */
enum {
	USE_REFERENCE = 1,      /* as data: a class, a dtype, a function handed to a listed call */
	USE_NEW = 2,            /* an instance made without arguments */
	USE_CALL = 4,           /* called with arguments of the listed shape, or plain ones when none is listed */
	USE_STATE = 8,          /* attributes of an instance set to plain data */
	USE_ITEMS = 16,         /* items added to an instance */
	USE_STORAGE = 32,       /* inside the persistent id of a storage */
	USE_REBUILD = 64,       /* handed to _rebuild_from_type_v2, which calls it */
	USE_FACTORY = 128,      /* handed to defaultdict, which calls it without arguments */
};

struct import_rule {
	struct bytes name;          /* "torch._utils._rebuild_tensor_v2"; "torch.nn.modules.*" for classes in any module below */
	struct bytes family;        /* "torch" */
	unsigned uses;
	const struct shape *shape;  /* of the arguments, or NULL */
	struct import_rule *next;
};

struct danger_rule {
	struct bytes name;          /* a module, or a name in one; everything below it is meant too */
	struct bytes does;          /* what it is dangerous for: "runs commands" */
	struct danger_rule *next;
};

struct import_rules {
	struct import_rule *patterns;       /* those that end in ".*" */
	/* By the names built in (rules/names.h): one rule an entry, without a name of its own. */
	const struct import_rule *built_listed;
	const struct danger_rule *built_dangerous;
	/* By the names of own files, which come first: hash tables, or NULL when there are none. */
	struct import_rule **listed;
	struct danger_rule **dangerous;
};

enum { IMPORTS_ROOM = 4096 };

/* The rule for this very name, or NULL: a module on the list does not bless what is in it. */
const struct import_rule *imports_listed(const struct import_rules *rules, const struct import *import);

/* Why this import is dangerous, or NULL. Looks at the name as written, as translated, and at each part of a dotted one. */
const struct danger_rule *imports_dangerous(const struct import_rules *rules, const struct import *import);

/* Data, containers of data, results of calls, and imports that may stand as data. */
bool imports_plain(const struct import_rules *rules, struct value v);

/* Do these arguments have the shape the rule asks for? */
bool imports_fit(const struct import_rules *rules, const struct import_rule *rule, struct value arguments);

/* Does this persistent id name a storage of PyTorch? */
bool imports_storage_id(const struct import_rules *rules, struct value id);

#endif
