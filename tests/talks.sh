# For the scripts of talks/: counts, and says what failed.  Each is called with MERLON WORK-FOLDER.
# A program with AddressSanitizer would turn the signal of a shrunken file into its own end.
export ASAN_OPTIONS=handle_sigbus=0
passed=0 failed=0 skipped=0
merlon=$1
work=$2/$(basename "$0" .sh)
rm -rf "$work" && mkdir -p "$work" && cd "$work" || exit 1

# expect NAME STATUS COMMAND...: the command ends with that status; its output is in the file "out".
expect() {
	name=$1 status=$2
	shift 2
	"$@" >out 2>err
	got=$?
	if [ "$got" = "$status" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $name: ended with $got, not $status"
		head -c 2000 out
		head -c 2000 err
	fi
}

# says NAME FILE TEXT: the file holds the text.
says() {
	if grep -qF -- "$3" "$2"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $1: does not say \"$3\" but:"
		head -c 2000 "$2"
	fi
}

skip() {
	skipped=$((skipped + 1))
	echo "skipped: $1"
}

finish() {
	echo "$(basename "$0" .sh): $passed passed, $failed failed$([ "$skipped" = 0 ] || echo ", $skipped skipped")"
	[ "$failed" = 0 ]
}
