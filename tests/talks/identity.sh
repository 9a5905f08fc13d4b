#!/bin/sh
# `merlon key` and `merlon terms` as their man pages have them; keys of an issuer fetched over https.
root=$PWD
. "$root/tests/talks.sh"
caller=$(dirname "$merlon")/caller

# Keys.
printf 'callers: {keys: keys.yaml}\n' >keys-only.yaml
expect "no file" 64 "$merlon" key list
expect "list without a file" 2 "$merlon" key list --keys keys.yaml
expect "add" 0 "$merlon" key add robot --keys keys.yaml --team ward --role reader --model small --tool none --expires 2099-01-01
key=$(cat out)
expect "add again" 2 "$merlon" key add robot --keys keys.yaml
expect "a date gone by" 64 "$merlon" key add other --keys keys.yaml --expires 2020-01-01
expect "a name with a slash" 2 "$merlon" key add staff/alice --keys keys.yaml
# asks NAME SECRET TEXT: so the gateway would call who shows it.
asks() {
	echo "$2" | "$caller" keys-only.yaml "$(($(date +%s) + 1))" >answer 2>&1
	says "$1" answer "$3"
}
asks "the key" "$key" "robot key team=ward roles=reader"
asks "another key" "${key}0" "- shows a key that is not known"
expect "the file may be read by its owner alone" 0 test "$(stat -c %a keys.yaml)" = 600
expect "the key is not in the file" 1 grep -q "$key" keys.yaml
expect "rotate" 0 "$merlon" key rotate robot --keys keys.yaml --overlap 1d
new=$(cat out)
asks "the new key" "$new" "robot key team=ward"
asks "the old key, for a day" "$key" "robot key team=ward"
expect "rotate at once" 0 "$merlon" key rotate robot --keys keys.yaml --overlap 0d
asks "the second key has ended" "$new" "- shows a key that has expired"
expect "revoke one" 0 "$merlon" key revoke "sha256:$(printf %s "$key" | sha256sum | cut -c1-12)" --keys keys.yaml
asks "the first key is revoked" "$key" "- shows a key that was revoked"
expect "revoke all" 0 "$merlon" key revoke robot --keys keys.yaml
says "both that were left" out "2 keys revoked"
if [ "$(id -u)" = 0 ]; then
	chown 65534:65533 keys.yaml
	expect "another key, made by root" 0 "$merlon" key add of-root --keys keys.yaml
	expect "the file stays with whose it was, who has to read it" 0 test "$(stat -c %u:%g:%a keys.yaml)" = 65534:65533:600
else
	skip "only root can give files away"
fi
expect "revoke again" 2 "$merlon" key revoke robot --keys keys.yaml
printf 'callers: {keys: lent.yaml}\n' >lent-only.yaml
"$merlon" key add lent --keys lent.yaml >lent.key
mkdir -p elsewhere && ln -sf ../lent.yaml elsewhere/keys.yaml
expect "revoke through a link" 0 "$merlon" key revoke lent --keys elsewhere/keys.yaml
"$caller" lent-only.yaml "$(($(date +%s) + 1))" <lent.key >answer 2>&1
says "the file it leads to says so" answer "- shows a key that was revoked"
expect "list" 0 "$merlon" key list --keys keys.yaml
says "what became of them" out "revoked  sha256:"
"$merlon" key add a --keys many.yaml >out & "$merlon" key add b --keys many.yaml >out & "$merlon" key add c --keys many.yaml >out & wait
expect "three at once" 0 test "$(grep -c '^- name' many.yaml)" = 3

# Terms.
printf 'test' >agreement.txt
cat >good.yaml <<-end
	provider: Example Models Ltd
	agreement: A-1
	purposes: [care]
	retention: 30d
	region: [eu]
	training: no
	onward-sale: no
	expires: 2099-01-01
	text: agreement.txt
	digest: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	clauses: {expires: section 9}
