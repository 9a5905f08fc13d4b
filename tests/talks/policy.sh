#!/bin/sh
# Policies checked, tried on recorded conversations, and verdicts judged again.
root=$PWD
. "$root/tests/talks.sh"
judged=${merlon%/*}/judged

for f in "$root"/policies/*.yaml "$root"/policies/examples/*.yaml; do
	expect "$(basename "$f") is good" 0 "$merlon" policy check "$f"
done
"$merlon" policy check "$root/policies/examples/agent.yaml" >out
says "says what is denied" out "models: 1 entry; what none names is denied"
if python3 -c 'import jsonschema, yaml' 2>/dev/null; then
	expect "policies hold to the schema" 0 python3 -c 'import json, sys, jsonschema, yaml
schema = json.load(open(sys.argv[1]))
for f in sys.argv[2:]:
    jsonschema.Draft202012Validator(schema).validate(yaml.safe_load(open(f)))' "$root/schema/policy.schema.json" "$root"/policies/*.yaml "$root"/policies/examples/*.yaml
else
	skip "python3-jsonschema or python3-yaml is not here"
fi

# wrong NAME MESSAGE CONTENT
wrong() {
	printf '%s' "$3" >wrong.yaml
	expect "$1" 2 "$merlon" policy check wrong.yaml
	says "$1" err "$2"
}
wrong "no name" "has no name" 'models: any'
wrong "an unknown key" "wrong.yaml:2:9: has a key that is none of" 'policy: p
modles: any'
wrong "a rule without a measure" "without a measure" 'policy: p
rules: [{name: r}]'
wrong "a find that is not there" "names a find that does not exist" 'policy: p
rules: [{name: r, finds: x, measure: deny}]'
wrong "a shape without a limit" "repeats without a limit" 'policy: p
finds: [{name: f, shapes: ["a+b"]}]'
wrong "a shape that is too long" "longer than 256 bytes" 'policy: p
finds: [{name: f, shapes: ["[a-z]{1,200}@[a-z]{1,200}"]}]'
wrong "a shape that fits everything" "fits an empty text" 'policy: p
finds: [{name: f, shapes: ["a?b{0,3}"]}]'
wrong "an endless shape in the middle" "something has to follow" 'policy: p
finds: [{name: f, shapes: ["a{2,}b"]}]'
wrong "tools are not redacted" "would redact what is no text" 'policy: p
tools: [{names: x, measure: redact}]'
wrong "approvals of what is not held" "approvals for what is not held" 'policy: p
rules: [{name: r, measure: deny, approvals: 2}]'
wrong "approvals of more than may be" "more than 4 persons" 'policy: p
tools: [{names: x, measure: hold, approvals: 5}]'
wrong "approvals of nobody" "no whole number above 0" 'policy: p
tools: [{names: x, measure: hold, approvals: 0}]'
wrong "hours that are none" "hours" 'policy: p
rules: [{name: r, measure: deny, for: {hours: "7-19"}}]'

# What has happened under one policy, judged by others.
cat >first.yaml <<'E'
policy: first
models: any
tools: any
hosts: any
finds:
  - {name: greeting, texts: [Hello]}
rules:
  - {name: note greetings, finds: greeting, measure: warn}
E
sed 's/policy: first/policy: same/;s/name: greeting/name: salute/;s/finds: greeting/finds: salute/' first.yaml >renamed.yaml
sed 's/measure: warn/measure: deny/' first.yaml >stricter.yaml
sed 's/\[Hello\]/[Goodbye]/' first.yaml >other.yaml
talks=$root/tests/dialects
expect "conversations are judged" 0 "$judged" first.yaml l "$talks/ollama/chat.talk" "$talks/openai-chat/stream.talk" "$talks/anthropic/stream.talk" "$talks/ollama/failed.talk"
expect "under the same policy nothing changes" 0 "$merlon" policy test first.yaml --ledger l
says "counts" out "4 exchanges: 4 the same, 0 would change, 0 cannot be told, 0 were not judged by a policy"
expect "a find is known by what it looks for" 0 "$merlon" policy test renamed.yaml --ledger l
expect "a stricter one changes some" 1 "$merlon" policy test stricter.yaml --ledger l
says "says which rule" out "was warn by note greetings, would be deny by note greetings"
expect "what was not looked for cannot be told" 1 "$merlon" policy test other.yaml --ledger l
says "says so" out "4 cannot be told"
expect "agents of another model" 1 "$merlon" policy test "$root/policies/examples/agent.yaml" --ledger l
says "what is denied anyhow can be told" out "0 cannot be told"
for n in 0 1 2 3; do
	expect "record $n is judged again" 0 "$merlon" replay $n --ledger l --policy first.yaml
	says "the same" out "the same verdict"
done
expect "a policy that was changed is another one" 2 "$merlon" replay 0 --ledger l --policy stricter.yaml
says "names the one it was" err 'was judged by the policy "first"'
expect "no such exchange" 2 "$merlon" replay 7 --ledger l
expect "no ledger given" 64 "$merlon" replay 7
expect "no policy given" 64 "$merlon" policy check
"$merlon" ledger show l 3 >record
expect "no words are kept" 1 grep -qE "Hello|Hel" record
finish
