#ifndef BASE_PATH_H
#define BASE_PATH_H

#include "base/bytes.h"

/*
 * Does a path that a file names lead elsewhere than below the folder it is
 * relative to?  Both separators count, whatever the system; absolute paths,
 * drives, UNC names, home folders and URLs lead out.
 */
bool path_leads_out(struct bytes path);

#endif
