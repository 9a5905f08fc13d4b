#!/bin/sh
# `merlon scan` as its man page has it: statuses, options, reports and their schemas.
root=$PWD
. "$root/tests/talks.sh"

printf 'cposix\nsystem\n(S\047true\047\ntR.' >evil.pkl
printf 'N.' >good.pkl
printf '\200\004\225\377' >cut.pkl
printf '\200\004\214\006clinic\214\005Model\223).' >odd.pkl

expect "clean" 0 "$merlon" scan good.pkl
expect "dangerous" 1 "$merlon" scan evil.pkl good.pkl
expect "inconclusive" 2 "$merlon" scan cut.pkl good.pkl
expect "dangerous outweighs inconclusive" 1 "$merlon" scan cut.pkl evil.pkl
expect "suspicious is below high" 0 "$merlon" scan odd.pkl
expect "suspicious is at medium" 1 "$merlon" scan --fail-on medium odd.pkl
expect "inconclusive findings count from their severity on" 1 "$merlon" scan --fail-on=medium cut.pkl
expect "no path" 64 "$merlon" scan
expect "no such option" 64 "$merlon" scan --nonsense good.pkl
says "is named" err 'there is no option "--nonsense"'
expect "no such report" 64 "$merlon" scan --report nonsense good.pkl
says "the others are listed" err "html, json, lines, sarif, text"
expect "no such severity" 64 "$merlon" scan --fail-on=bad good.pkl
expect "a value is missing" 64 "$merlon" scan --fail-on
expect "a switch with a value" 64 "$merlon" scan --no-digest=1 good.pkl
expect "no such command" 64 "$merlon" nonsense
expect "a path that begins with a dash" 0 sh -c "cp good.pkl ./-x.pkl && \"$merlon\" scan -- -x.pkl"
expect "no rules file" 64 "$merlon" scan --rules nothing.yaml good.pkl
printf 'family: own\nallow:\n  - names: clinic.Model\n    uses: new\n  - names: x\n    uses: fly\n' >bad.yaml
expect "a wrong rules file" 64 "$merlon" scan --rules bad.yaml good.pkl
says "is named with its line" err "bad.yaml:6:"
printf 'family: own\nallow:\n  - names: clinic.Model\n    uses: reference\n' >own.yaml
expect "own rules" 0 "$merlon" scan --fail-on low --rules own.yaml odd.pkl
for until in 2999-01-01:0 2020-01-01:64 soon:64; do
	{ echo "until: ${until%:*}"; cat own.yaml; } >dated.yaml
	expect "own rules until ${until%:*}" "${until#*:}" "$merlon" scan --fail-on low --rules dated.yaml odd.pkl
done
says "the date is named with its line" err "dated.yaml:1:"
openssl genpkey -algorithm ed25519 -out own.key 2>/dev/null && openssl pkey -in own.key -pubout -out own.pem
openssl genpkey -algorithm ed25519 -out other.key 2>/dev/null && openssl pkey -in other.key -pubout -out other.pem
expect "own rules that nobody signed" 64 "$merlon" scan --rules-key own.pem --rules own.yaml odd.pkl
says "it is said" err "is not signed"
openssl pkeyutl -sign -rawin -inkey own.key -in own.yaml -out own.yaml.sig
expect "own rules, signed" 0 "$merlon" scan --fail-on low --rules-key own.pem --rules own.yaml odd.pkl
expect "signed by somebody else" 64 "$merlon" scan --rules-key other.pem --rules own.yaml odd.pkl
expect "signed by nobody's key" 64 "$merlon" scan --rules-key own.yaml --rules own.yaml odd.pkl
sed 's/own/mine/' own.yaml >changed.yaml && cp own.yaml.sig changed.yaml.sig
expect "changed after it was signed" 64 "$merlon" scan --rules-key own.pem --rules changed.yaml odd.pkl
says "it is said" err "is not what was signed"
head -c 300000 /dev/zero | tr '\000' '\377' >raw.bin
expect "bytes nobody knows" 2 "$merlon" scan --report json raw.bin
says "a look at the start and for an archive at the end is counted" out '"bytes_read":66069'
expect "without a digest" 0 "$merlon" scan --no-digest --report json good.pkl
says "there is none" out '"sha256":null'
expect "several reports" 1 "$merlon" scan --report text --report json=r.json --report sarif=r.sarif --report html=r.html --report lines=r.txt --ledger l good.pkl evil.pkl cut.pkl odd.pkl
says "text on standard output" out "imports posix.system, which runs commands"
says "no colour in a pipe" r.txt "evil.pkl: dangerous pickle"
expect "no escape sequences anywhere" 1 grep -l "$(printf '\033')" out r.txt r.json r.html r.sarif
expect "no line of the text is wider than 80 columns" 0 awk 'length($0) > 80 && !/^[a-z]+ +\// { exit 1 }' out
expect "a report that cannot be written" 2 "$merlon" scan --report json=/nonexistent/r.json good.pkl
expect "the page needs nothing from elsewhere" 1 grep -nE '<script|<link|<img|src=|@import|url\(' r.html
expect "the page is well formed" 0 python3 - <<'P'
import html.parser
class Check(html.parser.HTMLParser):
    stack = []
    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "br", "circle", "line"): self.stack.append(tag)
    def handle_startendtag(self, tag, attrs): pass
    def handle_endtag(self, tag):
        assert self.stack and self.stack.pop() == tag, tag
c = Check(); c.feed(open("r.html").read()); c.close()
assert not c.stack, c.stack
P
if python3 -c 'import jsonschema' 2>/dev/null; then
	validate() { python3 -c 'import json, sys, jsonschema
schema, doc = json.load(open(sys.argv[1])), json.load(open(sys.argv[2]))
jsonschema.validators.validator_for(schema)(schema).validate(doc)' "$1" "$2"; }
	expect "JSON holds to its schema" 0 validate "$root/schema/scan.schema.json" r.json
	sarif=$root/../shared/data/governance/schemas/sarif-schema-2.1.0.json
	if [ -f "$sarif" ]; then expect "SARIF holds to its schema" 0 validate "$sarif" r.sarif; else skip "the SARIF schema is not at hand"; fi
else
	skip "python3-jsonschema is not here"
fi
contract=$root/../shared/tools/contract-scan
if [ -x "$contract" ]; then
	mkdir -p build && cp "$merlon" build/merlon
	expect "the contract" 0 "$contract"
else
	skip "the contract is not at hand"
fi
finish
