#include "ledger/merkle.h"

#include <string.h>

struct digest merkle_leaf(struct bytes entry)
{
	return digest_of_two(BYTES("\0"), entry);
}

struct digest merkle_node(struct digest left, struct digest right)
{
	unsigned char both[1 + 2 * sizeof left.sha256] = {1};

	memcpy(both + 1, left.sha256, sizeof left.sha256);
	memcpy(both + 1 + sizeof left.sha256, right.sha256, sizeof right.sha256);
	return digest_of((struct bytes){both, sizeof both});
}

struct digest merkle_empty(void)
{
	return digest_of(BYTES(""));
}

/* The largest power of two below n, for n > 1. */
static uint64_t split_of(uint64_t n)
{
	return 1ull << (63 - __builtin_clzll(n - 1));
}

bool merkle_range(merkle_subtree *ask, void *context, uint64_t from, uint64_t to, struct digest *out)
{
	uint64_t len = to - from;
	struct digest left, right;

	if (len == 0) {
		*out = merkle_empty();
		return true;
	}
	if ((len & (len - 1)) == 0)
		return ask(context, (unsigned)__builtin_ctzll(len), from / len, out);
	uint64_t split = split_of(len);
	if (!merkle_range(ask, context, from, from + split, &left) || !merkle_range(ask, context, from + split, to, &right))
		return false;
	*out = merkle_node(left, right);
	return true;
}

static bool add_range(merkle_subtree *ask, void *context, uint64_t from, uint64_t to, struct merkle_proof *out)
{
	return out->count < 2 * MERKLE_DEPTH && merkle_range(ask, context, from, to, &out->hashes[out->count++]);
}

/* PATH(m, D[n]) of the RFC, over the leaves [from, to). */
static bool add_path(merkle_subtree *ask, void *context, uint64_t index, uint64_t from, uint64_t to, struct merkle_proof *out)
{
	if (to - from <= 1)
		return true;
	uint64_t middle = from + split_of(to - from);
	if (index < middle)
		return add_path(ask, context, index, from, middle, out) && add_range(ask, context, middle, to, out);
	return add_path(ask, context, index, middle, to, out) && add_range(ask, context, from, middle, out);
}

bool merkle_prove_inclusion(merkle_subtree *ask, void *context, uint64_t index, uint64_t size, struct merkle_proof *out)
{
	out->count = 0;
	return index < size && add_path(ask, context, index, 0, size, out);
}

/* SUBPROOF(m, D[n], b) of the RFC: `known` says that the old root is this very subtree. */
static bool add_subproof(merkle_subtree *ask, void *context, uint64_t old, uint64_t from, uint64_t to, bool known, struct merkle_proof *out)
{
	if (old == to)
		return known || add_range(ask, context, from, to, out);
	uint64_t middle = from + split_of(to - from);
	if (old <= middle)
		return add_subproof(ask, context, old, from, middle, known, out) && add_range(ask, context, middle, to, out);
	return add_subproof(ask, context, old, middle, to, false, out) && add_range(ask, context, from, middle, out);
}

bool merkle_prove_consistency(merkle_subtree *ask, void *context, uint64_t old_size, uint64_t size, struct merkle_proof *out)
{
	out->count = 0;
	if (old_size > size)
		return false;
	return old_size == 0 || old_size == size || add_subproof(ask, context, old_size, 0, size, true, out);
}

/* ---- verification ---- */

bool merkle_verify_inclusion(struct digest leaf, uint64_t index, uint64_t size, const struct merkle_proof *proof, struct digest root)
{
	uint64_t at = index, last = size - 1;
	struct digest r = leaf;

	if (index >= size)
		return false;
	for (unsigned i = 0; i < proof->count; i++) {
		if (last == 0)
			return false;
		if (at & 1 || at == last) {
			r = merkle_node(proof->hashes[i], r);
			while (!(at & 1) && at != 0) {
				at >>= 1;
				last >>= 1;
			}
		} else {
			r = merkle_node(r, proof->hashes[i]);
		}
		at >>= 1;
		last >>= 1;
	}
	return last == 0 && digest_equal(r, root);
}

static bool is_power_of_two(uint64_t n)
{
	return (n & (n - 1)) == 0;
}

bool merkle_verify_consistency(uint64_t old_size, uint64_t size, const struct merkle_proof *proof, struct digest old_root, struct digest root)
{
	if (old_size == 0)
		return proof->count == 0 && digest_equal(old_root, merkle_empty());
	if (old_size == size)
		return proof->count == 0 && digest_equal(old_root, root);
	if (old_size > size)
		return false;
	unsigned next = 0;
	uint64_t at = old_size - 1, last = size - 1;
	struct digest old = old_root, new = old_root;
	while (at & 1) {
		at >>= 1;
		last >>= 1;
	}
	if (!is_power_of_two(old_size)) {
		if (proof->count == 0)
			return false;
		old = new = proof->hashes[next++];
	}
	for (; next < proof->count; next++) {
		if (last == 0)
			return false;
		if (at & 1 || at == last) {
			old = merkle_node(proof->hashes[next], old);
			new = merkle_node(proof->hashes[next], new);
			while (!(at & 1) && at != 0) {
				at >>= 1;
				last >>= 1;
			}
		} else {
			new = merkle_node(new, proof->hashes[next]);
		}
		at >>= 1;
		last >>= 1;
	}
	return last == 0 && digest_equal(old, old_root) && digest_equal(new, root);
}
