#ifndef BASE_VISIBLE_H
#define BASE_VISIBLE_H

#include "base/text.h"

/*
 * Texts of strangers, for the terminal of a person who decides about them.
 * Nothing in them moves the cursor, hides, or changes the order of what stands
 * beside it: such a character is written as its name, ⟨U+202E⟩, a byte that is
 * no UTF-8 as ⟨byte FF⟩.  The bracket ⟨ itself is written so too: whoever
 * types one fakes nothing.
 */

/* Controls, and characters that are invisible, reorder, or stand for nothing: they show what is not there, or do not show what is. */
bool visible_is_deceptive(uint32_t code);

/* In one line: line ends and tabs have names as well. */
void visible_add(struct text *out, struct bytes b);

/* In lines of at most `width` columns: each begins with `margin`, and one that only carries on the one before with `carries_on`. */
void visible_add_lines(struct text *out, struct bytes b, const char *margin, const char *carries_on, unsigned width);

/* Does it hold letters that run from right to left? They, and the digits among them, may not stand where they are shown. */
bool visible_runs_left(struct bytes b);

/* Is it made of line ends and of what can be seen? */
bool visible_is_clean(struct bytes b);

#endif
