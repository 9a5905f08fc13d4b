#!/bin/sh
# Runs every case under tests/golden and tests/bugs; ACCEPT=1 rewrites what they expect.
# A case is a folder: NAME.recipe, the input; expect.txt, what `merlon scan --report lines` says of it.
# usage: golden.sh MERLON RECIPE-TOOL WORK-FOLDER
set -u
merlon=$(realpath "$1")
recipe=$(realpath "$2")
work=$3
root=$PWD
rm -rf "$work" && mkdir -p "$work" || exit 1
work=$(realpath "$work")
find tests/golden tests/bugs -name '*.recipe' 2>/dev/null | LC_ALL=C sort >"$work/recipes"
[ -s "$work/recipes" ] || { echo "0 passed, 0 failed"; exit 0; }
xargs "$recipe" "$work" <"$work/recipes" || exit 1
(cd "$work" && "$merlon" scan --report lines tests) >"$work/all" 2>"$work/errors"
[ $? -le 2 ] || { cat "$work/errors"; echo "golden: the scan did not run"; exit 1; }
# tests/golden/FORMAT/CASE/... belongs to the file got.txt of that folder
awk -v work="$work" '{
	split($0, part, "/")
	folder = part[1] "/" part[2] "/" part[3] (part[2] == "bugs" ? "" : "/" part[4])
	print substr($0, length(folder) + 2) > (work "/" folder "/got.txt")
}' "$work/all"
passed=0 failed=0
for file in $(cat "$work/recipes"); do
	case=$(dirname "$file")
	got="$work/$case/got.txt"
	[ -f "$got" ] || : >"$got"
	[ "${ACCEPT:-}" ] && cp "$got" "$root/$case/expect.txt"
	if diff -u "$root/$case/expect.txt" "$got" >"$work/diff" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $case: $(sed -n 1p "$root/$file")"
		sed -n '3,40p' "$work/diff"
	fi
done
echo "golden: $passed passed, $failed failed"
[ "$failed" = 0 ]
