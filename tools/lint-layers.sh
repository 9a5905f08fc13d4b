#!/bin/sh
# Fails when a file includes what src/LAYERS does not grant its folder.
awk '
function complain(what) { print what; bad = 1 }
FILENAME == "src/LAYERS" {
	if ($1 == "#" && $2 == "impure") { for (i = 4; i <= NF; i++) impure[$i ".h"] = 1; next }
	sub(/#.*/, ""); if (!/:/) next
	split($0, half, ":"); gsub(/ /, "", half[1]); known[half[1]] = 1
	n = split(half[2], word, " ")
	for (i = 1; i <= n; i++)
		if (word[i] == "pure") pure[half[1]] = 1
		else if (!(word[i] in known)) complain("src/LAYERS: " half[1] " may not use " word[i] ", which comes later")
		else grant[half[1] " " word[i]] = 1
	next
}
/^#include/ {
	split(FILENAME, at, "/"); dir = at[2]; what = substr($2, 2, length($2) - 2); split(what, to, "/")
	if (!(dir in known)) complain(FILENAME ": folder is not in src/LAYERS")
	else if ($2 ~ /^</) {
		if (dir in pure && what !~ /^(inttypes|limits|math|stdarg|stdbool|stddef|stdint|stdio|string|setjmp)\.h$/)
			complain(FILENAME ":" FNR ": " dir " is pure and may not include <" what ">")
	} else if (dir in pure && what in impure)
		complain(FILENAME ":" FNR ": " dir " is pure and may not include " what)
	else if (to[1] != dir && !((dir " " to[1]) in grant))
		complain(FILENAME ":" FNR ": " dir " may not include " to[1])
}
END { exit bad }' src/LAYERS $(find src -name '*.[ch]')
