#!/bin/sh
# registry.sh FOLDER KIND: prints the table of every src/FOLDER/*.c, by file name.
# A header beside a file makes it a helper, not an entry; a folder src/FOLDER/NAME/ is NAME's private parts.
set -eu
folder=$1
kind=$2
names=$(cd "src/$folder" && for f in *.c; do [ -f "${f%.c}.h" ] || echo "${f%.c}"; done | LC_ALL=C sort)
echo "/* Made by tools/registry.sh from the file names in src/$folder. */"
echo '#include <stddef.h>'
echo
echo "#include \"types/$kind.h\""
echo
for n in $names; do echo "extern const struct $kind ${kind}_$n;"; done
echo
echo "const struct $kind *const ${kind}s[] = {"
for n in $names; do printf '\t&%s_%s,\n' "$kind" "$n"; done
printf '\tNULL,\n};\n'
