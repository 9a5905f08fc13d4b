#!/bin/sh
# lint-pure.sh BUILD-FOLDER: holds folders marked pure in src/LAYERS to it, by what the linker sees: no writable
# data, and no outside call but memory and string functions and what the folders before them define.
set -eu
build=$1
allow='^(mem(cpy|cmp|move|set|chr|rchr)|str(len|cmp|ncmp|chr|rchr)|snprintf|vsnprintf|__assert_fail|longjmp|__.*_chk|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_|(log2|pow|exp|floor|ceil)f?|__popcountdi2)$'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# What our own folders define, those parts of base apart that reach outside.
find "$build/src" -name '*.o' | grep -vE "/src/(base/(file|log|time)|syntax/yaml)\.o$" | xargs nm --defined-only | awk 'NF == 3 && $2 ~ /^[TDRBV]$/ { print $3 }' | sort -u >"$work/ours"
for table in formats dialects checks reports commands embedded version words; do nm --defined-only "$build/$table.o"; done | awk 'NF == 3 { print $3 }' >>"$work/ours"
bad=0
for dir in $(awk -F: '/^[a-z]+ *:/ && $2 ~ /pure/ && sub(/ +$/, "", $1) {print $1}' src/LAYERS); do
	for o in $(find "$build/src/$dir" -name '*.o' 2>/dev/null); do
		nm "$o" | awk -v o="${o#"$build"/}" -v allow="$allow" '
			FNR == NR { ours[$1] = 1; next }
			$1 == "U" && $2 !~ allow && !($2 in ours) { print o ": pure, yet calls " $2; bad = 1 }
			$2 ~ /^[BbCc]$/ { print o ": pure, yet writes " $3; bad = 1 }
			END { exit bad }' "$work/ours" - || bad=1
	done
done
exit $bad
