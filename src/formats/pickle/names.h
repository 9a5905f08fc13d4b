#ifndef FORMATS_PICKLE_NAMES_H
#define FORMATS_PICKLE_NAMES_H

#include "base/bytes.h"

/*
 * The names Python 3 puts in place of Python 2's when a pickle's protocol is
 * below 3 (CPython, Lib/_compat_pickle.py).  The table of pairs is asked
 * first, then that of modules; a name in neither stays as it is.
 */
void translate_python2_name(struct bytes *module, struct bytes *name);

#endif
