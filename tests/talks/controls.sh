#!/bin/sh
# The standing of controls from evidence: what passes, fails, ages, is excluded, and what is refused.
root=$PWD
. "$root/tests/talks.sh"

mkdir models
printf 'N.' >models/good.pkl

# verdict ID: its verdict in standing.json, and the reason.
verdict() {
	python3 -c 'import json, sys
print(*[c["verdict"] + ": " + c["why"] for c in json.load(open("standing.json"))["controls"] if c["id"] == sys.argv[1]])' "$1"
}
# stands NAME ID START [OPTION...]: so `merlon controls` has it.
stands() {
	name=$1 id=$2 start=$3
	shift 3
	"$merlon" controls --ledger l --report json=standing.json "$@" >out 2>err
	verdict "$id" >got
	case $(cat got) in
	"$start"*) passed=$((passed + 1)) ;;
	*)
		failed=$((failed + 1))
		echo "FAIL $name: $(cat got err)"
		;;
	esac
}

# From nothing.
mkdir empty
expect "an empty ledger" 2 "$merlon" controls --ledger empty --report json=standing.json --report text
says "says that there is none" out "There is no evidence."
expect "every control stands without evidence" 0 python3 -c 'import json
d = json.load(open("standing.json"))
assert d["controls"] and all(c["verdict"] == "no-evidence" for c in d["controls"])
assert d["summary"]["no-evidence"] == d["summary"]["controls"] == len(d["controls"])'
expect "no ledger given" 64 "$merlon" controls

# From scans.
expect "a scan of a good model" 0 "$merlon" scan --ledger l models
stands "it passes" G4.5 "pass: 1 model files examined"
expect "others are still without evidence" 2 "$merlon" controls --ledger l
stands "it is stale later" G4.5 "stale:" --at 2099-01-01
printf 'cposix\nsystem\n(S\047true\047\ntR.' >models/evil.pkl
expect "a scan of a bad one" 1 "$merlon" scan --ledger l models
stands "it fails" G4.5 "fail: 1 of the files"
expect "the status says so" 1 "$merlon" controls --ledger l
stands "it fails even when old" G4.5 "fail:" --at 2099-01-01
printf 'N.' >models/evil.pkl
expect "a scan of what replaced it" 0 "$merlon" scan --ledger l models
stands "it passes again" G4.5 "pass: 2 model files"
printf '\200\004\225\377' >models/evil.pkl
expect "a scan of half a file" 2 "$merlon" scan --ledger l models
stands "what was not examined is no pass" G4.5 "error: 1 files could not be examined"
rm models/evil.pkl
expect "a scan after it was deleted" 0 "$merlon" scan --ledger l models
stands "what is gone does not count" G4.5 "pass:"

# From people.
expect "a key" 0 "$merlon" attest make-key lead lead.key
key=$(grep -oE '"?lead\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+' out | tr -d '"' | head -n 1)
expect "the key is not for others" 0 sh -c 'test "$(stat -c %a lead.key)" = 600'
expect "a key is not overwritten" 2 "$merlon" attest make-key lead lead.key
profile() {
	printf 'name: tests\nfacts:\n  holds-workshop:\n    is: no\n    reason: none is held\npeople:\n  - name: the lead\n    roles: %s\n    key: %s\n' "$1" "$2" >profile.yaml
}
profile "leader" "$key"
sign() { "$merlon" attest sign --ledger l --key lead.key --by "the lead" "$@"; }
stands "nobody has attested" G1.1 "no-evidence:" --profile profile.yaml
expect "an attestation" 0 sign --control G1.1 --statement "The policy is in force." --expires 2098-01-01
stands "it passes" G1.1 "pass: attested by the lead" --profile profile.yaml
stands "without the profile nobody is known" G1.1 "no-evidence: it was attested, but by a key"
stands "it expires" G1.1 "stale: what was attested has expired" --profile profile.yaml --at 2098-01-02
profile "moderator" "$key"
stands "a role that is none of the control's" G1.1 "no-evidence: it was attested by the lead, who has none of the roles" --profile profile.yaml
expect "another key" 0 "$merlon" attest make-key lead other.key
other=$(grep -oE '"?lead\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+' out | tr -d '"' | head -n 1)
profile "leader" "$other"
stands "the same name with another key" G1.1 "no-evidence:" --profile profile.yaml
profile "leader moderator" "$key"
stands "what is excluded is unsigned" W9 "no-evidence: the profile excludes it" --profile profile.yaml
expect "it is signed" 0 sign --control W9 --not-applicable --statement "No workshop is held." --expires 2098-01-01
stands "and is excluded" W9 "not-applicable: No workshop is held., signed by the lead" --profile profile.yaml
stands "until it expires" W9 "no-evidence: the signature that excludes it has expired" --profile profile.yaml --at 2098-01-02
expect "an attestation that is over" 64 sign --control G1.1 --statement "x" --expires 2020-01-01
expect "no such control" 64 sign --control G99 --statement "x" --expires 2098-01-01
expect "a key that is none" 2 "$merlon" attest sign --ledger l --key models/good.pkl --by x --control G1.1 --statement x --expires 2098-01-01

