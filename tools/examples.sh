#!/bin/sh
# examples.sh RECIPE-TOOL EXAMPLE OUT: copies an example, its recipes turned into the files they stand for.
set -eu
recipe=$1 example=$2 out=$3
rm -rf "$out"
mkdir -p "$out.made"
(cd "$example" && find . -type f ! -name '*.recipe') | while read -r file; do
	mkdir -p "$out/$(dirname "$file")"
	cp "$example/$file" "$out/$file"
done
find "$example" -name '*.recipe' | xargs "$recipe" "$out.made"
(cd "$out.made/$example" && find . -type f) | while read -r file; do
	mkdir -p "$out/$(dirname "$file")"
	mv "$out.made/$example/$file" "$out/$file"
done
rm -rf "$out.made"
