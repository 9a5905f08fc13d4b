#!/bin/sh
# embed.sh OUT.c FILE...: prints a C table of the files' contents, sorted by path (src/base/embedded.h).
set -eu
LC_ALL=C
export LC_ALL
echo '/* Made by tools/embed.sh. */'
echo '#include "base/embedded.h"'
echo
n=0
list=$(printf '%s\n' "$@" | sort)
for f in $list; do
	n=$((n + 1))
	printf 'static const unsigned char file_%d[] = {' "$n"
	od -An -v -tu1 "$f" | sed 's/  */ /g; s/^ //; s/ /,/g; s/$/,/'
	echo '0};'
done
echo
echo 'const struct embedded_file embedded_files[] = {'
n=0
for f in $list; do
	n=$((n + 1))
	printf '\t{"%s", {file_%d, sizeof file_%d - 1}},\n' "$f" "$n" "$n"
done
printf '\t{NULL, {NULL, 0}},\n};\n'