# Reports.
expect "by role" 2 "$merlon" controls --ledger l --by role
expect "by framework" 2 "$merlon" controls --ledger l --by framework --report text --report html=standing.html
says "clauses that no control touches are counted" out " by none"
cp out framework.txt
expect "by what is none" 64 "$merlon" controls --ledger l --by nonsense
expect "no line is wider than 80 columns" 0 awk 'length($0) > 80 { print; exit 1 }' framework.txt
expect "the page needs nothing from elsewhere" 1 grep -nE '<script|<link|<img|src=|@import|url\(' standing.html
expect "no report says the word" 1 grep -il compliant framework.txt standing.html standing.json
if python3 -c 'import jsonschema' 2>/dev/null; then
	expect "JSON holds to its schema" 0 python3 -c 'import json, sys, jsonschema
jsonschema.Draft202012Validator(json.load(open(sys.argv[1]))).validate(json.load(open("standing.json")))' "$root/schema/standing.schema.json"
else
	skip "python3-jsonschema is not here"
fi

# Wrong profiles.
refuse() {
	printf "$2" >wrong.yaml
	expect "$1" 64 "$merlon" controls --ledger l --profile wrong.yaml
	says "$1: says what" err "$3"
}
refuse "a fact without reason" 'name: x\nfacts:\n  has-agents: no\n' 'wrong.yaml:3:'
refuse "a fact nobody asks about" 'name: x\nfacts:\n  has-wings: yes\n' 'no control asks about: "has-wings"'
refuse "an age that is longer" 'name: x\nfacts:\nstricter:\n  G4.5: 400\n' '"G4.5"'
refuse "a control that is none" 'name: x\nfacts:\nstricter:\n  G99: 4\n' '"G99"'
refuse "a field that is none" 'name: x\nfacts:\npeoples:\n' '"peoples"'
refuse "no YAML" 'name: [x\n' 'wrong.yaml:'

# A ledger that was changed counts for nothing.
cp -r l damaged
sed -i '2s/good.pkl/fine.pkl/g' damaged/records.jsonl
mv l kept && mv damaged l
stands "a changed record" G4.5 "error: record"
expect "the status is not good" 2 "$merlon" controls --ledger l
rm -r l && mv kept l

# What explains.
for id in import.dangerous G4.5 OWASP-LLM-2026/LLM04 A-27 gguf; do
	expect "explain $id" 0 "$merlon" explain "$id"
	says "explain $id names it" out "$id"
	expect "explain $id fits 80 columns" 0 awk 'length($0) > 80 { print; exit 1 }' out
done
expect "explain what is none" 64 "$merlon" explain nonsense
expect "coverage" 0 "$merlon" catalog coverage
says "no sentence is left over" out "source sentences served by no control: none"
finish
