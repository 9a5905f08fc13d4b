#ifndef RECIPES_INSIDE_H
#define RECIPES_INSIDE_H

#include "recipes/recipe.h"

/* For the files of this folder alone. */

/* One line: its first word, and the rest with escapes undone. */
struct step {
	struct bytes word, rest;
	unsigned line;
};

struct kitchen {
	struct bytes left;          /* of the recipe */
	unsigned line;
	struct recipe_error *error;
	bool failed;
};

PRINTF_LIKE(2, 3) bool recipe_fail(struct kitchen *k, const char *format, ...);

/* False at the end of the recipe. Comments and empty lines are passed over. */
bool recipe_next(struct kitchen *k, struct step *out);

/* Steps up to "end" (or the end of the recipe, for the outermost), into `out`. */
bool recipe_run(struct kitchen *k, struct text *out, bool outermost);

/* The next word of `b`, blanks apart; empty at the end. */
struct bytes recipe_word(struct bytes *b);
bool recipe_number(struct kitchen *k, struct bytes word, uint64_t *out);
/* \n \t \0 \\ \xNN */
bool recipe_unescape(struct kitchen *k, struct bytes b, struct text *out);

void recipe_put(struct text *out, uint64_t value, unsigned width, bool big_endian);

/* Each is false with nothing failed when the word is none of its own. */
bool recipe_pickle_step(struct kitchen *k, const struct step *s, struct text *out);
/* An option of a block: KEY=VALUE, or the bare word KEY. */
struct recipe_option {
	char value[300];
	bool given;
};

/* The value of KEY in "NAME KEY=VALUE ...". */
struct recipe_option recipe_option(struct bytes rest, const char *key);
uint64_t recipe_option_number(struct bytes rest, const char *key, uint64_t otherwise);

/* "member NAME ... / steps / end", until the archive's own end. */
typedef void recipe_add_member(void *context, struct bytes rest, struct bytes content, struct text *out);
bool recipe_each_member(struct kitchen *k, struct text *out, recipe_add_member *add, void *context);

bool recipe_seven_zip(struct kitchen *k, const struct step *s, struct text *out);
bool recipe_zip(struct kitchen *k, const struct step *s, struct text *out);
bool recipe_tar(struct kitchen *k, struct text *out);
bool recipe_proto_step(struct kitchen *k, const struct step *s, struct text *out);

/* The block "proto FIELD". */
bool recipe_proto_message(struct kitchen *k, struct bytes rest, struct bytes in, struct text *out);
void recipe_varint(struct text *out, uint64_t value);

#endif