end
sed 's/2099/2020/' good.yaml >lapsed.yaml
expect "terms that hold" 0 "$merlon" terms check good.yaml
says "so it says" out 'the agreement "A-1" with Example Models Ltd holds'
expect "terms that have lapsed" 1 "$merlon" terms check good.yaml lapsed.yaml
says "by which clause" out "has lapsed (section 9)"
printf 'more' >>agreement.txt
expect "a text that has changed" 1 "$merlon" terms check good.yaml
expect "what is no file" 2 "$merlon" terms check nowhere.yaml
expect "what is no agreement" 2 "$merlon" terms check keys.yaml

if python3 -c 'import jsonschema, yaml' 2>/dev/null; then
	validate() { python3 -c 'import json, sys, jsonschema, yaml
class Plain(yaml.SafeLoader): pass
Plain.yaml_implicit_resolvers = {}
jsonschema.Draft202012Validator(json.load(open(sys.argv[1]))).validate(yaml.load(open(sys.argv[2]), Plain))' "$1" "$2"; }
	expect "keys hold to their schema" 0 validate "$root/schema/keys.schema.json" keys.yaml
	expect "terms hold to their schema" 0 validate "$root/schema/terms.schema.json" good.yaml
else
	skip "python3-jsonschema or python3-yaml is not here"
fi

# Keys of an issuer at an address: a server of our own, known by its certificate alone.
cat >server.py <<-'end'
	import http.server, ssl, sys
	class Handler(http.server.BaseHTTPRequestHandler):
	    def do_GET(self):
	        body = {"/good": open("set.json", "rb").read(), "/long": b" " * 300000, "/bad": b"{}"}.get(self.path, b"")
	        self.send_response(302 if self.path == "/moved" else 200)
	        if self.path == "/moved": self.send_header("Location", "/good")
	        self.send_header("Content-Length", str(len(body)))
	        self.end_headers()
	        self.wfile.write(body)
	    def log_message(self, *a): pass
	server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
	context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	context.load_cert_chain("tls.crt", "tls.key")
	server.socket = context.wrap_socket(server.socket, server_side=True)
	open("port.new", "w").write(str(server.server_port))
	import os; os.rename("port.new", "port")
	server.serve_forever()
end
part() { printf %s "$1" | openssl base64 -A | tr '+/' '-_' | tr -d '='; }
openssl req -x509 -newkey ed25519 -nodes -keyout tls.key -out tls.crt -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>log
openssl genpkey -algorithm ed25519 -out issuer.key 2>>log
x=$(openssl pkey -in issuer.key -pubout -outform DER | tail -c 32 | openssl base64 -A | tr '+/' '-_' | tr -d '=')
printf '{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"%s"}]}' "$x" >set.json
part '{"alg":"EdDSA","kid":"k"}' >text
printf . >>text
part "{\"iss\":\"i\",\"aud\":\"a\",\"sub\":\"alice\",\"exp\":$(($(date +%s) + 600))}" >>text
openssl pkeyutl -sign -inkey issuer.key -rawin -in text -out signature
token=$(cat text).$(openssl base64 -A -in signature | tr '+/' '-_' | tr -d '=')
python3 server.py 2>>log &
server=$!
for _ in $(seq 100); do [ -f port ] && break; sleep 0.1; done
# fetches NAME HOST PATH AUTHORITY TEXT: so it goes with keys from there.
fetches() {
	printf 'callers: {tokens: {name: n, issuer: i, audience: a, algorithms: [EdDSA], keys: "https://%s:%s%s"%s}}\n' "$2" "$(cat port)" "$3" "$4" >address.yaml
	printf '%s\nrefresh\n%s\n' "$token" "$token" | "$caller" address.yaml "$(date +%s)" >answer 2>&1
	says "$1" answer "$5"
}
fetches "keys that are fetched" localhost /good ", authority: tls.crt" "n/alice token"
says "and not before" answer "- shows a token whose issuer's keys are not known yet"
fetches "a server nobody vouches for" localhost /good "" "cannot be fetched"
fetches "a server of another name" 127.0.0.1 /good ", authority: tls.crt" "cannot be fetched"
fetches "a redirect" localhost /moved ", authority: tls.crt" "answers with status 302"
fetches "too much" localhost /long ", authority: tls.crt" "gives more than 262144 bytes"
fetches "what are no keys" localhost /bad ", authority: tls.crt" "is no set of keys"
kill $server
finish
