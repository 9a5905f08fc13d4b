#ifndef RULES_NAMES_H
#define RULES_NAMES_H

#include "base/bytes.h"

/*
 * The names of the built-in rules, hashed while the program is built
 * (tools/names.c): thousands of names then cost a start nothing.  Each leads to
 * its entry, counted from 0 through all files of rules/ in the order of their
 * paths.  Names with a "*" are not among them.
 */
enum names_list { NAMES_ALLOW, NAMES_DANGEROUS, NAMES_OPERATORS, NAMES_LISTS };

struct names_slot {
	uint32_t at;                /* in the text: family, blank, name */
	uint16_t len, entry;        /* no length: nothing stands here */
};

struct names_table {
	const char *key;            /* of the list in a rule file */
	const struct names_slot *slots;
	uint32_t room, entries;     /* a power of two; how many entries there are */
};

/* Made by tools/names.c. */
extern const struct names_table names_tables[NAMES_LISTS];
extern const unsigned char names_text[];

enum { NAMES_NONE = -1 };

static inline bool names_have_pattern(struct bytes names)
{
	return bytes_find_byte(names, '*') < names.len;
}

static inline uint64_t names_hash(struct bytes family, struct bytes name)
{
	return bytes_hash(family) * 31 + bytes_hash(name);
}

/* The entry; of a name in several the last. Only operators have a family here, the others an empty one. */
int names_entry(enum names_list list, struct bytes family, struct bytes name);

#endif
