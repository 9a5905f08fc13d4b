#!/bin/sh
# Every header compiles alone and has the include guard its path asks for.
bad=0
for h in $(find src -name '*.h'); do
	${CC:-cc} -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wno-unused-function -Isrc -isystem /usr/share/include -fsyntax-only -x c "$h" || bad=1
	guard=$(echo "${h#src/}" | tr 'a-z/.' 'A-Z__')
	grep -q "^#ifndef $guard\$" "$h" || { echo "$h: include guard is not $guard"; bad=1; }
done
exit $bad
