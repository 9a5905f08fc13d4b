#ifndef LEDGER_MERKLE_H
#define LEDGER_MERKLE_H

#include "base/hash.h"

/*
 * The tree of RFC 6962, section 2.1: leaf = SHA-256(0x00 || entry),
 * node = SHA-256(0x01 || left || right), a range split at the largest power of
 * two below its length.  Sizes count leaves.
 */

enum { MERKLE_DEPTH = 64 };

struct digest merkle_leaf(struct bytes entry);
struct digest merkle_node(struct digest left, struct digest right);
struct digest merkle_empty(void);

/* ---- any tree whose complete subtrees can be asked for ---- */

/* The hash over leaves [index << level, (index + 1) << level); false when it cannot be had. */
typedef bool merkle_subtree(void *context, unsigned level, uint64_t index, struct digest *out);

struct merkle_proof {
	struct digest hashes[2 * MERKLE_DEPTH];
	unsigned count;
};

bool merkle_range(merkle_subtree *ask, void *context, uint64_t from, uint64_t to, struct digest *out);

/* From leaf to root, as RFC 6962 section 2.1.1 orders it. */
bool merkle_prove_inclusion(merkle_subtree *ask, void *context, uint64_t index, uint64_t size, struct merkle_proof *out);
bool merkle_prove_consistency(merkle_subtree *ask, void *context, uint64_t old_size, uint64_t size, struct merkle_proof *out);

/* RFC 9162, sections 2.1.3.2 and 2.1.4.2. */
bool merkle_verify_inclusion(struct digest leaf, uint64_t index, uint64_t size, const struct merkle_proof *proof, struct digest root);
bool merkle_verify_consistency(uint64_t old_size, uint64_t size, const struct merkle_proof *proof, struct digest old_root, struct digest root);

#endif
