#include "types/program.h"

uint64_t node_offset(const struct node *n)
{
	return (uint64_t)n->offset_high << 32 | n->offset_low;
}

static const struct node *node_of(struct value v)
{
	return value_is_container(v) || v.kind == VALUE_CALL || v.kind == VALUE_PERSISTENT ? v.node : NULL;
}

struct bytes value_bytes(struct value v)
{
	if (v.kind != VALUE_TEXT && v.kind != VALUE_BYTES)
		return BYTES("");
	return (struct bytes){v.at, v.len};
}

struct value value_item(struct value v, size_t index)
{
	const struct node *n = node_of(v);

	return n && index < n->kept ? n->items[index] : (struct value){.kind = VALUE_UNKNOWN, .holds = HOLDS_UNKNOWN};
}

size_t value_count(struct value v)
{
	const struct node *n = node_of(v);

	return n ? n->count : v.kind == VALUE_TUPLE ? v.len : 0;
}

/* copyreg._reconstructor(C, object, None) is how the oldest protocols write an instance of C. */
static bool is_reconstructor(struct value v)
{
	return v.kind == VALUE_IMPORT && bytes_same(v.import->module, "copyreg") && bytes_same(v.import->name, "_reconstructor");
}

const struct import *value_origin(struct value v)
{
	for (unsigned steps = 0; v.kind == VALUE_CALL && steps < 64; steps++) {
		struct value callee = value_item(v, 0), first = value_item(value_item(v, 1), 0);
		v = is_reconstructor(callee) && first.kind == VALUE_IMPORT ? first : callee;
	}
	return v.kind == VALUE_IMPORT ? v.import : NULL;
}

void text_add_import(struct text *t, const struct import *import)
{
	text_add_printable(t, import->module, 80);
	if (import->module.len > 0 && import->name.len > 0)
		text_add_byte(t, '.');
	text_add_printable(t, import->name, 80);
}

static void add_quoted(struct text *t, struct value v, size_t most)
{
	if (v.kind == VALUE_BYTES)
		text_add_byte(t, 'b');
	text_add_byte(t, '\'');
	text_add_printable(t, value_bytes(v), most);
	text_add_byte(t, '\'');
}

static void add_big_integer(struct text *t, struct value v)
{
	text_addf(t, "an integer of %u bytes", (unsigned)v.len);
}

static void add_value(struct text *t, struct value v, size_t end, unsigned depth);

static void add_items(struct text *t, struct value v, size_t end, unsigned depth)
{
	size_t shown = v.node ? v.node->kept : 0;
	size_t count = value_count(v);

	for (size_t i = 0; i < shown; i++) {
		if (i > 0)
			text_add_string(t, v.kind == VALUE_DICT && i % 2 ? ": " : ", ");
		if (t->len >= end || depth > 8) {
			text_add_string(t, "...");
			return;
		}
		add_value(t, v.node->items[i], end, depth + 1);
	}
	if (shown == 0 && count > 0)
		text_addf(t, "%zu items", count);
	else if (count > (v.kind == VALUE_DICT ? shown / 2 : shown))
		text_add_string(t, ", ...");
}

static void add_container(struct text *t, struct value v, size_t end, unsigned depth)
{
	static const char brackets[][2] = {
		[VALUE_TUPLE] = {'(', ')'}, [VALUE_LIST] = {'[', ']'}, [VALUE_DICT] = {'{', '}'}, [VALUE_SET] = {'{', '}'},
	};

	text_add_byte(t, brackets[v.kind][0]);
	add_items(t, v, end, depth);
	text_add_byte(t, brackets[v.kind][1]);
}

static void add_value(struct text *t, struct value v, size_t end, unsigned depth)
{
	switch ((enum value_kind)v.kind) {
	case VALUE_NONE: text_add_string(t, "None"); break;
	case VALUE_BOOL: text_add_string(t, v.integer ? "True" : "False"); break;
	case VALUE_INT:
		if (v.holds & HOLDS_BIG_INT)
			add_big_integer(t, v);
		else
			text_addf(t, "%lld", (long long)v.integer);
		break;
	case VALUE_FLOAT: text_addf(t, "%g", v.real); break;
	case VALUE_TEXT:
	case VALUE_BYTES: add_quoted(t, v, end > t->len ? end - t->len : 1); break;
	case VALUE_TUPLE:
	case VALUE_LIST:
	case VALUE_DICT:
	case VALUE_SET: add_container(t, v, end, depth); break;
	case VALUE_CALL:
		add_value(t, value_item(v, 0), end, depth + 1);
		text_add_string(t, "(...)");
		break;
	case VALUE_PERSISTENT: text_add_string(t, "a persistent object"); break;
	case VALUE_IMPORT: text_add_import(t, v.import); break;
	case VALUE_EXTENSION: text_addf(t, "extension %lld", (long long)v.integer); break;
	case VALUE_UNKNOWN: text_add_string(t, "an unknown value"); break;
	}
}

void text_add_value(struct text *t, struct value v, size_t most)
{
	add_value(t, v, t->len + most, 0);
}

#define KERAS_KIN (LOADER_KERAS | LOADER_KERAS_UNSAFE)
#define HUB_KIN (LOADER_HUB | LOADER_HUB_CODE)

const struct loader known_loaders[] = {
	{"pickle", "pickle.load", LOADER_PICKLE, LOADER_ALL, 0},
	{"joblib", "joblib.load", LOADER_PYTHON, LOADER_ALL, 0},
	{"torch", "torch.load", LOADER_TORCH, LOADER_ALL, 0},
	{"torch-weights-only", "torch.load(weights_only)", LOADER_TORCH_WEIGHTS, LOADER_ALL, LOADER_TORCH},
	{"numpy", "numpy.load", LOADER_NUMPY, LOADER_ALL, 0},
	{"own", "an unpickler of the program's own", LOADER_CUSTOMS, LOADER_ALL, 0},
	{"keras", "keras load_model", LOADER_KERAS, KERAS_KIN, LOADER_KERAS_UNSAFE},
	{"keras-unsafe", "keras load_model(safe_mode=False)", LOADER_KERAS_UNSAFE, KERAS_KIN, 0},
	{"skops", "skops.io.load", LOADER_SKOPS, LOADER_SKOPS, 0},
	{"hub", "from_pretrained", LOADER_HUB, HUB_KIN, LOADER_HUB_CODE},
	{"hub-code", "from_pretrained(trust_remote_code=True)", LOADER_HUB_CODE, HUB_KIN, 0},
	{0},
};

static uint32_t kin_of(uint32_t set)
{
	uint32_t kin = 0;

	for (const struct loader *l = known_loaders; l->id; l++)
		if (l->set & set)
			kin |= l->kin;
	return kin;
}

bool loader_concerned(uint32_t reached, uint32_t asked)
{
	return reached == 0 || asked == 0 || reached & asked || !(reached & kin_of(asked));
}

void text_add_loaders(struct text *t, uint32_t set)
{
	bool first = true;

	if (set == (LOADER_ALL & ~(uint32_t)LOADER_TORCH_WEIGHTS)) {
		text_add_string(t, "every loader but torch.load(weights_only)");
		return;
	}
	for (const struct loader *l = known_loaders; l->id; l++) {
		if (!(set & l->set))
			continue;
		text_add_string(t, first ? "" : ", ");
		text_add_string(t, l->title);
		first = false;
	}
}
