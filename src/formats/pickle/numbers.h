#ifndef FORMATS_PICKLE_NUMBERS_H
#define FORMATS_PICKLE_NUMBERS_H

#include "types/program.h"

/*
 * Numbers written as text in a pickle (INT, LONG, FLOAT, GET, PUT), as the two
 * unpicklers of CPython read them: the C one by strtol and PyLong_FromString,
 * which stop at a NUL byte, the Python one by int() and float(), which do not.
 */
struct number {
	struct value value;     /* as the loaders that accept it see it */
	bool in_c, in_python;   /* who accepts it */
	bool unusual;           /* spelled as no writer spells it */
};

struct number number_from_int(struct arena *arena, struct bytes line);      /* INT: base 0, "00" and "01" are booleans */
struct number number_from_long(struct arena *arena, struct bytes line);     /* LONG: base 0, one trailing L */
struct number number_from_index(struct arena *arena, struct bytes line);    /* GET, PUT: base 10 */
struct number number_from_float(struct bytes line);

/* Two's complement, little-endian, of any length (LONG1, LONG4); borrows `b`. */
struct value number_from_bytes(struct bytes b);

#endif
