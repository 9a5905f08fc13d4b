#!/bin/sh
# The ledger against those who would change it: each record changed, removed, added, moved, cut off, rewritten.
root=$PWD
. "$root/tests/talks.sh"

mkdir models
i=0
while [ $i -lt 700 ]; do printf 'N.' >models/$i.pkl && i=$((i + 1)); done
sql() { python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute(sys.argv[2])
db.commit()' "$1/ledger.sqlite" "$2"; }
fresh() { rm -rf l && cp -r whole l; }

expect "a scan makes a ledger" 0 "$merlon" scan --ledger whole models
expect "a second scan adds to it" 0 "$merlon" scan --ledger whole models/1.pkl
expect "it verifies" 0 "$merlon" ledger verify whole
says "it counts its records" out "705 records, 2 signed checkpoints, all fit"
says "it says what it cannot know" out "could have rewritten"
expect "the key is secret" 0 sh -c 'test "$(stat -c %a whole/ledger.key)" = 600'
"$merlon" ledger checkpoint whole >checkpoint
expect "a checkpoint kept elsewhere fits" 0 "$merlon" ledger verify --checkpoint checkpoint whole
says "and that is said" out "fits: nothing it was signed over has been changed or cut off"

fresh && sed -i '301s/clean/cleam/' l/records.jsonl
expect "a changed record is found" 1 "$merlon" ledger verify l
says "and named" out "record 300 is not the one that was hashed"
fresh && sed -i 302d l/records.jsonl
expect "a removed record is found" 1 "$merlon" ledger verify l
says "and named" out "record 301 is not in its place: there stands 302"
fresh && head -n 600 whole/records.jsonl >l/records.jsonl
expect "a cut end is found" 1 "$merlon" ledger verify l
says "and named" out "record 600 and all after it are missing"
expect "nothing is added behind a cut end" 2 "$merlon" scan --ledger l models/1.pkl
says "and that is said" err "some of what was committed is missing"
fresh && truncate -s -7 l/records.jsonl
expect "a cut line is found" 1 "$merlon" ledger verify l
says "and named" out "record 704 is not"
fresh && sed -i '6{h;d};7{G}' l/records.jsonl
expect "records that changed places are found" 1 "$merlon" ledger verify l
says "and named" out "record 5 is not in its place: there stands 6"
added='{"at":"2026-01-01T00:00:00.000Z","body":{},"kind":"scan","number":705}'
fresh && sed -i "400i $added" l/records.jsonl
expect "an added record is found" 1 "$merlon" ledger verify l
says "and named" out "record 399 is not in its place: there stands 705"
fresh && echo "$added" >>l/records.jsonl
expect "a line behind the last record is no record" 0 "$merlon" ledger verify l
says "and that is said" out "behind the last record stand 71 bytes"
expect "nobody is shown it" 2 "$merlon" ledger show l 705
expect "the next record takes its place" 0 "$merlon" scan --ledger l models/1.pkl
expect "and the ledger verifies" 0 "$merlon" ledger verify l
says "without it" out "708 records"
fresh && echo "$added" >>l/records.jsonl && sql l "UPDATE checkpoint SET end = end + 71 WHERE size = 705"
expect "a line that is said to be a record is found" 1 "$merlon" ledger verify l
says "and named" out "record 705"
fresh && sql l "UPDATE checkpoint SET end = end - 1 WHERE size = 702"
expect "a checkpoint that points elsewhere is found" 1 "$merlon" ledger verify l
says "and named" out "record 702 does not begin where the database says"
for number in 0 299 701 702 704; do
	"$merlon" ledger show whole $number >shown
	expect "record $number is its line" 0 sh -c "sed -n $((number + 1))p whole/records.jsonl | cmp - shown"
done
fresh && rm l/records.jsonl
expect "a ledger without its records is none" 2 "$merlon" ledger verify l
says "and what is missing is said" err "records.jsonl"
fresh && sql l "CREATE TABLE record (number, body)"
expect "an earlier form is not taken for an empty one" 2 "$merlon" ledger verify l
says "and said" err "earlier form"
fresh && sql l "DELETE FROM tile WHERE level = 0 AND number = 1"
expect "a missing tile is found" 1 "$merlon" ledger verify l
fresh && sql l "UPDATE tile SET hashes = zeroblob(length(hashes)) WHERE level = 1"
expect "a changed upper level is found" 1 "$merlon" ledger verify l
fresh && sql l "UPDATE checkpoint SET note = replace(note, '705', '704') WHERE size = 705"
expect "a changed checkpoint is found" 1 "$merlon" ledger verify l

# The owner, who holds the key, cuts off the end and signs anew: only a checkpoint kept elsewhere shows it.
fresh && sed -i '703,$d' l/records.jsonl && sql l "DELETE FROM checkpoint WHERE size > 702"
expect "a cut with its checkpoint removed" 0 "$merlon" ledger verify l
expect "... shows against the outside one" 1 "$merlon" ledger verify --checkpoint checkpoint l
says "and is named" out "record 702 and all after it are missing: the checkpoint from outside"
rm -rf other && "$merlon" scan --ledger other models/1.pkl >/dev/null
"$merlon" ledger checkpoint other >foreign
fresh && python3 -c 'import sys
file = open(sys.argv[1], "r+b")
all = file.read()
file.seek(0)
file.write(all.replace(b"CREATE TABLE checkpoint", b"CR\xc2\x9b31 TABLE checkpoint"))' l/ledger.sqlite
expect "a database that cannot be read" 2 "$merlon" ledger verify l
says "is quoted without what a terminal obeys" err 'CR\xc2\x9b31'
expect "a checkpoint nobody here signed says nothing" 1 "$merlon" ledger verify --checkpoint foreign whole

# Somebody who may only read it verifies it, too: in a folder that others may enter, as this one may not be.
shared=$(mktemp -d) && chmod 755 "$shared" && fresh && rm l/ledger.key && cp -r l "$merlon" "$shared" && chmod -R a+rX,a-w "$shared/l"
reader=
[ "$(id -u)" = 0 ] && reader="setpriv --reuid=65534 --regid=65534 --clear-groups"
if $reader test -r "$shared/l/ledger.pub" && $reader test ! -w "$shared/l"; then
	expect "one that cannot be written verifies" 0 $reader "$shared/merlon" ledger verify "$shared/l"
	says "whole" out "705 records"
	chmod u+w "$shared/l" && echo x >"$shared/l/ledger.sqlite-wal" && chmod a-w "$shared/l"
	expect "but not without what its log holds" 2 $reader "$shared/merlon" ledger verify "$shared/l"
else
	skip "nobody here may read and not write"
fi
chmod -R u+w "$shared" && rm -rf "$shared"

# Two processes at once: nothing lost, one order.
rm -rf both
"$merlon" scan --ledger both models >/dev/null & "$merlon" scan --ledger both models >/dev/null & "$merlon" scan --ledger both models >/dev/null
wait
expect "three writers, one order" 0 "$merlon" ledger verify both
says "nothing is lost" out "2106 records"

# Killed at any moment: what was acknowledged is there, and the tree verifies.
rm -rf killed
n=0
while [ $n -lt 12 ]; do
	"$merlon" scan --ledger killed models >/dev/null 2>&1 &
	sleep "0.$(printf %02d $((n * 3)))"
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
	n=$((n + 1))
done
if [ -f killed/ledger.sqlite ]; then
	"$merlon" scan --ledger killed models/1.pkl >/dev/null
	expect "killed twelve times, it verifies" 0 "$merlon" ledger verify killed
fi

# A full disk: said loudly, the report is whole, the ledger verifies.
if [ "$(id -u)" = 0 ] && mkdir -p small && mount -t tmpfs -o size=300k tmpfs small 2>/dev/null; then
	expect "a full disk under the ledger" 2 "$merlon" scan --ledger small/l --report lines models
	says "is said" err "the ledger cannot be written"
	says "and nothing else is lost" out "models/699.pkl: clean"
	rm -f small/l/*-journal
	umount small
else
	skip "a full disk under the ledger: no small file system can be mounted here"
fi
expect "a folder that cannot be made" 2 "$merlon" scan --ledger /proc/nothing/l models/1.pkl
expect "no ledger there" 2 "$merlon" ledger verify nowhere
expect "a proof of a record that is not there" 2 "$merlon" ledger prove whole 705

# Somebody else's code verifies the export and a proof: golang.org/x/mod/sumdb.
expect "the tree is exported" 0 "$merlon" ledger export whole public
"$merlon" ledger prove whole 333 >proof
"$merlon" ledger show whole 333 | tr -d '\n' >record
if [ -d /usr/share/gocode/src/golang.org/x/mod/sumdb ] && command -v go >/dev/null; then
	cp "$root/tests/talks/ledger.go" verify.go
	expect "Go builds the stranger's verifier" 0 env GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= GOCACHE="$work/cache" go build -o verify verify.go
	expect "it verifies the export" 0 ./verify public "$(cat whole/ledger.pub)"
	says "all of it" out "705 records"
	expect "it verifies the proof" 0 ./verify --proof proof record "$(cat whole/ledger.pub)"
	printf X | dd of=public/tile/entries/001 bs=1 seek=99 conv=notrunc 2>/dev/null
	expect "it sees one changed byte" 1 ./verify public "$(cat whole/ledger.pub)"
	printf x >>record
	expect "it sees another record" 1 ./verify --proof proof record "$(cat whole/ledger.pub)"
else
	skip "Go with golang.org/x/mod is not here"
fi
finish
