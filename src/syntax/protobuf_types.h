#ifndef SYNTAX_PROTOBUF_TYPES_H
#define SYNTAX_PROTOBUF_TYPES_H

#include "syntax/protobuf.h"

/* How a file of message types writes its tables: each member with its number and its name in the text format. */

/* `repeated` matters for messages alone: of those written once, two are merged. */
#define INTEGER(number, name) {number, name, PROTO_INTEGER, false, NULL, NULL}
#define WORD(number, name, words) {number, name, PROTO_INTEGER, false, NULL, words}
#define FOUR(number, name) {number, name, PROTO_FOUR, false, NULL, NULL}
#define EIGHT(number, name) {number, name, PROTO_EIGHT, false, NULL, NULL}
#define TEXT(number, name) {number, name, PROTO_TEXT, false, NULL, NULL}
#define BYTES_FIELD(number, name) {number, name, PROTO_BYTES, false, NULL, NULL}
#define MESSAGE(number, name, type) {number, name, PROTO_MESSAGE, false, &(type), NULL}
#define MESSAGES(number, name, type) {number, name, PROTO_MESSAGE, true, &(type), NULL}
#define TYPE(name, members) {name, members, COUNT_OF(members)}

#endif
