#!/bin/sh
# unit.sh PROGRAM: runs a cmocka program and says how many of its tests passed.
out=$("$1" 2>&1)
status=$?
p=$(echo "$out" | sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p')
f=$(echo "$out" | sed -n 's/^\[  FAILED  \] .* \([0-9]*\) test(s), listed.*/\1/p;s/^ *\([0-9][0-9]*\) FAILED TEST.*/\1/p' | tail -n 1)
[ "$status" = 0 ] || { echo "$out"; f=${f:-1}; }
echo "${p:-0} passed, ${f:-0} failed"
[ "$status" = 0 ]
