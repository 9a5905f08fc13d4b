#!/bin/sh
# Everything a folder can hold that is no ordinary file, and files that change under the reader.
root=$PWD
. "$root/tests/talks.sh"

mkdir -p in/sub && printf 'N.' >in/good.pkl && printf 'N.' >in/sub/deep.pkl
ln -s nothing in/broken && ln -s .. in/sub/loop && ln -s good.pkl in/link.pkl
mkfifo in/pipe
python3 -c 'import os, socket
os.chdir("in")
s = socket.socket(socket.AF_UNIX); s.bind("socket")
open(b"caf\xe9.pkl", "wb").write(b"N.")
open("new\nline.pkl", "wb").write(b"N.")'
expect "odd things end with 2" 2 timeout 20 "$merlon" scan --report lines --ledger l in
says "a broken link" out "in/broken:0: medium inconclusive file.unexamined: is a link to nothing"
says "a loop" out "in/sub/loop:0: medium inconclusive file.unexamined: is a link back to a folder that holds it"
says "a pipe" out "in/pipe:0: medium inconclusive file.unexamined: is a pipe, not a file"
says "a socket" out "is a socket, not a file"
says "a link to a file is followed" out "in/link.pkl: clean pickle"
says "a name that is not UTF-8" out 'in/caf\xe9.pkl: clean pickle'
says "a name with a line end" out 'in/new\nline.pkl: clean pickle'
says "the rest is there" out "in/sub/deep.pkl: clean pickle"
expect "what could not be examined is on record" 0 sh -c "\"$merlon\" ledger verify l && for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do \"$merlon\" ledger show l \$n; done | grep -c 'is a link to nothing'"
expect "such names in JSON" 2 "$merlon" scan --report json=names.json in
expect "are JSON, and can be had back" 0 python3 -c 'import base64, json
j = json.load(open("names.json"))
odd = [i for i in j["items"] if "path_base64" in i]
assert len(odd) == 1 and base64.b64decode(odd[0]["path_base64"]) == b"in/caf\xe9.pkl", odd'

expect "a path that is not there" 2 "$merlon" scan nothing
says "is named" out "cannot be found: No such file or directory"
expect "a device" 2 timeout 5 "$merlon" scan /dev/zero
says "is not read" out "is a device, not a file"
expect "an unreadable /proc file" 2 timeout 5 "$merlon" scan /proc/self/mem
expect "standard input" 0 sh -c "printf 'N.' | \"$merlon\" scan --report lines -"
says "is examined" out "-: clean pickle"
expect "a dangerous one" 1 sh -c "printf 'cposix\nsystem\n(S\\047true\\047\ntR.' | \"$merlon\" scan --report lines -"
expect "an empty one" 0 sh -c "\"$merlon\" scan --report lines - </dev/null"
expect "empty folder" 0 sh -c 'mkdir empty && exec "$0" scan empty' "$merlon"

# A file that shrinks while it is mapped ends its worker; one that grows is noticed.
cat >change.py <<'P'
import os, signal, subprocess, sys
merlon, how = sys.argv[1], sys.argv[2]
path = "changing.pkl"
with open(path, "wb") as f:
    f.write(b"\x80\x02]" + b"K\x01a" * 12000000 + b".")
def is_open(p):
    fds = f"/proc/{p.pid}/fd/"
    try:
        return any(os.readlink(fds + n).endswith(path) for n in os.listdir(fds))
    except FileNotFoundError:
        return False
# It stands still while the file is changed; where it was through before that, another try is made.
for attempt in range(5):
    p = subprocess.Popen([merlon, "scan", "--report", "lines", "--report", "json=changed.json", path], stdout=subprocess.PIPE)
    while not is_open(p) and p.poll() is None:
        pass
    p.send_signal(signal.SIGSTOP)
    if p.poll() is None:
        os.truncate(path, 4096) if how == "shrink" else open(path, "ab").write(b"x")
    p.send_signal(signal.SIGCONT)
    out = p.communicate()[0].decode()
    if p.returncode != 0:
        break
print(out, end="")
sys.exit(p.returncode)
P
expect "a file that shrinks" 2 python3 change.py "$merlon" shrink
grep -qE "shrank while it was read|changed while it was examined|ends before" out && passed=$((passed + 1)) || { failed=$((failed + 1)); echo "FAIL shrinking is not named"; cat out; }
expect "its digest is on record all the same" 0 python3 -c 'import json
assert len(json.load(open("changed.json"))["items"][0]["sha256"]) == 64'
expect "a file that grows" 2 python3 change.py "$merlon" grow
says "is named" out "changed while it was examined"
rm -f changing.pkl

# A worker that dies or overruns: the file is not examined, the others are.
printf '\200\002]' >slow.pkl && python3 -c 'open("slow.pkl", "ab").write(b"K\x01a" * 60000000 + b".")'
expect "a file that takes too long" 2 "$merlon" scan --patience 1 --workers 1 --report lines slow.pkl slow.pkl slow.pkl slow.pkl in/good.pkl
says "the others are examined" out "in/good.pkl: clean pickle"
rm -f slow.pkl
cat >kill.py <<'P'
import glob, os, signal, subprocess, sys, time
p = subprocess.Popen([sys.argv[1], "scan", "--workers", "1", "--report", "lines", "big.pkl", "in/good.pkl"], stdout=subprocess.PIPE)
time.sleep(0.15)
def children(pid):
    return [int(c) for t in glob.glob(f"/proc/{pid}/task/*/children") for c in open(t).read().split()]
for zygote in children(p.pid):
    for worker in children(zygote):
        os.kill(worker, signal.SIGKILL)
print(p.communicate()[0].decode(), end="")
sys.exit(p.returncode)
P
python3 -c 'open("big.pkl", "wb").write(b"\x80\x02]" + b"K\x01a" * 40000000 + b".")'
expect "a worker that is killed" 2 python3 kill.py "$merlon"
says "is said" out "was not examined: the worker was ended by signal 9"
says "the others are examined" out "in/good.pkl: clean pickle"
rm -f big.pkl
finish
