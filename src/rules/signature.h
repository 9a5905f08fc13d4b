#ifndef RULES_SIGNATURE_H
#define RULES_SIGNATURE_H

#include "base/bytes.h"

/*
 * A rules file of one's own, signed: FILE.sig beside it holds the Ed25519
 * signature of its bytes, 64 bytes, as `openssl pkeyutl -sign -rawin` makes it.
 * `key` is a file with the public key in PEM.  NULL when it holds, or what is wrong.
 */
const char *signature_fault(const char *key, const char *path, struct bytes content);

#endif
