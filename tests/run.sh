#!/bin/sh
# Runs every test once and ends with "N passed, N failed".  `make test` builds what it needs.
# What a machine lacks (an oracle, say) is named and counted as skipped, never as passed.
set -u
san=build/san
work=build/test
rm -rf "$work" && mkdir -p "$work"
passed=0 failed=0 skipped=0

# One test program: "NAME: N passed, M failed" is its last line; anything else is one failure.
part() {
	name=$1
	shift
	begun=$(date +%s)
	"$@" >"$work/out" 2>&1
	status=$?
	line=$(grep -E '[0-9]+ passed, [0-9]+ failed' "$work/out" | tail -n 1)
	p=$(echo "$line" | sed -n 's/.*[^0-9]\([0-9][0-9]*\) passed.*/\1/p;s/^\([0-9][0-9]*\) passed.*/\1/p' | tail -n 1)
	f=$(echo "$line" | sed -n 's/.* \([0-9][0-9]*\) failed.*/\1/p')
	s=$(echo "$line" | sed -n 's/.* \([0-9][0-9]*\) skipped.*/\1/p')
	if [ -z "$p" ] || { [ "$status" != 0 ] && [ "${f:-0}" = 0 ]; }; then
		p=${p:-0} f=$((${f:-0} + 1))
		echo "$name: ended with status $status"
	fi
	passed=$((passed + p)) failed=$((failed + ${f:-0})) skipped=$((skipped + ${s:-0}))
	if [ "${f:-0}" != 0 ]; then cat "$work/out"; fi
	echo "$name: $p passed, ${f:-0} failed${s:+, $s skipped} ($(($(date +%s) - begun)) s)"
}

# A command that succeeds or not.
one() {
	name=$1
	shift
	part "$name" sh -c '"$@" && echo "1 passed, 0 failed" || { echo "0 passed, 1 failed"; }' sh "$@"
}

one "lint layers" sh tools/lint-layers.sh
one "lint pure" sh tools/lint-pure.sh build
one "lint headers" sh tools/lint-headers.sh
one "catalogue" python3 tools/check-catalog.py
for unit in "$san"/unit/*; do
	[ -x "$unit" ] && case $unit in *.*) ;; *) part "unit $(basename "$unit")" sh tests/unit.sh "$unit" ;; esac
done
part "classes" python3 tools/check-classes.py
part "selftest" "$san/merlon" selftest
part "golden" sh tests/golden.sh "$san/merlon" "$san/recipe" "$work/golden"
part "dialects" sh tests/dialects.sh "$san/exchange"
part "every text" python3 tests/dialects/every_text.py "$san/exchange" "$work"
part "replay" sh tests/replay.sh "$san/replay" "$work/golden"
part "cuts" sh tests/cuts.sh "$san/cuts" "$work/golden"
for script in tests/talks/*.sh; do
	[ -f "$script" ] && part "$(basename "$script" .sh)" sh "$script" "$PWD/$san/merlon" "$PWD/$work"
done
for script in $(grep -l "sys.exit(main" tests/talks/*.py); do
	part "$(basename "$script" .py)" python3 "$script" "$san/merlon" "$work"
done
part "smuggling" python3 tests/interop/smuggling.py "$san/merlon" "$work/smuggling"
echo "$passed passed, $failed failed$([ "$skipped" = 0 ] || echo ", $skipped skipped")"
[ "$failed" = 0 ]
