#!/bin/sh
# cuts.sh CUTS GOLDEN-WORK: no honest file that is cut may come out clean, and no changed byte may crash anything.
cuts=$(realpath "$1")
expect=$PWD/tests/cuts.expect
cd "$2" || exit 1
find tests -type f ! -name got.txt -size -4k | LC_ALL=C sort | xargs "$cuts" >cuts.got || { echo "cuts: crashed"; exit 1; }
files=$(find tests -type f ! -name got.txt -size -4k | wc -l)
if grep -v '^#' "$expect" | diff -u - cuts.got; then echo "$files passed, 0 failed"; else echo "0 passed, 1 failed"; exit 1; fi
