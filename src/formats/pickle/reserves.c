/* Calls of allowed types that take more memory than any file is worth: by a number, a shape, or a range. */
#include "formats/pickle/inside.h"
#include "formats/pickle/values.h"

enum { VALUES_MOST = 100000000, TIMES_MOST = 1000 };

static const int64_t bytes_most = (int64_t)4 << 30;

static bool is_one_of(const struct import *i, const char *const *names, size_t count)
{
	for (size_t k = 0; k < count; k++)
		if (bytes_same(i->name, names[k]))
			return true;
	return false;
}

static bool is_builtin(const struct import *i)
{
	return bytes_same(i->module, "builtins");
}

static bool is_plain_integer(struct value v)
{
	return v.kind == VALUE_INT && !v.holds;
}

/* How many numbers range(stop) or range(start, stop[, step]) gives; 0 when that is not known. */
static int64_t count_of_range(struct value v)
{
	const struct value callee = value_item(v, 0), arguments = value_item(v, 1);
	int64_t start = 0, step = 1, stop, span;
	size_t given = value_count(arguments);

	if (v.kind != VALUE_CALL || callee.kind != VALUE_IMPORT || !is_builtin(callee.import) || !bytes_same(callee.import->name, "range"))
		return 0;
	for (size_t i = 0; i < given; i++)
		if (i > 2 || !is_plain_integer(value_item(arguments, i)))
			return 0;
	if (given == 0)
		return 0;
	stop = value_item(arguments, given > 1 ? 1 : 0).integer;
	start = given > 1 ? value_item(arguments, 0).integer : start;
	step = given > 2 ? value_item(arguments, 2).integer : step;
	if (step == 0 || step == INT64_MIN || __builtin_sub_overflow(step > 0 ? stop : start, step > 0 ? start : stop, &span))
		return 0;
	return span > 0 ? span / (step > 0 ? step : -step) : 0;
}

/* Elements of a shape; 0 when that is not known, or no array has so many. */
static int64_t count_of_shape(struct value v)
{
	int64_t all = 1;

	if (is_plain_integer(v))
		return v.integer;
	if (v.kind != VALUE_TUPLE || value_count(v) == 0)
		return 0;
	for (size_t i = 0; i < value_count(v); i++)
		if (!is_plain_integer(value_item(v, i)) || value_item(v, i).integer < 0 || __builtin_mul_overflow(all, value_item(v, i).integer, &all))
			return 0;
	return all;
}

static bool is_array_maker(const struct import *i)
{
	static const char *const names[] = {"ndarray", "_reconstruct"};

	return (bytes_same(i->module, "numpy") || bytes_start_with(i->module, BYTES("numpy."))) && is_one_of(i, names, COUNT_OF(names));
}

static int64_t bytes_of_call(const struct import *i, struct value arguments)
{
	static const char *const names[] = {"bytes", "bytearray"};
	struct value first = value_item(arguments, 0);

	if (is_builtin(i) && is_one_of(i, names, COUNT_OF(names)))
		return is_plain_integer(first) ? first.integer : 0;
	if (is_array_maker(i))
		return count_of_shape(bytes_same(i->name, "_reconstruct") ? value_item(arguments, 1) : first);
	return 0;
}

static bool fills_from_range(const struct import *i)
{
	static const char *const containers[] = {"list", "tuple", "set", "frozenset"}, *const others[] = {"deque", "Counter"};

	return (is_builtin(i) && is_one_of(i, containers, COUNT_OF(containers))) ||
	       (bytes_same(i->module, "collections") && is_one_of(i, others, COUNT_OF(others)));
}

static bool is_out_of_proportion(const struct machine *m, int64_t number, int64_t most)
{
	return number > most && (uint64_t)number / TIMES_MOST > m->in.len;
}

void note_reserves(struct machine *m, struct value callee, struct value arguments)
{
	if (callee.kind != VALUE_IMPORT || arguments.kind != VALUE_TUPLE || !m->art || m->probing || artifact_has(m->art, "file.bomb"))
		return;
	int64_t reserved = bytes_of_call(callee.import, arguments);
	int64_t values = reserved == 0 && fills_from_range(callee.import) ? count_of_range(value_item(arguments, 0)) : 0;

	if (is_out_of_proportion(m, reserved, bytes_most))
		artifact_note(m->art, "file.bomb", m->opcode_at, "reserves %lld MB by a single call", (long long)(reserved >> 20))->loaders = m->alive;
	else if (is_out_of_proportion(m, values, VALUES_MOST))
		artifact_note(m->art, "file.bomb", m->opcode_at, "makes a container of %lld numbers by a single call", (long long)values)->loaders = m->alive;
}
