#!/bin/sh
# What the documents say: every command in them runs, the generated pages are those of the
# program, the manual reads without warnings, what is installed works, and so does the demo.
root=$PWD
. "$root/tests/talks.sh"

# ---- a place where the examples make sense ----
mkdir bin models
ln -s "$merlon" bin/merlon
export PATH=$PWD/bin:$PATH
i=0
while [ $i -lt 20 ]; do printf '\200\004K\001.' >models/$i.pkl && i=$((i + 1)); done
cp "$root/examples/profiles/health.yaml" profile.yaml && cp profile.yaml clinic.yaml
cp -r "$root/examples" examples && cp examples/gateway/policy.yaml policy.yaml
echo a-key-of-nobody >provider.key
printf 'family: own\nallow:\n  - names: clinic.Model\n    uses: reference\n' >own.yaml
expect "the first scan" 0 merlon scan --ledger evidence models
expect "a checkpoint" 0 sh -c 'merlon ledger checkpoint evidence >checkpoint.txt'

# Every example of a help text, every command in backticks in a table, every command in a block of a document.
{
	for command in $(merlon help | sed -n 's/^    *\([a-z]*\)  .*/\1/p'); do
		merlon "$command" --help | sed -n 's/^    merlon /merlon /p;s/^    \(curl .*| *merlon\)/\1/p'
	done
	grep -ohE '`merlon [^`]*`' "$root"/README.md "$root"/docs/*.md "$root"/CONTRIBUTING.md | tr -d '`'
	sed -n '/^```sh/,/^```/p' "$root"/README.md "$root"/docs/*.md "$root"/CONTRIBUTING.md | grep -E '^merlon '
} | sed 's/  *#.*//; s/curl [^|]*|/cat models\/1.pkl |/; s/\(--expires \)20[0-9][0-9]/\12098/' | sort -u >commands
expect "there are commands" 0 test "$(wc -l <commands)" -ge 25
while read -r command; do
	case $command in
	*FILE* | *DIR* | *PATH* | *" ID"* | *" N"* | *"|list"* | "merlon scan" | "merlon controls" | "merlon ledger verify" | "merlon gateway" | "merlon replay" | "merlon policy test") continue ;;
	esac
	case $command in
	"merlon gateway --"*) command=$(echo "timeout --preserve-status 3 $command" | sed 's/api.example.org/127.0.0.1/; s/10.0.0.5:/127.0.0.1:/') ;;    # it runs until it is told to end
	esac
	sh -c "$command" >out 2>err </dev/null
	status=$?
	case $status in
	0 | 1 | 2) passed=$((passed + 1)) ;;
	*)
		failed=$((failed + 1))
		echo "FAIL \"$command\" ended with $status"
		cat err
		;;
	esac
done <commands

# ---- generated pages ----
for page in checks formats commands controls; do
	"$(dirname "$merlon")/reference" "$page" >page
	expect "docs/reference/$page.md is fresh (make reference)" 0 cmp page "$root/docs/reference/$page.md"
done
expect "every link in the documents leads somewhere" 0 python3 - "$root" <<'P'
import pathlib, re, sys
root = pathlib.Path(sys.argv[1])
bad = [f"{p}: {link}" for p in [*root.glob("*.md"), *root.glob("docs/**/*.md")]
       for link in re.findall(r"\]\(([^)#]+)[^)]*\)", p.read_text()) if "://" not in link and not (p.parent / link).exists()]
print(*bad, sep="\n")
sys.exit(bool(bad))
P

# ---- the manual ----
for name in merlon $(cd "$root/src/cmd" && grep -l "^const struct command command_" *.c | sed 's/\.c//'); do
	"$(dirname "$merlon")/reference" man "$name" >page.1
	expect "the manual page of $name reads without warnings" 0 sh -c 'test -z "$(groff -man -mdoc -Tutf8 -ww -z page.1 2>&1 | tee /dev/stderr)"'
done

# ---- installed ----
expect "make install" 0 make -C "$root" --no-print-directory install DESTDIR="$PWD/installed" PREFIX=/usr
expect "the installed program" 0 sh -c 'cd / && "$0/installed/usr/bin/merlon" scan "$0/models"' "$PWD"
expect "its manual" 0 test -s installed/usr/share/man/man1/merlon-scan.1
if command -v bash >/dev/null; then
	expect "its completion" 0 bash -c '. installed/usr/share/bash-completion/completions/merlon
		COMP_WORDS=(merlon sc) COMP_CWORD=1; "$(complete -p merlon | sed "s/.*-F \([^ ]*\).*/\1/")"; test "${COMPREPLY[*]}" = scan'
fi

# ---- the demo, twice, as it can be repeated ----
for time in first second; do
	expect "the demo, $time time" 0 make -C "$root" --no-print-directory demo
	says "it finds the poisoned model" out "imports posix.system"
	says "its ledger verifies" out "all fit"
	says "it says where the standing is" out "standing.html"
done
finish
