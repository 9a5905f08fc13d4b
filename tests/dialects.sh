#!/bin/sh
# Every conversation tests/dialects/DIALECT/NAME.talk is read as NAME.expect says; ACCEPT=1 rewrites those.
# usage: dialects.sh EXCHANGE-TOOL
passed=0 failed=0
for talk in tests/dialects/*/*.talk; do
	expect=${talk%.talk}.expect
	"$1" "$talk" >build/dialects.got 2>&1
	status=$?
	[ "${ACCEPT:-}" ] && cp build/dialects.got "$expect"
	if [ "$status" = 0 ] && diff -u "$expect" build/dialects.got >build/dialects.diff 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $talk: $(sed -n 1p "$talk")"
		sed -n '3,40p' build/dialects.diff
	fi
done
echo "dialects: $passed passed, $failed failed"
[ "$failed" = 0 ]
